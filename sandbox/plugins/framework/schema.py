"""What each resource type accepts, taken from the SDK package's own `*Args` classes.

Importing an SDK costs half a second, so its shape is extracted once to a JSON file that names the SDK's version.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import json
import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Type = Any
"""`"string"`, `"integer"`, `"number"`, `"boolean"`, `"asset"`, `"any"`, `{"list": T}`, `{"map": T}`, `{"object": name}`
or `{"anyOf": [T, ...]}`: JSON, so that it can be cached as it is."""

_FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The fields of one object, and which of them must be given."""

    fields: dict[str, Type]
    required: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Schema:
    """One resource type: its inputs, all its outputs, those that are always secret, and the objects named inside."""

    inputs: Shape
    outputs: Shape
    secrets: frozenset[str] = frozenset()
    objects: dict[str, Shape] = field(default_factory=dict)

    @property
    def output_only(self) -> frozenset[str]:
        return frozenset(self.outputs.fields) - frozenset(self.inputs.fields)


def installed_version(package: str) -> str:
    """The version of the SDK distribution, which is also the plug-in's: `7.51.1`."""
    return importlib.metadata.version(package)


def load_schemas(path: Path, package: str, tokens: Iterable[str]) -> dict[str, Schema]:
    """The schemas of the tokens from the cache file, which is written again when missing, stale or damaged."""
    wanted: dict[str, Any] = {"format": _FORMAT, "version": installed_version(package), "tokens": sorted(tokens)}
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError):
        document = {}
    if {key: document.get(key) for key in wanted} != wanted:
        document = wanted | {"schemas": {token: _extract(package, token) for token in wanted["tokens"]}}
        _replace(path, json.dumps(document))
    return {token: _schema(raw) for token, raw in document["schemas"].items()}


def _replace(path: Path, text: str) -> None:
    """Several plug-ins may start at once: the file is complete whenever it is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}")
    partial.write_text(text)
    partial.replace(path)


def _shape(raw: dict[str, Any]) -> Shape:
    return Shape(fields=raw["fields"], required=frozenset(raw["required"]))


def _schema(raw: dict[str, Any]) -> Schema:
    return Schema(
        inputs=_shape(raw["inputs"]),
        outputs=_shape(raw["outputs"]),
        secrets=frozenset(raw["secrets"]),
        objects={name: _shape(shape) for name, shape in raw["objects"].items()},
    )


def _extract(package: str, token: str) -> dict[str, Any]:
    """`aws:lambda/function:Function` is `FunctionArgs` beside `Function` in `pulumi_aws.lambda_`.

    It is `BucketVersioningInitArgs` where an object inside another type has the shorter name already.
    """
    _, path, name = token.split(":")
    if path == "providers":
        return _extract_provider(package)
    folder = path.split("/", maxsplit=1)[0]
    folder = {"index": "", "lambda": ".lambda_"}.get(folder, f".{folder}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of types that are not asked for, as they are imported
        resource = getattr(importlib.import_module(package + folder), name)
    module = importlib.import_module(resource.__module__)
    arguments = getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args")
    objects: dict[str, Any] = {}
    return {
        "inputs": _extract_shape(arguments, objects),
        "outputs": _extract_shape(getattr(module, f"_{name}State"), objects),
        "secrets": _secret_outputs(resource),
        "objects": objects,
    }


def _extract_provider(package: str) -> dict[str, Any]:
    objects: dict[str, Any] = {}
    inputs = _extract_shape(importlib.import_module(f"{package}.provider").ProviderArgs, objects)
    return {"inputs": inputs, "outputs": inputs, "secrets": [], "objects": objects}


def _secret_outputs(resource: type) -> list[str]:
    """The SDK keeps them in a statement of its constructor only."""
    source = inspect.getsource(resource)
    _, found, rest = source.partition("additional_secret_outputs=")
    return json.loads(rest[: rest.index("]") + 1]) if found else []


def _extract_shape(args: type, objects: dict[str, Any]) -> dict[str, Any]:
    from pulumi import _types

    names = _types.input_type_py_to_pulumi_names(args)
    parameters = inspect.signature(args).parameters
    return {
        "fields": {name: _extract_type(typ, objects) for name, typ in _types.input_type_types(args).items()},
        "required": sorted(names[name] for name, p in parameters.items() if p.default is p.empty and name in names),
    }


def _extract_type(typ: Any, objects: dict[str, Any]) -> Type:
    import typing
    from collections import abc

    import pulumi
    from pulumi import _types

    typ = _types.unwrap_type(typ)
    basic = {str: "string", int: "integer", float: "number", bool: "boolean", Any: "any"}
    if typ in basic:
        return basic[typ]
    origin, arguments = typing.get_origin(typ), typing.get_args(typ)
    if origin is abc.Sequence:
        return {"list": _extract_type(arguments[0], objects)}
    if origin is abc.Mapping:
        return {"map": _extract_type(arguments[1], objects)}
    if origin is typing.Union:
        return {"anyOf": _alternatives(arguments, objects)}
    if inspect.isclass(typ) and issubclass(typ, pulumi.Asset | pulumi.Archive):
        return "asset"
    if inspect.isclass(typ) and issubclass(typ, str):  # an enum
        return "string"
    if typ.__name__ not in objects:
        objects[typ.__name__] = {}  # first, because an object may contain itself
        objects[typ.__name__] = _extract_shape(typ, objects)
    return {"object": typ.__name__}


def _alternatives(arguments: tuple[Any, ...], objects: dict[str, Any]) -> list[Type]:
    """`Input[Union[A, B]]` is flattened to A, B, Awaitable, Output: only the values count."""
    import typing
    from collections import abc

    import pulumi

    values = [
        a for a in arguments if typing.get_origin(a) not in {abc.Awaitable, pulumi.Output} and a is not type(None)
    ]
    found: list[Type] = []
    for value in values:
        extracted = _extract_type(value, objects)
        if extracted not in found:
            found.append(extracted)
    return found
