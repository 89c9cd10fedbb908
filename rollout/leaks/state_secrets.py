"""Secrets that stand in an exported state in clear. A policy cannot tell: the SDK takes the mark of a secret away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from rollout.leaks.credentials import FORMS, SECRET_INPUTS

# What the engine writes in place of an encrypted value (Pulumi, resource/properties.go).
SIGNATURE, SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"


def clear_secrets(state: Mapping[str, Any]) -> list[str]:
    """A line for each, without its value. `state`: as `pulumi stack export` writes it."""
    return [
        f"{resource['urn']}: {side}.{path}: {text}"
        for resource in state.get("deployment", {}).get("resources", [])
        for side in ("inputs", "outputs")
        for path, text in _of_resource(resource["type"], resource.get(side) or {})
    ]


def _of_resource(kind: str, props: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in props.items():
        if key in SECRET_INPUTS.get(kind, ()) and value not in (None, "") and not _encrypted(value):
            yield key, "in clear; it is a secret by its nature: give it as pulumi.Output.secret"
        else:
            yield from _readable(key, value)


def _readable(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        for form, pattern in FORMS.items():
            if pattern.search(value):
                yield path, f"looks like a credential ({form}), in clear"
    elif isinstance(value, Mapping):
        if not _encrypted(value):
            for key, inner in cast("Mapping[str, Any]", value).items():
                yield from _readable(f"{path}.{key}", inner)
    elif isinstance(value, Sequence):
        for index, inner in enumerate(cast("Sequence[Any]", value)):
            yield from _readable(f"{path}[{index}]", inner)


def _encrypted(value: Any) -> bool:
    return isinstance(value, Mapping) and cast("Mapping[str, Any]", value).get(SIGNATURE) == SECRET
