"""From what the API says to what state keeps, and back to the inputs an import or a refresh shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.plugins.framework.defaults import NOTE, without_notes
from sandbox.plugins.framework.entry import Entry
from sandbox.plugins.framework.schema import Schema, Type
from sandbox.plugins.framework.values import Props, Secret, Unknown, plain


def outputs(entry: Entry, schema: Schema, known: Props, read: Props) -> Props:
    """What was read over what was known; text that says the same keeps the known wording."""
    result = dict(known)
    for name, value in read.items():
        result[name] = _reworded(entry, entry.keeps, name, known.get(name), value)
    return secret({name: value for name, value in result.items() if value is not None}, schema)


def secret(props: Props, schema: Schema) -> Props:
    marked = {n: Secret(plain(props[n])) for n in schema.secrets if n in props and not isinstance(props[n], Unknown)}
    return props | marked


def _reworded(entry: Entry, keeps: Iterable[str], field: str, known: Any, read: Any) -> Any:
    """What was read, in the known words where these say the same."""
    if known is None or read is None or field in entry.by_place:
        return read
    if field in keeps and entry.same[field](read, known):
        return known
    if field in entry.sets and sorted(map(str, known)) == sorted(map(str, read)):
        return known
    if isinstance(known, dict) and isinstance(read, dict):
        return {
            name: _reworded(entry, keeps, f"{field}.{name}", known.get(name), value) for name, value in read.items()
        }
    return read


def refreshed_inputs(entry: Entry, schema: Schema, inputs: Props, props: Props) -> Props:
    """The inputs the user had, with the values found now; drift in the others shows in the outputs."""
    notes = {NOTE: inputs[NOTE]} if NOTE in inputs else {}
    alike, kept = tuple(entry.same), [name for name in inputs if name in props]
    found = {name: _reworded(entry, alike, name, plain(inputs[name]), props[name]) for name in kept}
    fields = schema.inputs.fields
    return {n: _refreshed(plain(inputs[n]), v, fields.get(n, "any"), schema) for n, v in found.items()} | notes


def _refreshed(was: Any, found: Any, typ: Type, schema: Schema) -> Any:
    if not isinstance(typ, dict):
        return found
    if "object" in typ and isinstance(found, dict) and isinstance(was, dict):
        fields = schema.objects[typ["object"]].fields
        notes = {NOTE: was[NOTE]} if NOTE in was else {}
        kept = {name: item for name, item in found.items() if name in was}
        return {n: _refreshed(was.get(n), item, fields.get(n, "any"), schema) for n, item in kept.items()} | notes
    if "list" in typ and isinstance(found, list) and isinstance(was, list) and len(was) == len(found):
        return [_refreshed(old, new, typ["list"], schema) for old, new in zip(was, found, strict=True)]
    return found


def imported_inputs(entry: Entry, schema: Schema, props: Props) -> Props:
    """What a user would have written: neither empty values nor defaults."""
    wanted = {
        name: value
        for name, value in without_notes(props).items()
        if name in schema.inputs.fields and plain(value) not in (None, "", [], {}, entry.defaults.get(name))
    }
    return wanted | ({NOTE: []} if entry.engine == "SDKv2" else {})
