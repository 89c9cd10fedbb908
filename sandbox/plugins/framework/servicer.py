"""The engine's protocol, served from a provider's tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from sandbox.plugins.framework import check, diff, state, waiting
from sandbox.plugins.framework.answers import (
    KINDS,
    MODES,
    Context,
    PartlyDoneError,
    abort_partly_done,
    failures,
    invoke_response,
    parsed,
)
from sandbox.plugins.framework.defaults import filled, without_notes
from sandbox.plugins.framework.entry import Call, Entry
from sandbox.plugins.framework.errors import Failure, PluginError, one_line
from sandbox.plugins.framework.naming import Naming
from sandbox.plugins.framework.provider import Provider
from sandbox.plugins.framework.schema import Schema, Shape
from sandbox.plugins.framework.values import (
    Props,
    Unknown,
    decode,
    encode,
    has_unknown,
    marked_like,
    plain,
)

Cloud = TypeVar("Cloud")
Result = TypeVar("Result")
_ENGINE_SETTINGS = frozenset({"version", "pluginDownloadURL"})


class Servicer(provider_pb2_grpc.ResourceProviderServicer, Generic[Cloud]):
    """One process, one configuration: the engine configures before it asks for resources."""

    def __init__(self, provider: Provider[Cloud]) -> None:
        self._provider = provider
        self._configured: Cloud | None = None

    # About the plug-in

    def Handshake(self, request: Any, context: Context) -> provider_pb2.ProviderHandshakeResponse:
        del request, context
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True,
            accept_resources=True,
            accept_outputs=True,
            supports_autonaming_configuration=True,
        )

    def GetPluginInfo(self, request: Any, context: Context) -> plugin_pb2.PluginInfo:
        del request, context
        return plugin_pb2.PluginInfo(version=self._provider.version)

    def GetSchema(self, request: Any, context: Context) -> provider_pb2.GetSchemaResponse:
        del request, context
        schema = {"name": self._provider.name, "version": self._provider.version, "resources": {}, "functions": {}}
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    def Attach(self, request: Any, context: Context) -> empty_pb2.Empty:
        del request, context
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Context) -> empty_pb2.Empty:
        del request, context
        waiting.cancel()
        return empty_pb2.Empty()

    # Configuration

    def CheckConfig(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:
        return self._answer(context, lambda: self._check_config(request))

    def _check_config(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        schema = self._provider.config_schema
        news = decode(request.news)
        wanted = {name: value for name, value in news.items() if name not in _ENGINE_SETTINGS}
        try:
            mistakes = list(check.mistakes(parsed(wanted, schema), schema.inputs, schema))
        except PluginError as error:
            mistakes = [Failure("", str(error))]
        return provider_pb2.CheckResponse(inputs=encode(news), failures=failures(mistakes))

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: Context) -> provider_pb2.DiffResponse:
        """New settings apply to the same resources: nothing is replaced."""
        del context
        olds, news = plain(decode(request.olds)), plain(decode(request.news))
        changed = sorted(name for name in olds.keys() | news.keys() if olds.get(name) != news.get(name))
        changed = [name for name in changed if name not in _ENGINE_SETTINGS]
        some = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=some, diffs=changed)

    def Configure(self, request: provider_pb2.ConfigureRequest, context: Context) -> provider_pb2.ConfigureResponse:
        def configure() -> provider_pb2.ConfigureResponse:
            settings = decode(request.args)
            known = {n: v for n, v in settings.items() if n not in _ENGINE_SETTINGS and not has_unknown(v)}
            self._configured = self._provider.configure(parsed(known, self._provider.config_schema))
            return provider_pb2.ConfigureResponse(
                acceptSecrets=True,
                acceptResources=True,
                acceptOutputs=True,
                supportsPreview=True,
                supports_autonaming_configuration=True,
            )

        return self._answer(context, configure)

    @property
    def _cloud(self) -> Cloud:
        if self._configured is None:
            raise PluginError(f"the {self._provider.name} provider is not configured yet")
        return self._configured

    # Resources

    def Check(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:
        return self._answer(context, lambda: self._check(request))

    def _check(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        entry, schema = self._type(request.urn)
        naming = Naming(resource=request.name or request.urn.rsplit("::", maxsplit=1)[-1], seed=request.randomSeed)
        if request.HasField("autonaming"):
            naming = Naming(
                resource=naming.resource,
                seed=naming.seed,
                mode=MODES[request.autonaming.mode],  # pyright: ignore[reportArgumentType]
                proposed=request.autonaming.proposed_name,
            )
        inputs, mistakes = check.check(
            entry, schema, decode(request.news), plain(decode(request.olds)), naming, self._provider.complete
        )
        return provider_pb2.CheckResponse(inputs=encode(inputs), failures=failures(mistakes))

    def Diff(self, request: provider_pb2.DiffRequest, context: Context) -> provider_pb2.DiffResponse:
        return self._answer(context, lambda: self._diff(request))

    def _diff(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        entry, schema = self._type(request.urn)
        found = diff.difference(entry, schema, decode(request.olds), decode(request.news), request.ignoreChanges)
        response = provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if found.changes else provider_pb2.DiffResponse.DIFF_NONE,
            replaces=found.replaces,
            stables=found.stables,
            deleteBeforeReplace=found.delete_before_replace,
            diffs=sorted({diff.top_level(path) for path in found.changes}),
            hasDetailedDiff=True,
        )
        for path, kind in found.changes.items():
            replaces = diff.top_level(path) in found.replaces
            response.detailedDiff[path].kind = KINDS[kind, replaces]
        return response

    def Create(self, request: provider_pb2.CreateRequest, context: Context) -> provider_pb2.CreateResponse:
        return self._answer(context, lambda: self._create(request))

    def _create(self, request: provider_pb2.CreateRequest) -> provider_pb2.CreateResponse:
        entry, schema = self._type(request.urn)
        inputs = decode(request.properties)
        if request.preview:
            shown = state.secret(diff.planned(entry, schema, inputs, None), schema)
            return provider_pb2.CreateResponse(properties=encode(marked_like(shown, inputs)))

        call = Call(
            cloud=self._cloud, new=diff.stored(entry, filled(without_notes(plain(inputs)), schema, entry.defaults))
        )
        try:
            call.id = entry.create(call)
            props = self._read_back(entry, schema, call)
        except Exception as error:
            if not call.id:
                raise
            known = state.secret(call.new | call.told, schema)
            raise PartlyDoneError(call.id, marked_like(known, inputs), self._explained(error)) from error
        return provider_pb2.CreateResponse(id=call.id, properties=encode(marked_like(props, inputs)))

    def Update(self, request: provider_pb2.UpdateRequest, context: Context) -> provider_pb2.UpdateResponse:
        return self._answer(context, lambda: self._update(request))

    def _update(self, request: provider_pb2.UpdateRequest) -> provider_pb2.UpdateResponse:
        entry, schema = self._type(request.urn)
        inputs, olds = decode(request.news), without_notes(plain(decode(request.olds)))
        shown = diff.planned(entry, schema, inputs, olds)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=encode(marked_like(state.secret(shown, schema), inputs)))

        new = plain({name: value for name, value in shown.items() if not isinstance(value, Unknown)})
        call = Call(cloud=self._cloud, id=request.id, new=new, old=olds)
        try:
            if entry.update:
                entry.update(call)
            props = self._read_back(entry, schema, call)
        except Exception as error:
            if entry.engine == "PF":
                raise
            known = state.secret(call.new, schema)
            raise PartlyDoneError(call.id, marked_like(known, inputs), self._explained(error)) from error
        return provider_pb2.UpdateResponse(properties=encode(marked_like(props, inputs)))

    def _read_back(self, entry: Entry[Cloud], schema: Schema, call: Call[Cloud]) -> Props:
        """What was asked for, as the API now has it."""
        if not entry.reads_back:
            return state.secret(call.new | call.told, schema)
        found = entry.read(Call(cloud=call.cloud, id=call.id, old=call.new))
        if found is None:
            raise PluginError(f"{entry.token} {call.id} is not there right after it was written")
        return state.outputs(entry, schema, call.new, found)

    def Read(self, request: provider_pb2.ReadRequest, context: Context) -> provider_pb2.ReadResponse:
        return self._answer(context, lambda: self._read(request))

    def _read(self, request: provider_pb2.ReadRequest) -> provider_pb2.ReadResponse:
        entry, schema = self._type(request.urn)
        marked, inputs = decode(request.properties), decode(request.inputs)
        known = without_notes(plain(marked))
        resource_id, found_in_id = (request.id, {}) if known else entry.imports(request.id)
        call = Call(cloud=self._cloud, id=resource_id, old=known | found_in_id)
        found = entry.read(call)
        if found is None:
            return provider_pb2.ReadResponse()
        props = state.outputs(entry, schema, call.old, found)
        if inputs:
            inputs = marked_like(state.refreshed_inputs(entry, schema, inputs, plain(props)), inputs)
        else:
            inputs = state.imported_inputs(entry, schema, props)
        return provider_pb2.ReadResponse(
            id=call.id, properties=encode(marked_like(props, marked)), inputs=encode(inputs)
        )

    def Delete(self, request: provider_pb2.DeleteRequest, context: Context) -> empty_pb2.Empty:
        def delete() -> empty_pb2.Empty:
            entry, _ = self._type(request.urn)
            old = without_notes(plain(decode(request.properties)))
            entry.delete(Call(cloud=self._cloud, id=request.id, old=old))
            return empty_pb2.Empty()

        return self._answer(context, delete)

    def _type(self, urn: str) -> tuple[Entry[Cloud], Schema]:
        """The innermost type of `urn:pulumi:stack::project::parent$type::name`."""
        token = urn.split("::")[2].rsplit("$", maxsplit=1)[-1]
        if token not in self._provider.entries:
            raise PluginError(
                f"the stand-in {self._provider.name} plug-in has no resource type {token}: "
                f"add an entry under sandbox/plugins/{self._provider.name}, or install the official plug-in"
            )
        return self._provider.entries[token], self._provider.schemas[token]

    # Lookups

    def Invoke(self, request: provider_pb2.InvokeRequest, context: Context) -> provider_pb2.InvokeResponse:
        return self._answer(context, lambda: self._invoke(request))

    def _invoke(self, request: provider_pb2.InvokeRequest) -> provider_pb2.InvokeResponse:
        invoke = self._provider.invokes.get(request.tok)
        if invoke is None:
            raise PluginError(
                f"the stand-in {self._provider.name} plug-in has no function {request.tok}: "
                f"add it under sandbox/plugins/{self._provider.name}, or install the official plug-in"
            )
        arguments = plain(decode(request.args))
        shape = Shape(fields=dict(invoke.arguments), required=frozenset(invoke.required))
        mistakes = list(check.mistakes(arguments, shape, self._provider.config_schema))
        if mistakes:
            return provider_pb2.InvokeResponse(failures=failures(mistakes))
        return invoke_response(invoke.run(self._cloud, arguments))

    # Errors

    def _answer(self, context: Context, work: Callable[[], Result]) -> Result:
        """The work's result, or a gRPC error in the official plug-in's form."""
        try:
            return work()
        except PartlyDoneError as error:
            abort_partly_done(context, error)
        except Exception as error:  # whatever it is, a traceback would tell the user nothing
            message = self._explained(error)
        context.abort(grpc.StatusCode.UNKNOWN, message)
        raise AssertionError("abort returned")

    def _explained(self, error: Exception) -> str:
        if isinstance(error, PluginError):
            return self._provider.worded(one_line(str(error)), error)
        said = None
        with suppress(Exception):
            said = self._provider.explain(error)
        said = said or f"internal error of the stand-in plug-in: {type(error).__name__}: {error}"
        return self._provider.worded(one_line(said), error)
