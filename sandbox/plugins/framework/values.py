"""Property values as the engine sends them: plain JSON plus unknowns, secrets and assets, and back again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

Props = dict[str, Any]
"""Property values by their camelCase names."""

# The protocol's own constants, from the engine's sdk/go/common/resource: an object with _SIG is not an object.
_SIG: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
_ASSETS: Final = frozenset({"c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7"})
# One marker per kind of value, from the engine's sdk/go/common/resource/plugin; SDKs send only the first.
_UNKNOWN_MARKERS: Final = frozenset(
    {
        rpc.UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)


class Unknown:
    """A value that exists only after `up`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value the engine encrypts in state and hides in its output."""

    value: Any


def decode(struct: struct_pb2.Struct) -> Props:
    """Properties with `None` members dropped: to the engine a null input is an unset one."""
    return _decode_fields(struct.fields)


def _decode_fields(fields: Mapping[str, struct_pb2.Value]) -> Props:
    decoded = ((name, _decode(value)) for name, value in fields.items())
    return {name: value for name, value in decoded if value is not None}


def _decode(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value in _UNKNOWN_MARKERS else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [_decode(item) for item in value.list_value.values]
    if kind == "struct_value":
        return _decode_object(value.struct_value.fields)
    return None


def _decode_object(fields: Mapping[str, struct_pb2.Value]) -> Any:
    props = _decode_fields(fields)
    sig = props.get(_SIG)
    if sig == _SECRET:
        return Secret(plain(props.get("value")))
    if sig == _OUTPUT:
        value = plain(props["value"]) if "value" in props else UNKNOWN
        return Secret(value) if props.get("secret") else value
    if sig == _RESOURCE:
        return props.get("id") or UNKNOWN
    return props


def encode(props: Props) -> struct_pb2.Struct:
    """The reverse of `decode`."""
    struct = struct_pb2.Struct()
    for name, value in props.items():
        _encode(value, struct.fields[name])
    return struct


def _encode(value: Any, into: struct_pb2.Value) -> None:
    if value is None:
        into.null_value = struct_pb2.NULL_VALUE
    elif isinstance(value, Unknown):
        into.string_value = rpc.UNKNOWN
    elif isinstance(value, Secret):
        _encode({_SIG: _SECRET, "value": value.value}, into)
    elif isinstance(value, bool):
        into.bool_value = value
    elif isinstance(value, int | float):
        into.number_value = value
    elif isinstance(value, str):
        into.string_value = value
    elif isinstance(value, Mapping):
        into.struct_value.SetInParent()
        for name, item in value.items():
            _encode(item, into.struct_value.fields[name])
    else:
        into.list_value.SetInParent()
        for item in value:
            _encode(item, into.list_value.values.add())


def is_asset(value: Any) -> bool:
    """Whether the value is an asset or an archive, which stays in the engine's own form."""
    return isinstance(value, dict) and value.get(_SIG) in _ASSETS


def plain(value: Any) -> Any:
    """The value without its secret marks."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def _any(value: Any, is_it: Callable[[Any], bool]) -> bool:
    if is_it(value):
        return True
    if isinstance(value, Secret):
        return _any(value.value, is_it)
    if isinstance(value, dict):
        return any(_any(item, is_it) for item in value.values())
    return isinstance(value, list) and any(_any(item, is_it) for item in value)


def has_unknown(value: Any) -> bool:
    return _any(value, lambda item: isinstance(item, Unknown))


def has_secret(value: Any) -> bool:
    return _any(value, lambda item: isinstance(item, Secret))


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """`change` applied below the marks: unknown stays unknown, and what came from a secret stays one."""
    if has_unknown(value):
        return Secret(UNKNOWN) if has_secret(value) else UNKNOWN
    return Secret(change(plain(value))) if has_secret(value) else change(value)


def marked_like(value: Any, pattern: Any) -> Any:
    """The value with every part secret that is secret in the pattern, as the engine marks outputs from inputs."""
    if isinstance(value, Secret):
        return value
    if isinstance(pattern, Secret):
        return Secret(value)
    if isinstance(value, dict) and isinstance(pattern, dict):
        return {name: marked_like(item, pattern.get(name)) for name, item in value.items()}
    if isinstance(pattern, list) and has_secret(pattern):
        return Secret(value)
    return value
