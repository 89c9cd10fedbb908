"""Schema defaults, and `__defaults`: the bridge's note of which inputs the user did not write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.plugins.framework.schema import Schema, Shape, Type
from sandbox.plugins.framework.values import Props, is_asset

NOTE = "__defaults"


def without_notes(value: Any) -> Any:
    """The value as handlers see it, the bridge's own keys (`__defaults`, `__meta`) removed."""
    if isinstance(value, dict):
        return {name: without_notes(item) for name, item in value.items() if not name.startswith("__")}
    if isinstance(value, list):
        return [without_notes(item) for item in value]
    return value


def filled(inputs: Props, schema: Schema, defaults: Mapping[str, Any]) -> Props:
    """The inputs with every default, at the top and in the nested objects that are there."""
    return _walk(inputs, schema.inputs, schema, defaults, "", lambda _: True, note=False)


def filled_and_noted(inputs: Props, schema: Schema, defaults: Mapping[str, Any], generated: list[str]) -> Props:
    """What Check answers for SDKv2 types: false, zero and empty defaults are left to the plan."""
    noted = _walk(inputs, schema.inputs, schema, defaults, "", bool, note=True)
    return noted | {NOTE: sorted({*noted[NOTE], *generated})}


def _walk(
    props: Props,
    shape: Shape,
    schema: Schema,
    defaults: Mapping[str, Any],
    at: str,
    wanted: Callable[[Any], bool],
    *,
    note: bool,
) -> Props:
    result: Props = {}
    for name, value in props.items():
        typ = shape.fields.get(name, "any")
        result[name] = _walk_value(value, typ, schema, defaults, f"{at}{name}.", wanted, note=note)
    own = {
        path.removeprefix(at): value
        for path, value in defaults.items()
        if path.startswith(at) and "." not in path.removeprefix(at)
    }
    added = {name: value for name, value in own.items() if name not in result and wanted(value)}
    return result | added | ({NOTE: sorted(added)} if note else {})


def _walk_value(
    value: Any,
    typ: Type,
    schema: Schema,
    defaults: Mapping[str, Any],
    at: str,
    wanted: Callable[[Any], bool],
    *,
    note: bool,
) -> Any:
    if isinstance(typ, dict) and "list" in typ and isinstance(value, list):
        return [_walk_value(item, typ["list"], schema, defaults, at, wanted, note=note) for item in value]
    if isinstance(typ, dict) and "object" in typ and isinstance(value, dict) and not is_asset(value):
        return _walk(value, schema.objects[typ["object"]], schema, defaults, at, wanted, note=note)
    return value
