"""Check: inputs as the user wrote them become inputs as the provider takes them, or a list of mistakes."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.plugins.framework import naming as names
from sandbox.plugins.framework.defaults import filled, filled_and_noted, without_notes
from sandbox.plugins.framework.entry import Entry
from sandbox.plugins.framework.errors import Failure
from sandbox.plugins.framework.naming import Naming
from sandbox.plugins.framework.paths import found, joined
from sandbox.plugins.framework.schema import Schema, Shape, Type
from sandbox.plugins.framework.values import Props, Secret, Unknown, has_unknown, is_asset, mapped, plain

_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_ARTICLES = {"string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}

Complete = Callable[[Entry, Schema, Props], Props]
"""What a provider adds to the inputs of every type: tags, region."""


def check(
    entry: Entry, schema: Schema, news: Props, olds: Props, naming: Naming, complete: Complete
) -> tuple[Props, list[Failure]]:
    """The completed inputs, secrets and unknowns kept, and the mistakes."""
    inputs = _with_documents(entry, without_notes(news))
    if entry.tags:
        inputs.pop("tagsAll", None)  # ours to write; `ignore_changes` copies it from the old inputs
    failures = list(mistakes(inputs, schema.inputs, schema))
    failures += [Failure(name, "is required: set it") for name in entry.required if name not in inputs]
    if failures:
        return news, failures

    name, failure = names.generated(entry, naming, inputs, olds)
    if failure:
        return news, [failure]
    generated = []
    if name is not None and entry.autoname:
        inputs[entry.autoname.field] = name
        generated = [entry.autoname.field]
    inputs = complete(entry, schema, inputs)
    failures = list(_refusals(entry, filled(plain(inputs), schema, entry.defaults)))
    if entry.engine == "SDKv2":
        inputs = filled_and_noted(inputs, schema, entry.defaults, generated)
    return inputs, failures


def _with_documents(entry: Entry, inputs: Props) -> Props:
    documents = {name: mapped(inputs[name], _json) for name in entry.documents if name in inputs}
    return inputs | documents


def _json(value: Any) -> Any:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def mistakes(inputs: Props, shape: Shape, schema: Schema, at: str = "") -> Iterator[Failure]:
    """Unknown names, missing ones and wrong types, at any depth; unknown values pass."""
    for name in sorted(shape.required - inputs.keys()):
        yield Failure(joined(at, name), "is required: set it")
    for name, value in inputs.items():
        if name not in shape.fields:
            yield Failure(joined(at, name), f"is not an input of this type{_suggestion(name, shape)}")
        else:
            yield from _type_mistakes(value, shape.fields[name], schema, joined(at, name))


def _suggestion(name: str, shape: Shape) -> str:
    close = difflib.get_close_matches(name, shape.fields, n=1)
    return f": did you mean {close[0]}?" if close else ": remove it"


def _type_mistakes(value: Any, typ: Type, schema: Schema, at: str) -> Iterator[Failure]:
    if isinstance(value, Secret):
        value = value.value
    if value is None or isinstance(value, Unknown) or typ == "any":
        return
    if isinstance(typ, str):
        yield from _scalar_mistakes(value, typ, at)
    elif "anyOf" in typ:
        yield from _alternative_mistakes(value, typ["anyOf"], schema, at)
    elif "list" in typ:
        yield from _list_mistakes(value, typ["list"], schema, at)
    elif not isinstance(value, dict):
        yield Failure(at, f"must be an object: {_shown(value)}")
    elif "map" in typ:
        for name, item in value.items():
            yield from _type_mistakes(item, typ["map"], schema, joined(at, name))
    else:
        yield from mistakes(value, schema.objects[typ["object"]], schema, at)


def _list_mistakes(value: Any, typ: Type, schema: Schema, at: str) -> Iterator[Failure]:
    if not isinstance(value, list):
        yield Failure(at, f"must be a list: {_shown(value)}")
        return
    for index, item in enumerate(value):
        yield from _type_mistakes(item, typ, schema, f"{at}[{index}]")


def _scalar_mistakes(value: Any, typ: str, at: str) -> Iterator[Failure]:
    if typ == "asset":
        if not is_asset(value):
            yield Failure(at, f"must be an archive or an asset: {_shown(value)}")
    elif not isinstance(value, _PYTHON_TYPES[typ]) or (isinstance(value, bool) and typ != "boolean"):
        yield Failure(at, f"must be {_ARTICLES[typ]}: {_shown(value)}")


def _alternative_mistakes(value: Any, types: list[Type], schema: Schema, at: str) -> Iterator[Failure]:
    tried = [list(_type_mistakes(value, typ, schema, at)) for typ in types]
    if all(tried):
        yield from min(tried, key=len)


def _shown(value: Any) -> str:
    return json.dumps(value, default=str)[:80]


def _refusals(entry: Entry, inputs: Props) -> Iterator[Failure]:
    for path, constraint in entry.checks.items():
        for place, value in found(inputs, path):
            if not has_unknown(value) and (reason := constraint(value)):
                yield Failure(place, reason)
    for rule in entry.rules:
        yield from rule(inputs)
