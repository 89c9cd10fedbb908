"""What goes on to Bedrock: the fields of Anthropic's Messages API and nothing else, with what the gateway chose. Pure.

LiteLLM takes many more from a request: roles, endpoints, models to fall back on, answers to make up. It refuses most of
them; here none is left, known or not.
"""

from __future__ import annotations

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
# What LiteLLM itself puts into a request before its hooks (1.108.7, litellm_pre_call_utils.py).
LITELLMS = ("litellm_call_id", "litellm_logging_obj", "provider_specific_header", "proxy_server_request")
# Of LiteLLM's own notes on a request; a caller's would go among them.
NOTES = frozenset({"endpoint", "litellm_api_version", "queue_time_seconds", "litellm_received_at"})
NOTES_BEGIN = "user_api_key"
INLINE = frozenset({"base64", "text", "content"})
MOST_DEPTH = 12


def outgoing(data: Mapping[str, Any], label: str, arn: str, keys: Mapping[str, str]) -> dict[str, Any]:
    """`label`: of `model_list`. `arn`: of the profile that is called. `keys`: of the person's session, as LiteLLM takes
    them. Raises Refused for what would have the gateway itself call an address."""
    for name in ("messages", "system", "tools"):
        _require_inline(data.get(name))
    notes = cast("Mapping[str, Any]", data.get("litellm_metadata") or {})
    sent: dict[str, Any] = {name: data[name] for name in (*FIELDS, *LITELLMS) if name in data}
    return {
        **sent,
        **_metadata(data.get("metadata")),
        "litellm_metadata": {
            name: value for name, value in notes.items() if name in NOTES or name.startswith(NOTES_BEGIN)
        },
        "model": label,
        "model_id": arn,
        "aws_region_name": arn.split(":")[3],
        **keys,
    }


def _metadata(said: object) -> dict[str, Any]:
    """What Claude Code says of its own session, and no more."""
    user = cast("Mapping[str, Any]", said).get("user_id") if isinstance(said, Mapping) else None
    return {"metadata": {"user_id": user}} if isinstance(user, str) and len(user) <= 512 else {}


def _require_inline(value: object) -> None:
    for found in _mappings(value):
        source = found.get("source")
        kind = cast("Mapping[str, Any]", source).get("type") if isinstance(source, Mapping) else None
        if isinstance(source, Mapping) and kind not in INLINE:
            raise Refused(Why.BODY, 400, "what a message shows must be in it: no address and no file is taken")
        if "server_url" in found or found.get("type") in {"mcp", "mcp_toolset", "image_url", "file"}:
            raise Refused(Why.BODY, 400, "no tool that this gateway would call, and no other server, is taken")


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
