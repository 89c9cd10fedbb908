"""Diff: what an update would change, property by property, and whether that takes a replacement."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.plugins.framework.defaults import NOTE, filled, without_notes
from sandbox.plugins.framework.entry import Entry
from sandbox.plugins.framework.paths import joined
from sandbox.plugins.framework.schema import Schema, Shape, Type
from sandbox.plugins.framework.values import UNKNOWN, Props, Unknown, has_unknown, is_asset, mapped, plain

Kind = Literal["add", "delete", "update"]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """`changes` by property path; `replaces` and `stables` are names of inputs."""

    changes: dict[str, Kind]
    replaces: list[str]
    stables: list[str]
    delete_before_replace: bool


def difference(entry: Entry, schema: Schema, olds: Props, news: Props, ignored: Iterable[str] = ()) -> Difference:
    """Olds are outputs in state, news are checked inputs."""
    noted = plain(news.get(NOTE, ()))
    old = without_notes(plain(olds))
    new = stored(entry, filled(without_notes(plain(news)), schema, entry.defaults))
    shape = schema.inputs
    if "tagsAll" in new:
        shape = Shape(fields=shape.fields | {"tagsAll": {"map": "string"}})
    ignored = tuple(ignored)
    changes: dict[str, Kind] = {
        path: kind
        for path, kind in _Comparison(entry, schema).objects(old, new, shape)
        if not any(path == name or path.startswith((f"{name}.", f"{name}[")) for name in ignored)
    }
    forcing = {*entry.replaces, *entry.replaces_when(old, new)}
    if "region" in shape.fields:
        forcing.add("region")
    replaces = sorted(
        {
            top
            for path, kind in changes.items()
            if (top := top_level(path)) in forcing and not (top in entry.adopts and kind == "add" and top not in old)
        }
    )
    return Difference(
        changes=changes,
        replaces=replaces,
        stables=sorted(forcing - set(replaces)),
        delete_before_replace=bool(replaces) and (entry.deletes_first or _named_by_user(entry, new, noted)),
    )


def top_level(path: str) -> str:
    return path.split(".", maxsplit=1)[0].split("[", maxsplit=1)[0]


def _named_by_user(entry: Entry, new: Props, noted: Iterable[str]) -> bool:
    """Two resources of one explicit name cannot live side by side; plugin-framework types never look."""
    rule = entry.autoname
    return entry.engine == "SDKv2" and rule is not None and rule.field in new and rule.field not in noted


def planned(entry: Entry, schema: Schema, inputs: Props, olds: Props | None) -> Props:
    """The outputs a preview shows: what is known, and unknown where only the API can tell."""
    wanted = stored(entry, filled(without_notes(inputs), schema, entry.defaults))
    if olds is None:
        pending = (*schema.output_only - wanted.keys(), *entry.computed)
        return {name: UNKNOWN for name in pending if "." not in name} | wanted
    kept = {name: value for name, value in without_notes(olds).items() if _stays(name, entry, schema)}
    return kept | wanted | dict.fromkeys(entry.recomputed(plain(olds), plain(wanted)), UNKNOWN)


def stored(entry: Entry, props: Props) -> Props:
    """The properties as state words them."""
    return props | {name: mapped(props[name], change) for name, change in entry.stored.items() if name in props}


def _stays(name: str, entry: Entry, schema: Schema) -> bool:
    return name not in schema.inputs.fields or name in entry.computed or name == "namePrefix"


@dataclass(frozen=True)
class _Comparison:
    entry: Entry
    schema: Schema

    def objects(
        self, old: Props, new: Props, shape: Shape, at: str = "", field: str = ""
    ) -> Iterator[tuple[str, Kind]]:
        """Properties, nested ones by their exact path; `field` is that path without list positions."""
        for name, typ in shape.fields.items():
            inner = f"{field}.{name}" if field else name
            yield from self._values(old.get(name), new.get(name), typ, joined(at, name), inner)

    def _values(self, old: Any, new: Any, typ: Type, at: str, field: str) -> Iterator[tuple[str, Kind]]:
        if isinstance(new, Unknown):
            yield at, "add" if old is None else "update"
        elif new is None:
            kept = field in self.entry.computed or field == "namePrefix"
            if not kept and not self._blank(old):
                yield at, "delete"
        elif self._equal(old, new, field):
            return
        elif old is None:
            yield at, "add"
        else:
            yield from self._parts(old, new, typ, at, field)

    def _blank(self, value: Any) -> bool:
        """SDKv2 cannot tell an unset value from an empty one; the plugin framework can, but for lists of blocks."""
        if self.entry.engine == "PF":
            return value is None or value in ([], {})
        return not value

    def _equal(self, old: Any, new: Any, field: str) -> bool:
        if has_unknown(new):
            return False
        equal = self.entry.same.get(field)
        if equal and old is not None and equal(old, new):
            return True
        return _same_value(old, new) or (self._blank(old) and self._blank(new))

    def _parts(self, old: Any, new: Any, typ: Type, at: str, field: str) -> Iterator[tuple[str, Kind]]:
        if isinstance(typ, dict) and "object" in typ and isinstance(old, dict) and isinstance(new, dict):
            yield from self.objects(old, new, self.schema.objects[typ["object"]], at, field)
        elif isinstance(typ, dict) and "map" in typ and isinstance(old, dict) and isinstance(new, dict):
            for name in sorted(old.keys() | new.keys()):
                yield from _map_entry(old.get(name), new.get(name), joined(at, name))
        elif isinstance(typ, dict) and "list" in typ and isinstance(old, list) and isinstance(new, list):
            compare = self._sets if field in self.entry.sets else self._lists
            yield from compare(old, new, typ["list"], at, field)
        else:
            yield at, "update"

    def _lists(self, old: list[Any], new: list[Any], typ: Type, at: str, field: str) -> Iterator[tuple[str, Kind]]:
        for index in range(max(len(old), len(new))):
            place = f"{at}[{index}]"
            if index >= len(new):
                yield place, "delete"
            elif index >= len(old):
                yield place, "add"
            else:
                yield from self._values(old[index], new[index], typ, place, field)

    def _sets(self, old: list[Any], new: list[Any], _typ: Type, at: str, _field: str) -> Iterator[tuple[str, Kind]]:
        """Additions by their place in the new list, removals by their place in the old one."""
        had, wants = Counter(map(_key, old)), Counter(map(_key, new))
        added = {f"{at}[{index}]" for index, item in enumerate(new) if has_unknown(item) or _key(item) not in had}
        removed = {f"{at}[{index}]" for index, item in enumerate(old) if _key(item) not in wants}
        for place in sorted(added | removed):
            yield place, "update" if place in added & removed else "add" if place in added else "delete"


def _map_entry(old: Any, new: Any, at: str) -> Iterator[tuple[str, Kind]]:
    if new is None:
        yield at, "delete"
    elif old is None:
        yield at, "add"
    elif isinstance(new, Unknown) or not _same_value(old, new):
        yield at, "update"


def _same_value(old: Any, new: Any) -> bool:
    """Assets are the same by content, not by path."""
    if is_asset(old) and is_asset(new) and old.get("hash") and new.get("hash"):
        return old["hash"] == new["hash"]
    return isinstance(old, bool) == isinstance(new, bool) and old == new


def _key(item: Any) -> str:
    """Objects in sets compare without their empty members."""
    if isinstance(item, dict):
        item = {name: value for name, value in item.items() if value not in (None, "", [], {}, 0)}
    return json.dumps(item, sort_keys=True, default=str)
