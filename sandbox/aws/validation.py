"""Checks a request against the service model that botocore ships, in AWS's own words.

botocore itself only looks at types and minimum lengths before it sends; patterns, maxima and enums are left to the
service, so the sandbox must look at them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, cast

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

_LENGTH = "Member must have length {} than or equal to {}"
_VALUE = "Member must have value {} than or equal to {}"


@cache
def service_model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


@cache
def _pattern(text: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text, re.ASCII)
    except re.error:  # written for Java's engine, such as \p{L}
        return None


def _bounds(size: float, shape: Shape, words: str) -> Iterator[str]:
    minimum, maximum = shape.metadata.get("min"), shape.metadata.get("max")
    if minimum is not None and size < minimum:
        yield words.format("greater", minimum)
    if maximum is not None and size > maximum:
        yield words.format("less", maximum)


def _text(shape: Shape, value: str) -> Iterator[str]:
    yield from _bounds(len(value), shape, _LENGTH)
    enum = shape.metadata.get("enum")
    if enum and value not in enum:
        yield f"Member must satisfy enum value set: [{', '.join(enum)}]"
    pattern = shape.metadata.get("pattern")
    compiled = _pattern(pattern) if pattern else None
    if compiled and not compiled.fullmatch(value):
        yield f"Member must satisfy regular expression pattern: {pattern}"


def _constraints(shape: Shape, value: Any) -> Iterator[str]:
    match shape.type_name:
        case "string" if isinstance(value, str):
            yield from _text(shape, value)
        case "integer" | "long" if isinstance(value, int) and not isinstance(value, bool):
            yield from _bounds(value, shape, _VALUE)
        case "boolean" if isinstance(value, bool):
            pass
        case "list" if isinstance(value, list):
            yield from _bounds(len(value), shape, _LENGTH)
        case "structure" | "map" if isinstance(value, dict):
            pass
        case "string" | "integer" | "long" | "boolean" | "list" | "structure" | "map" as expected:
            yield f"Member must be a {expected}"
        case _:
            pass


def _members(shape: Shape, value: Any, path: str) -> Iterator[tuple[str, Shape, Any]]:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        for name, member in shape.members.items():
            yield f"{path}.{name}".lstrip("."), cast("Shape", member), value.get(name)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for number, item in enumerate(value, start=1):
            yield f"{path}.{number}.member", cast("Shape", shape.member), item
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        for key, item in value.items():
            yield f"{path}.{key}", cast("Shape", shape.value), item


def _mistakes(shape: Shape, value: Any, path: str) -> Iterator[str]:
    shown = "Value" if shape.metadata.get("sensitive") else f"Value '{value}'"
    for constraint in _constraints(shape, value) if path else ():
        yield f"{shown} at '{path}' failed to satisfy constraint: {constraint}"
    required = cast("list[str]", shape.required_members) if isinstance(shape, StructureShape) else []
    for member_path, member, item in _members(shape, value, path):
        if item is not None:
            yield from _mistakes(member, item, member_path)
        elif member_path.rsplit(".", 1)[-1] in required:
            yield f"Value null at '{member_path}' failed to satisfy constraint: Member must not be null"


def mistakes(service: str, operation: str, parameters: dict[str, Any]) -> str | None:
    """What AWS would say about `parameters`, or None when they fit the operation's input shape."""
    shape = cast("Shape | None", service_model(service).operation_model(operation).input_shape)
    found = list(_mistakes(shape, parameters, "")) if shape else []
    if not found:
        return None
    return f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: {'; '.join(found)}"
