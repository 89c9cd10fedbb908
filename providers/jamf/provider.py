"""The provider as the engine knows it: each call handed to the resource's type, with the client that all share."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from pulumi.provider.experimental import provider as engine

from providers.jamf.client import Client
from providers.jamf.context import Context, Limits
from providers.jamf.errors import JamfError, LostAnswerError
from providers.jamf.resources import TYPES
from providers.jamf.resources.kind import Kind
from providers.jamf.tokens import PENDING, PENDING_ID
from providers.jamf.values import Properties, is_known, plain_map, property_map

Warn = Callable[[str, str], None]
# Where Jamf Pro is reached in place of its own address: by way of a proxy, or for a test. The other two are defaults.
URL, CLIENT_ID, CLIENT_SECRET = "JAMF_URL", "JAMF_CLIENT_ID", "JAMF_CLIENT_SECRET"
CONFIG = ("url", "client_id", "client_secret", "removal_seconds", "settle_seconds", "unconfirmed")
LONGEST_SECONDS = 7200.0
WAITS = "what it names is not there yet"


class JamfProvider(engine.Provider):
    """`warn`: takes a resource's URN and a sentence. `transport`: in place of the network."""

    def __init__(self, warn: Warn, transport: httpx.BaseTransport | None = None) -> None:
        self._warn, self._transport = warn, transport
        self._client: Client | None = None
        self._limits = Limits()
        self._cancelled = threading.Event()

    async def check_config(self, request: engine.CheckRequest) -> engine.CheckResponse:
        given = plain_map(request.new_inputs)
        faults = [
            engine.CheckFailure(name, f"unknown; allowed: {', '.join(CONFIG)}")
            for name in sorted(given.keys() - {*CONFIG, "version", "__internal"})
        ]
        if is_known(given):
            try:
                _limits(given)
            except JamfError as error:
                faults.append(engine.CheckFailure("", str(error)))
        return engine.CheckResponse(inputs=request.new_inputs, failures=faults)

    async def configure(self, request: engine.ConfigureRequest) -> engine.ConfigureResponse:
        """Nothing is asked of Jamf Pro yet. In a preview that does not know the address, nothing ever is."""
        given = plain_map(request.args)
        if is_known(given):
            found: dict[str, str] = {
                "url": os.environ.get(URL) or str(given.get("url") or ""),
                "client_id": str(given.get("client_id") or os.environ.get(CLIENT_ID, "")),
                "client_secret": str(given.get("client_secret") or os.environ.get(CLIENT_SECRET, "")),
            }
            if missing := sorted(name for name, value in found.items() if not value):
                raise JamfError(f"the jamf provider's {', '.join(missing)}: missing; set `jamf` in the stack file")
            self._limits = _limits(given)
            self._client = Client(
                found["url"],
                found["client_id"],
                found["client_secret"],
                transport=self._transport,
                pause=self._pause,
            )
        # Secrets come as their values, and the engine keeps account of which outputs are.
        return engine.ConfigureResponse(supports_preview=True)

    async def check(self, request: engine.CheckRequest) -> engine.CheckResponse:
        kind = _kind(request.type)
        inputs = kind.complete(plain_map(request.new_inputs))
        faults = [engine.CheckFailure(name, reason) for name, reason in kind.faults(inputs)]
        return engine.CheckResponse(inputs=property_map(inputs), failures=faults)

    async def diff(self, request: engine.DiffRequest) -> engine.DiffResponse:
        """Jamf Pro away: what can be told without it. What it was not told of is a change until it was."""
        kind = _kind(request.type)
        state, inputs = plain_map(request.old_state), plain_map(request.new_inputs)
        try:
            found = await asyncio.to_thread(kind.differences, self._context(request.urn), state, inputs)
        except JamfError as error:
            self._later(request.urn, error, "looked at")
            found = kind.differences(None, state, inputs)
        found = [path for path in found if not _ignored(path, request.ignore_changes)]
        update = engine.PropertyDiff(engine.PropertyDiffKind.UPDATE, input_diff=True)
        told = dict.fromkeys(found, update)
        unmade = request.resource_id == PENDING_ID
        if unmade or state.get(PENDING):
            operation = engine.PropertyDiffKind.UPDATE_REPLACE if unmade else engine.PropertyDiffKind.UPDATE
            told[PENDING] = engine.PropertyDiff(operation, input_diff=False)
        return engine.DiffResponse(
            changes=bool(told),
            replaces=[PENDING] if unmade else [],
            diffs=sorted({_top(path) for path in told}),
            detailed_diff=told,
            stables=[name for name in kind.computed if name not in kind.volatile],
        )

    async def create(self, request: engine.CreateRequest) -> engine.CreateResponse:
        kind, inputs = _kind(request.type), plain_map(request.properties)
        if request.preview:
            outputs = await self._previewed(kind, request.urn, None, inputs)
            return engine.CreateResponse(properties=property_map(outputs))
        try:
            if kind.waits_for(inputs):
                raise LostAnswerError(WAITS)
            resource_id, outputs = await asyncio.to_thread(kind.create, self._certain(request.urn), inputs)
        except JamfError as error:
            self._later(request.urn, error, "made")
            resource_id, outputs = PENDING_ID, kind.pending_create(inputs, str(error))
        return engine.CreateResponse(resource_id=resource_id, properties=property_map(outputs))

    async def read(self, request: engine.ReadRequest) -> engine.ReadResponse:
        """Jamf Pro away: as it was, but for an import, of which nothing is known."""
        kind, state = _kind(request.type), plain_map(request.properties)
        as_it_was = engine.ReadResponse(request.resource_id, request.properties, request.inputs)
        if request.resource_id == PENDING_ID:
            return as_it_was
        try:
            found = await asyncio.to_thread(kind.read, self._certain(request.urn), request.resource_id, state)
        except JamfError as error:
            if not state:
                raise
            self._later(request.urn, error, "looked at")
            return as_it_was
        if found is None:
            return engine.ReadResponse(resource_id="")
        return engine.ReadResponse(request.resource_id, property_map(found.outputs), property_map(found.inputs))

    async def update(self, request: engine.UpdateRequest) -> engine.UpdateResponse:
        kind, state, inputs = _kind(request.type), plain_map(request.olds), plain_map(request.news)
        if request.preview:
            outputs = await self._previewed(kind, request.urn, state, inputs)
            return engine.UpdateResponse(properties=property_map(outputs))
        try:
            if kind.waits_for(inputs):
                raise LostAnswerError(WAITS)
            context = self._certain(request.urn)
            outputs = await asyncio.to_thread(kind.update, context, request.resource_id, state, inputs)
        except JamfError as error:
            self._later(request.urn, error, "changed")
            outputs = kind.pending_update(state, str(error))
        return engine.UpdateResponse(properties=property_map(outputs))

    async def delete(self, request: engine.DeleteRequest) -> None:
        """It fails where Jamf Pro is away: a state without it could not say that something is left there."""
        kind, state = _kind(request.type), plain_map(request.properties)
        if request.resource_id == PENDING_ID:
            return
        await asyncio.to_thread(kind.delete, self._certain(request.urn), request.resource_id, state)

    async def cancel(self) -> None:
        self._cancelled.set()

    def _context(self, urn: str) -> Context | None:
        if not self._client:
            return None
        return Context(client=self._client, urn=urn, limits=self._limits, warn=lambda text: self._warn(urn, text))

    async def _previewed(self, kind: Kind, urn: str, state: Properties | None, inputs: Properties) -> Properties:
        try:
            return await asyncio.to_thread(kind.preview, self._context(urn), state, inputs)
        except JamfError as error:
            self._later(urn, error, "looked at")
            return kind.preview(None, state, inputs)

    def _later(self, urn: str, error: JamfError, what: str) -> None:
        """Warn of what Jamf Pro could not be asked or told; raises again whatever it has refused."""
        if not error.is_away:
            raise error
        name = urn.rpartition("::")[2]
        self._warn(urn, f"Jamf Pro does not answer; {name} is {what} later: {error}")

    def _certain(self, urn: str) -> Context:
        context = self._context(urn)
        if context is None:
            raise JamfError("the jamf provider's address or client is not known")
        return context

    def _pause(self, seconds: float) -> None:
        if self._cancelled.wait(seconds):
            raise JamfError("cancelled while waiting for Jamf Pro")


def _kind(qualified: str) -> Kind:
    """`qualified`: as in a URN, behind the types of its parents."""
    token = qualified.rpartition("$")[2]
    if token not in TYPES:
        raise JamfError(f"no such resource type: {token}; allowed: {', '.join(sorted(TYPES))}")
    return TYPES[token]


def _limits(given: Mapping[str, Any]) -> Limits:
    found: dict[str, Any] = {}
    for name in ("removal_seconds", "settle_seconds"):
        if name in given:
            try:
                found[name] = float(given[name])
            except (TypeError, ValueError):
                found[name] = -1.0
            if not 0 <= found[name] <= LONGEST_SECONDS:
                raise JamfError(f"{name}: must be from 0 to {LONGEST_SECONDS:g} seconds: {given[name]}")
    if given.get("unconfirmed", "leave") not in {"leave", "refuse"}:
        raise JamfError(f"unconfirmed: must be leave or refuse: {given['unconfirmed']}")
    return Limits(**found, **({"unconfirmed": given["unconfirmed"]} if "unconfirmed" in given else {}))


def _top(path: str) -> str:
    return path.partition("[")[0]


def _ignored(path: str, ignored: list[str]) -> bool:
    return path in ignored or _top(path) in ignored
