"""Claude Code's published JSON schema, where a person gives it: nothing of it is kept here."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, cast

import httpx

from cli.terminal.errors import CommandError
from rollout.macs.checks import ClientKeys

# The published one has 230,000 bytes.
MAX_BYTES = 5_000_000
SECONDS = 20


def check_schema(document: dict[str, Any], path_or_address: str) -> list[str]:
    """What the schema says against a document, one line each. Raises CommandError where there is no such schema."""
    return [
        f"{'.'.join(map(str, error.absolute_path)) or '(top)'}: {error.message}"
        for error in sorted(_validator(path_or_address).iter_errors(document), key=lambda error: list(error.path))
    ]


def client_keys(path_or_address: str) -> ClientKeys:
    """The keys that the schema has. Raises CommandError where there is no such schema."""
    top = _properties(_validator(path_or_address).schema)
    within = _properties(top.get("permissions"))
    if not top or not within:
        raise CommandError(f"{path_or_address}: no schema of Claude Code's settings, which have `permissions`")
    return ClientKeys(top=frozenset(top), permissions=frozenset(within))


def _properties(schema: object) -> dict[str, Any]:
    found: object = cast("dict[str, Any]", schema).get("properties") if isinstance(schema, dict) else None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


@cache
def _validator(path_or_address: str) -> Any:
    import referencing
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import validator_for

    text = _fetched(path_or_address) if "://" in path_or_address else _read(Path(path_or_address))
    try:
        schema: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{path_or_address}: no JSON: {error}") from None
    if not isinstance(schema, dict):
        raise CommandError(f"{path_or_address}: no JSON schema, which is a map")
    found = cast("dict[str, Any]", schema)
    kind: Any = validator_for(found)
    try:
        kind.check_schema(found)
    except SchemaError as error:
        raise CommandError(f"{path_or_address}: no JSON schema: {error.message}") from None
    # An empty registry: a schema that names others is not followed to wherever it says.
    return kind(found, registry=cast("Any", referencing).Registry())


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CommandError(f"{path}: larger than {MAX_BYTES} bytes")
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None


def _fetched(address: str) -> bytes:
    if not address.startswith("https://"):
        raise CommandError(f"{address}: not an https:// address")
    found = b""
    try:
        with httpx.stream("GET", address, timeout=SECONDS, follow_redirects=True) as answer:
            answer.raise_for_status()
            for part in answer.iter_bytes():
                found += part
                if len(found) > MAX_BYTES:
                    raise CommandError(f"{address}: larger than {MAX_BYTES} bytes")
    except httpx.HTTPError as error:
        raise CommandError(f"{address}: {error}") from None
    return found
