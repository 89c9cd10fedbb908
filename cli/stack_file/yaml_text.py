"""A YAML text changed where it is changed: comments, order and spacing of all other lines stay as somebody wrote them.

ruamel.yaml keeps comments and order, but not spacing. So the text is written twice, unchanged and changed, and only
what differs between these two goes into the text that a person knows.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

from ruamel.yaml import YAML

Document = Any


def edited(text: str, change: Callable[[Document], object]) -> str:
    """`change` is handed the document and changes it in place."""
    document = _yaml().load(text)
    before = _dumped(document)
    change(document)
    after = _dumped(document)
    found = "".join(_spliced(text.splitlines(True), before.splitlines(True), after.splitlines(True)))
    return found if _plain(found) == _plain(after) else after


def _yaml() -> Any:
    yaml: Any = YAML()
    yaml.width = 100_000
    yaml.preserve_quotes = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _dumped(document: Document) -> str:
    buffer = io.StringIO()
    _yaml().dump(document, buffer)
    return buffer.getvalue()


def _plain(text: str) -> Any:
    safe: Any = YAML(typ="safe")
    return safe.load(text)


def _spliced(known: Sequence[str], before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """`known`'s lines wherever `after` is as `before`, and `after`'s where it is not."""
    owners = list(_owners(known, before))
    for kind, start, end, first, last in _opcodes(before, after):
        if kind != "equal":
            yield from after[first:last]
            continue
        for offset in range(start, end):
            begin, stop, whole = owners[offset]
            if not set(range(*whole)) <= set(range(start, end)):
                yield after[first + offset - start]  # part of what a person wrote in other lines, and changed
            elif offset == whole[0]:
                yield from known[begin:stop]


def _owners(known: Sequence[str], before: Sequence[str]) -> Iterator[tuple[int, int, tuple[int, int]]]:
    """For each line of `before`: the lines of `known` that say the same, and the lines of `before` they say it for."""
    wanted, there = _without_spaces(before), _without_spaces(known)
    for kind, start, end, first, last in _opcodes(wanted, there):
        block = (first, last, (start, end))
        joined = list(_joined(wanted[start:end], there[first:last])) if kind == "replace" else []
        for offset in range(end - start):
            if kind == "equal":
                yield first + offset, first + offset + 1, (start + offset, start + offset + 1)
            elif joined:
                begin, stop = joined[offset]
                yield first + begin, first + stop, (start + offset, start + offset + 1)
            else:
                yield block


def _joined(wanted: Sequence[str], there: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where each wanted line is one or several there, in order; nothing where they do not come out even."""
    found: list[tuple[int, int]] = []
    stop = 0
    for line in wanted:
        begin, text = stop, ""
        while text != line and stop < len(there):
            text += there[stop]
            stop += 1
        if text != line:
            return
        found.append((begin, stop))
    if stop == len(there):
        yield from found


def _without_spaces(lines: Sequence[str]) -> list[str]:
    return ["".join(line.split()) for line in lines]


def _opcodes(one: Sequence[str], other: Sequence[str]) -> Sequence[tuple[str, int, int, int, int]]:
    return SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
