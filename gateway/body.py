"""What goes on to Bedrock: the fields of Anthropic's Messages API and nothing else, with what the gateway chose. Pure.

LiteLLM takes many more from a request: roles, endpoints, headers, callbacks, models to fall back on, answers to make
up. It refuses most of them; here none is left, known or not: `incoming` before LiteLLM reads a request, so that what
it adds itself is told from what a caller wrote, and `outgoing` after it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from gateway.refusals import Refused, Why

# Of Anthropic's Messages API, as Claude Code 2.1.332 sends it, without what Bedrock does not take.
FIELDS = (
    "messages",
    "system",
    "max_tokens",
    "stop_sequences",
    "stream",
    "temperature",
    "top_k",
    "top_p",
    "tools",
    "tool_choice",
    "thinking",
    "context_management",
    "output_config",
    "output_format",
)
# What LiteLLM itself puts into a request before its hooks, whatever was there (1.108.7, litellm_pre_call_utils.py and
# common_request_processing.py). Its `provider_specific_header` it leaves as a caller wrote it: that is made anew.
LITELLMS = ("litellm_call_id", "litellm_logging_obj", "proxy_server_request")
# Of the headers that came, those that Bedrock is told of, and for whom LiteLLM keeps them.
TOLD_HEADERS, TOLD_TO = ("anthropic-version", "anthropic-beta"), "bedrock"
# Of LiteLLM's own notes on a request; a caller's would go among them.
NOTES = frozenset({"user_api_key", "endpoint", "litellm_api_version", "queue_time_seconds", "litellm_received_at"})
NOTES_BEGIN = "user_api_key_"
# What JSON can say: nothing of it is LiteLLM's object of a call.
OF_JSON = (dict, list, str, int, float, type(None))
INLINE = frozenset({"base64", "text", "content"})
SHOWN = frozenset({"image", "document"})
MOST_DEPTH = 12


def incoming(raw: bytes) -> bytes:
    """Of a request's body what LiteLLM may read at all. Raises ValueError for what is no object of JSON."""
    try:
        found: object = json.loads(raw, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("too deep") from None
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004  as of all that is no such body
    data = cast("dict[str, Any]", found)
    kept = {name: value for name, value in data.items() if name in {"model", *FIELDS}}
    return json.dumps({**kept, **_metadata(data.get("metadata"))}, allow_nan=False).encode()


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def outgoing(data: Mapping[str, Any], label: str, arn: str, keys: Mapping[str, str]) -> dict[str, Any]:
    """`label`: of `model_list`. `arn`: of the profile that is called. `keys`: of the person's session, as LiteLLM takes
    them. Raises Refused for what would have the gateway itself call an address."""
    for name in ("messages", "system", "tools"):
        _require_inline(data.get(name))
    notes = cast("Mapping[str, Any]", data.get("litellm_metadata") or {})
    sent: dict[str, Any] = {name: data[name] for name in FIELDS if name in data}
    return {
        **sent,
        **_litellms(data),
        **_metadata(data.get("metadata")),
        "litellm_metadata": {
            name: value for name, value in notes.items() if name in NOTES or name.startswith(NOTES_BEGIN)
        },
        "model": label,
        "model_id": arn,
        "aws_region_name": arn.split(":")[3],
        **keys,
    }


def _litellms(data: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {name: data[name] for name in LITELLMS if name in data}
    if isinstance(found.get("litellm_logging_obj"), OF_JSON):
        found.pop("litellm_logging_obj", None)
    told = _told_headers(data.get("proxy_server_request"))
    if told:
        found["provider_specific_header"] = {"custom_llm_provider": TOLD_TO, "extra_headers": told}
    return found


def _told_headers(request: object) -> dict[str, str]:
    """Of what LiteLLM notes of the request itself, which `gateway.routes` has let through."""
    headers = cast("Mapping[str, Any]", request).get("headers") if isinstance(request, Mapping) else None
    if not isinstance(headers, Mapping):
        return {}
    named = {str(name).lower(): value for name, value in cast("Mapping[str, Any]", headers).items()}
    return {name: named[name] for name in TOLD_HEADERS if isinstance(named.get(name), str)}


def _metadata(said: object) -> dict[str, Any]:
    """What Claude Code says of its own session, and no more."""
    user = cast("Mapping[str, Any]", said).get("user_id") if isinstance(said, Mapping) else None
    return {"metadata": {"user_id": user}} if isinstance(user, str) and len(user) <= 512 else {}


def _require_inline(value: object) -> None:
    for found in _mappings(value):
        kind = found.get("type")
        if kind is not None and not isinstance(kind, str):
            raise Refused(Why.BODY, 400, "type: what a part of a message is must be a text")
        if not _is_inline(found.get("source"), kind):
            raise Refused(Why.BODY, 400, "what a message shows must be in it: no address and no file is taken")
        if "server_url" in found or kind in {"mcp", "mcp_toolset", "image_url", "file"}:
            raise Refused(Why.BODY, 400, "no tool that this gateway would call, and no other server, is taken")


def _is_inline(source: object, kind: object) -> bool:
    """A search's result names where it is from as a text, which nobody fetches."""
    if isinstance(source, Mapping):
        inner = cast("Mapping[str, Any]", source).get("type")
        return isinstance(inner, str) and inner in INLINE
    return source is None or (isinstance(source, str) and kind not in SHOWN)


def _mappings(value: object) -> Iterator[Mapping[str, Any]]:
    """Every object within messages, with an end: what a tool was called with is the person's own, however deep."""
    waiting: list[tuple[object, int]] = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        if depth > MOST_DEPTH:
            continue
        if isinstance(one, Mapping):
            found = cast("Mapping[str, Any]", one)
            yield found
            # A tool's input and the schema of one are data: whatever they hold is shown to the model as text.
            inner = [each for name, each in found.items() if name not in {"input", "input_schema"}]
            waiting += [(each, depth + 1) for each in inner]
        elif isinstance(one, list):
            waiting += [(each, depth + 1) for each in cast("list[object]", one)]
