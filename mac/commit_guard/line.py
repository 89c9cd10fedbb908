"""What is known of one command line on the way through its steps."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Mapping

from commit_guard import GuardError
from commit_guard.flows import Content, Flows, joined
from commit_guard.words import TEXT, VARIABLE, Event, Word
from commit_guard.words import UNKNOWN as UNKNOWN_PART
from commit_guard.work import NO_FOLDER, UNKNOWN, Finder, Found, Work

MAX_PLACES = 8
MAX_NAMES = 1_000
NO_VARIABLE = "what a variable holds is not known"


def joined_path(directory: str, path: str | None) -> str:
    """Unknown where a variable says it, or what was before."""
    if path is None or path == "-" or "\0" in path or (directory == UNKNOWN and not os.path.isabs(path)):
        return UNKNOWN
    return os.path.normpath(os.path.join(directory, path))


class Line:
    """`places`: folders that a step may run in. `doubts`: programs before it that may have changed anything."""

    def __init__(self, directory: str, find: Finder) -> None:
        self.start = directory
        self.places = {directory}
        self.old: set[str] = {UNKNOWN}  # what `cd -` goes back to
        self.variables: dict[str, Word | None] = {
            name: Word((TEXT, value)) for name in ("HOME", "USER") if (value := os.environ.get(name))
        }
        self.flows = Flows()
        self.doubts: list[str] = []
        self.made: list[str] = []  # folders that it makes
        self.born: dict[str, str] = {}  # repositories that it makes, and by what
        self.configured = self.recurses = False  # it changes settings, or whether a push takes submodules along
        self.ignores = False  # it changes what is ignored
        self.works: dict[tuple[str, ...], Work] = {}
        self._find = find
        self._found: dict[tuple[object, ...], Found] = {}
        self.aliases: dict[str, str] = {}  # of git, that it sets
        self.here()
        # What a command's events print; set by whoever runs them.
        self.printed: Callable[[list[Event]], Content] = lambda _: ([], [])

    def doubt(self, reason: str) -> None:
        if reason not in self.doubts:
            self.doubts.append(reason)

    def value(self, word: Word) -> str | None:
        return word.value(self.variables)

    def values(self, words: list[Word]) -> list[str | None]:
        return [self.value(word) for word in words]

    def plain(self, words: list[Word]) -> list[Word]:
        """Without options, as far as they are known."""
        return [word for word in words if not (self.value(word) or "").startswith("-")]

    def assign(self, name: str, word: Word | None) -> None:
        """A second, different value makes it unknown: which of both counts is the shell's to know."""
        if name in self.variables and word is not None:
            known = self.variables[name]
            before = known.value(self.variables) if known else None
            if before is None or before != word.value(self.variables):
                word = None
        value = word.value(self.variables) if word else None
        self.variables[name] = word if value is None else Word((TEXT, value))

    def here(self) -> None:
        """`PWD` follows where it goes."""
        [place, *others] = sorted(self.places)
        self.variables["PWD"] = None if others or place == UNKNOWN else Word((TEXT, place))

    def content(self, word: Word) -> Content:
        """Of a word as text: what it says itself is looked at with the line."""
        found: list[Content] = []
        for kind, part in word.parts:
            if isinstance(part, list):
                found.append(self.printed(part))
            elif kind == UNKNOWN_PART:
                found.append(([], [NO_VARIABLE]))
            elif kind == VARIABLE:
                known = self.variables.get(part)
                found.append(self.content(known) if known and known is not word else ([], [NO_VARIABLE]))
        return joined(found)

    def files(self, words: list[Word]) -> Content:
        """Paths as files, wherever the step may run."""
        files: list[str] = []
        doubts: list[str] = []
        for word in words:
            value = self.value(word)
            if value is None:
                doubts.append(NO_VARIABLE)
                continue
            for place in self.places:
                path = joined_path(place, value)
                names = glob.glob(path, recursive=True)[:MAX_NAMES] if word.pattern and path != UNKNOWN else []
                files += names or ([path] if path != UNKNOWN else [])
                if path == UNKNOWN:
                    doubts.append(NO_FOLDER)
                if word.pattern and ("{" in value or not names):
                    doubts.append("the shell makes file names that are not known here")
        return self.flows.of((files, doubts))

    def put(self, word: Word, content: Content) -> None:
        """Into the file or folder of this name."""
        value = self.value(word)
        for place in self.places:
            path = joined_path(place, value)
            self.flows.put(None if path == UNKNOWN or word.pattern else path, content)
            self.touches(path)

    def touches(self, path: str, *, removes: bool = False) -> None:
        """What becomes of git's own files."""
        parts = path.split("/")
        if ".git" in parts and not (removes and path.endswith(".lock")) and parts[-2:] != ["info", "exclude"]:
            self.doubt("it changes what is in `.git`")
        self.ignores |= parts[-1] == ".gitignore" or parts[-2:] == ["info", "exclude"]
        self.ignores |= removes and path != UNKNOWN and os.path.exists(os.path.join(path, ".gitignore"))

    def found(self, directory: str, where: tuple[str, ...], variables: Mapping[str, str]) -> Found:
        key = (directory, where, tuple(sorted(variables.items())))
        if key not in self._found:
            if len(self._found) > 4 * MAX_PLACES:
                raise GuardError("it goes to too many folders")
            self._found[key] = self._find(directory, where, variables)
        return self._found[key]

    def work(self, directory: str, where: tuple[str, ...], variables: Mapping[str, str]) -> Work:
        """One for each repository and index, however it is gone to."""
        found = self.found(directory, where, variables)
        newborn = next((path for path in self.born if (directory + "/").startswith(path + "/")), None)
        if newborn and (found.root is None or os.path.realpath(found.root) != os.path.realpath(newborn)):
            key = ("born", newborn)
        elif found.git_dir:
            key = (found.git_dir, variables.get("GIT_INDEX_FILE", ""))
        else:
            key = ("", directory, *where)
        if key not in self.works:
            if len(self.works) >= MAX_PLACES:
                raise GuardError(f"more than {MAX_PLACES} repositories in one command")
            self.works[key] = Work(found)
        work = self.works[key]
        if newborn and key[0] == "born":
            if self.born[newborn] == "init":
                work.begins = True
            else:
                work.doubt("its repository is only made by the same line")
        if not work.known:
            work.doubt(NO_FOLDER)
        return work
