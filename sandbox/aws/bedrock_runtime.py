"""Bedrock's runtime: a caller whom IAM lets through gets a small answer, a record and metrics; nobody asks a model.

Invented: the answer, its token counts and its latency (see `prompts`). A stream leaves in one piece.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from threading import Lock
from typing import Any
from uuid import uuid4

from moto.bedrock.models import BedrockBackend, bedrock_backends
from werkzeug.datastructures import EnvironHeaders, Headers

from sandbox.aws import cloudtrail, enforcement, invocation_records
from sandbox.aws.callers import Caller, caller
from sandbox.aws.cloudtrail import Later
from sandbox.aws.conditions import Values
from sandbox.aws.enforcement import Origin, Wish
from sandbox.aws.invocation_records import Invocation, Place
from sandbox.aws.models import anthropic_messages, catalogue, converse, event_stream
from sandbox.aws.models.anthropic_messages import Malformed
from sandbox.aws.models.profiles import Profile, Profiles, invalid, not_found
from sandbox.aws.models.prompts import Prompt, Reply, reply
from sandbox.aws.refusals import Refusal, RestRefusal
from sandbox.aws.requests import RuntimeCall, body_of, scope

# Streamed operations have an action of their own, the others share one (Bedrock's service authorization reference).
ACTIONS = {
    "InvokeModel": "bedrock:InvokeModel",
    "Converse": "bedrock:InvokeModel",
    "InvokeModelWithResponseStream": "bedrock:InvokeModelWithResponseStream",
    "ConverseStream": "bedrock:InvokeModelWithResponseStream",
}
# Services whose state a call may change.
CHANGED = ("bedrock", "logs", "cloudwatch")
UNKNOWN_MODEL = "The provided model identifier is invalid."
_CACHE_LOCK = Lock()
_JSON = {"Content-Type": "application/json"}

Environ = dict[str, Any]
Answer = tuple[int, list[tuple[str, str]], bytes]


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a model id names: `models` are the ARNs it routes to; none where a profile is not there."""

    arn: str
    models: tuple[str, ...]
    profile: Profile | None = None

    @property
    def model(self) -> str:
        return self.models[0].rpartition("/")[2]


def _target(profiles: Profiles, account: str, region: str, given: str) -> Target:
    """Raises the refusal of an id that names nothing; a missing profile is told only to those who may use it."""
    name = given.removeprefix(catalogue.model_arn(region, ""))
    if name in catalogue.MODELS:
        arn = catalogue.model_arn(region, name)
        return Target(arn=arn, models=(arn,))
    profile = profiles.get(given) or profiles.get(given.lower())  # Bedrock takes an own profile's in any case
    if profile is None:
        own = rf"arn:{catalogue.PARTITION}:bedrock:{region}:{account}:(application-)?inference-profile/[\w.:-]+"
        if re.fullmatch(own, given, re.ASCII):
            return Target(arn=given, models=())
        raise invalid(UNKNOWN_MODEL)
    return Target(arn=profile.inferenceProfileArn, models=profile.models, profile=profile)


