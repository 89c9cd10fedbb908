"""What the steps of one line put into files: from which files it comes, or why that is not known."""

from __future__ import annotations

import os
from collections.abc import Iterable

# (files whose lines they are, reasons why not all of it can be looked at)
Content = tuple[list[str], list[str]]
NOTHING: Content = ([], [])


def joined(contents: Iterable[Content]) -> Content:
    both = list(contents)
    return [file for files, _ in both for file in files], [doubt for _, doubts in both for doubt in doubts]


class Flows:
    def __init__(self) -> None:
        self._all: list[tuple[str | None, Content]] = []

    def put(self, target: str | None, content: Content) -> None:
        """`target`: a file or folder, in full; None where it may be any."""
        self._all.append((target and os.path.realpath(target), self.of(content)))

    def of(self, content: Content) -> Content:
        """The same, with what earlier steps of the line put into these files."""
        files, doubts = content
        earlier = joined(
            found for target, found in self._all for file in files if target is None or _touch(target, file)
        )
        return _once([*files, *earlier[0]]), _once([*doubts, *earlier[1]])

    def into(self, paths: list[str] | None, root: str | None) -> Content:
        """What may be in these paths by now; None is all beneath the root."""
        wanted = [root or "/"] if paths is None else paths
        files, doubts = joined(
            found
            for target, found in self._all
            if target is None or any(_touch(target, os.path.realpath(path)) for path in wanted)
        )
        return _once(files), _once(doubts)

    def touched(self, path: str) -> bool:
        return any(target is not None and _touch(target, os.path.realpath(path)) for target, _ in self._all)


def _touch(one: str, other: str) -> bool:
    """The same, or one within the other; a Mac's disk asks for no case."""
    one, other = (os.path.realpath(path).rstrip("/").casefold() + "/" for path in (one, other))
    return one.startswith(other) or other.startswith(one)


def _once(texts: list[str]) -> list[str]:
    return list(dict.fromkeys(texts))
