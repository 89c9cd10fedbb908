"""The engine's property values as plain Python, and back. What a preview does not know is `UNKNOWN`, however deep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime import rpc

# The text that the engine sends in place of a value it does not know yet.
UNKNOWN: str = rpc.UNKNOWN

Properties = dict[str, Any]


def plain(value: PropertyValue) -> Any:
    """Numbers are whole where they can be; a secret is its value: the engine keeps account of what is one."""
    match found := cast("Any", value.value):
        case float() if found.is_integer():
            return int(found)
        case None | bool() | float() | str():
            return found
        case Mapping():
            return plain_map(cast("Mapping[str, PropertyValue]", found))
        case Sequence():
            return [plain(each) for each in cast("Sequence[PropertyValue]", found)]
        case _:
            return UNKNOWN


def plain_map(values: Mapping[str, PropertyValue]) -> Properties:
    return {key: plain(value) for key, value in values.items()}


def property_value(value: Any) -> PropertyValue:
    match value:
        case Mapping():
            return PropertyValue(property_map(cast("Mapping[str, Any]", value)))
        case list() | tuple():
            return PropertyValue([property_value(each) for each in cast("Sequence[Any]", value)])
        case int() if not isinstance(value, bool):
            return PropertyValue(float(value))
        case _:
            return PropertyValue(value)


def property_map(values: Mapping[str, Any]) -> dict[str, PropertyValue]:
    return {key: property_value(value) for key, value in values.items()}


def is_known(value: Any) -> bool:
    """Whether nothing within is unknown."""
    match value:
        case Mapping():
            return all(is_known(each) for each in cast("Mapping[str, Any]", value).values())
        case list():
            return all(is_known(each) for each in cast("list[Any]", value))
        case _:
            return value != UNKNOWN