def _wishes(action: str, target: Target, context: Mapping[str, Values]) -> list[Wish]:
    """A call through a profile needs the profile, and through it the model in every region it routes to."""
    if target.arn in target.models:
        return [Wish(action=action, resource=target.arn)]
    through = {"bedrock:inferenceprofilearn": (target.arn,)}
    return [
        Wish(action=action, resource=target.arn, context=context),
        *(Wish(action=action, resource=arn, context=through) for arn in target.models),
    ]


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call, as far as it is understood before its body is."""

    call: RuntimeCall
    body: bytes
    headers: Headers
    caller: Caller
    origin: Origin
    backend: BedrockBackend
    request_id: str

    @property
    def place(self) -> Place:
        return Place(account=self.caller.account, region=self.origin.region)


def _backend(account: str, region: str) -> BedrockBackend:
    try:
        return bedrock_backends[account][region]
    except KeyError as error:
        message = "Credential should be scoped to a valid region."
        raise RestRefusal("InvalidSignatureException", message, 403) from error


def _request(environ: Environ, call: RuntimeCall) -> Request:
    headers = EnvironHeaders(environ)
    who = caller(headers)
    signed = scope(headers["Authorization"])
    region = signed.region if signed else ""
    return Request(
        call=call,
        body=body_of(environ),
        headers=headers,
        caller=who,
        origin=Origin(
            address=environ.get("REMOTE_ADDR", ""), region=region, user_agent=environ.get("HTTP_USER_AGENT", "")
        ),
        backend=_backend(who.account, region),
        request_id=str(uuid4()),
    )


def _authorized(request: Request, target: Target) -> None:
    context = Profiles(request.backend).context(target.profile)
    for wish in _wishes(ACTIONS[request.call.operation], target, context):
        enforcement.require(request.caller, wish, request.origin)
    if not target.models:
        raise not_found(target.arn)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _metadata(request: Request) -> dict[str, str] | None:
    given = _json(request.headers.get("X-Amzn-Bedrock-Request-Metadata", "").encode())
    body = _json(request.body)
    if request.call.operation.startswith("Converse") and isinstance(body, dict):
        given = body.get("requestMetadata")
    return given if isinstance(given, dict) else None


def _prompt(request: Request) -> Prompt:
    if request.call.operation.startswith("Converse"):
        return converse.read(converse.parsed(request.body), request.call.operation, request.call.model_id)
    return anthropic_messages.read(request.body)


def _chunk(payload: dict[str, Any]) -> bytes:
    encoded = base64.b64encode(json.dumps(payload).encode()).decode()
    return event_stream.event("chunk", {"bytes": encoded})


# Headers, body, and the body as the record has it.
Worded = tuple[dict[str, str], bytes, Any]


def _invoked(answered: Reply, model: str) -> Worded:
    message, usage = anthropic_messages.message(answered, model), answered.usage
    counts = {
        "Input-Token-Count": usage.input,
        "Output-Token-Count": usage.output,
        "Cache-Read-Input-Token-Count": usage.cache_read,
        "Cache-Write-Input-Token-Count": usage.cache_write,
        "Invocation-Latency": answered.latency_ms,
    }
    headers = _JSON | {f"X-Amzn-Bedrock-{name}": str(count) for name, count in counts.items()}
    return headers, json.dumps(message).encode(), message


def _streamed(answered: Reply, model: str) -> Worded:
    events = list(anthropic_messages.events(answered, model))
    headers = {"Content-Type": event_stream.CONTENT_TYPE, "X-Amzn-Bedrock-Content-Type": "application/json"}
    return headers, b"".join(_chunk(event) for event in events), events


def _conversed(answered: Reply, model: str) -> Worded:  # noqa: ARG001 - Converse does not name the model
    message = converse.message(answered)
    return _JSON, json.dumps(message).encode(), message


def _conversed_in_stream(answered: Reply, model: str) -> Worded:  # noqa: ARG001 - nor does its stream
    body = b"".join(event_stream.event(kind, payload) for kind, payload in converse.events(answered))
    return {"Content-Type": event_stream.CONTENT_TYPE}, body, converse.message(answered)


WORDS: dict[str, Callable[[Reply, str], Worded]] = {
    "InvokeModel": _invoked,
    "InvokeModelWithResponseStream": _streamed,
    "Converse": _conversed,
    "ConverseStream": _conversed_in_stream,
}


def _answer(request: Request, later: Later) -> Answer:
    call, profiles = request.call, Profiles(request.backend)
    target = _target(profiles, request.caller.account, request.origin.region, call.model_id)
    try:
        _authorized(request, target)
    except Refusal as refusal:
        invocation_records.count_client_error(request.place, call.model_id)
        if refusal.status == HTTPStatus.FORBIDDEN:
            cloudtrail.tell(later, request.caller, request.origin, call.operation, call.model_id, refusal.message)
        raise
    made = Invocation(
        place=request.place,
        at=datetime.now(UTC),
        request_id=request.request_id,
        caller_arn=request.caller.arn,
        operation=call.operation,
        model_id=call.model_id,
        through_profile=target.profile is not None,
        input=_json(request.body),
        metadata=_metadata(request),
    )
    try:
        prompt = _prompt(request)
    except Malformed as error:
        invocation_records.keep(replace(made, error="ValidationException"))
        raise invalid(str(error)) from error
    cache: dict[str, float] = vars(request.backend).setdefault("prompt_cache", {})
    with _CACHE_LOCK:
        answered = reply(prompt, target.model, cache, time.time())
    headers, body, output = WORDS[call.operation](answered, target.model)
    invocation_records.keep(replace(made, output=output, reply=answered))
    return 200, [*headers.items(), ("x-amzn-RequestId", request.request_id)], body


def answer(environ: Environ, call: RuntimeCall, later: Later) -> Answer:
    """Status, headers and body of one call. `later`: invokes a function that is to hear of a denial."""
    try:
        return _answer(_request(environ, call), later)
    except Refusal as error:
        return error.status, error.get_headers(), str(error.description).encode()
