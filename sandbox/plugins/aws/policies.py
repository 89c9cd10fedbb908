"""IAM policy documents: what the provider refuses, and when two texts say the same."""

from __future__ import annotations

import json
import re
from typing import Any

from sandbox.plugins.framework.constraints import json_text


def policy_text(value: Any) -> str | None:
    """The reason the provider refuses this text as an IAM policy."""
    if not value:
        return "is empty: give a policy document"
    if not value.startswith("{"):
        return f"{_hint(value)}: {value[:40]}"
    repeated: list[str] = []
    try:
        json.loads(value, object_pairs_hook=lambda pairs: _noting_repeats(pairs, repeated))
    except ValueError as error:
        return f"is not JSON: {error}"
    return f"has a key twice: {repeated[0]}" if repeated else None


def _hint(value: str) -> str:
    if value.lstrip().startswith("{"):
        return "must start with {: remove the leading space"
    if value.startswith("["):
        return "must be one document: a list was given"
    if value.startswith('"'):
        return "must be a document: it is encoded as JSON twice"
    return "must be a JSON document"


def _noting_repeats(pairs: list[tuple[str, Any]], repeated: list[str]) -> dict[str, Any]:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            repeated.append(name)
        seen.add(name)
    return dict(pairs)


def sorted_json(text: str) -> str:
    """As state words JSON: compact, keys sorted. Text that is not JSON stays."""
    try:
        return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except ValueError:
        return text


def version_first(text: str) -> str:
    """As state words inline policies: `Version` before the other keys."""
    try:
        document = json.loads(sorted_json(text))
    except ValueError:
        return text
    if isinstance(document, dict) and "Version" in document:
        document = {"Version": document["Version"]} | document
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def as_text(document: Any) -> str:
    """boto3 has decoded the document already; state holds text."""
    return document if isinstance(document, str) else json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def same_json(one: Any, other: Any) -> bool:
    """Deep equality; the order of lists counts."""
    if one == other:
        return True
    if json_text(one or "") or json_text(other or ""):
        return False
    return json.loads(one) == json.loads(other)


def same_policy(one: Any, other: Any) -> bool:
    """Whether IAM would treat both the same: order and the two spellings of single values do not count."""
    if (one or "{}") == (other or "{}"):
        return True
    try:
        return _canonical(json.loads(one or "{}")) == _canonical(json.loads(other or "{}"))
    except (ValueError, AttributeError, TypeError):
        return False


def _canonical(document: dict[str, Any]) -> Any:
    rest = {name: value for name, value in document.items() if name != "Statement"}
    statements = [_statement(statement) for statement in _listed(document.get("Statement", []))]
    return rest, sorted(statements, key=_sortable)


def _statement(statement: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in statement.items():
        if name in {"Action", "NotAction", "Resource", "NotResource"}:
            result[name] = sorted(map(str, _listed(value)))
        elif name in {"Principal", "NotPrincipal"}:
            result[name] = _principal(value)
        elif name == "Condition":
            result[name] = {
                operator: {key: sorted(map(_condition_text, _listed(item))) for key, item in keys.items()}
                for operator, keys in value.items()
            }
        elif value != "" or name != "Sid":
            result[name] = value
    return result


def _principal(value: Any) -> dict[str, list[str]]:
    kinds = {"AWS": value} if isinstance(value, str) else value
    return {kind: sorted(_account(item) for item in _listed(items)) for kind, items in kinds.items()}


def _account(principal: Any) -> str:
    """An account's number means its root."""
    root = re.fullmatch(r"arn:aws[a-z-]*:iam::(\d{12}):root", str(principal))
    return root[1] if root else str(principal)


def _condition_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _sortable(statement: dict[str, Any]) -> str:
    return json.dumps(statement, sort_keys=True)
