"""One git command of a line, and what several of them have in common."""

from __future__ import annotations

import re

from commit_guard import verbs
from commit_guard.flows import Content, joined
from commit_guard.line import NO_VARIABLE, Line, joined_path
from commit_guard.options import Options
from commit_guard.words import Word
from commit_guard.work import UNKNOWN, Found, Take, Work

_MAX_PATCH_BYTES = 4 * 1024 * 1024
_MAGIC = set("*?[:{")
RELATIVE = re.compile(r"HEAD|[~^@]")
_OF_HEAD = re.compile(r"HEAD|@|^-$|^\.\.|\.\.$")
# Several commits by one word, or those that it leaves out, as git's own log is told them.
SEVERAL = re.compile(r"^\^|^:/|\^[@!]$|\^-\d*$")


class Call:
    """One git command. `read`: what it reads from the step before it."""

    def __init__(
        self, line: Line, places: set[str], where: tuple[str, ...], variables: dict[str, str], read: Content | None
    ) -> None:
        self.line, self.places, self.where, self.variables, self.read = line, places, where, variables, read
        self.verb = ""
        self.words: list[Word] = []
        self.settings: dict[str, str | None] = {}  # of `-c`, in small letters
        self.edits = False  # an editor is named by the line
        self.unclear = False  # a setting, or whose commit it is, only the shell knows

    @classmethod
    def at(cls, line: Line) -> Call:
        """Where the line is."""
        return cls(line, set(line.places), (), {}, None)

    def works(self) -> list[tuple[str, Work]]:
        return [(place, self.line.work(place, self.where, self.variables)) for place in sorted(self.places)]

    def found(self, place: str) -> Found:
        return self.line.found(place, self.where, self.variables)

    def options(self, letters: str = "", valued: set[str] | None = None, known: set[str] | None = None) -> Options:
        return Options(
            self.words, self.line.variables, letters=letters, valued=valued or set(), known=known or valued or set()
        )

    def message(self, options: Options) -> Content:
        """Of `-m` and `-F` and the like, beside what the line itself says."""
        line = self.line
        found = [line.content(word) for word in options.values("-m", "--message", "--trailer", "--author")]
        read = self.read or ([], ["what it reads is not known"])
        named = options.values("-F", "--file", "-t", "--template")
        found += [read if line.value(word) == "-" else line.files([word]) for word in named]
        if self.edits:
            found.append(([], ["the line names an editor"]))
        if self.unclear:
            found.append(([], [NO_VARIABLE]))
        return joined(found)


def taken(call: Call, place: str, work: Work, take: Take) -> None:
    """With all that the line itself has put there."""
    line = call.line
    literal = bool(take.paths) and not any(_MAGIC & set(path) for path in take.paths) and place != UNKNOWN
    paths = [joined_path(place, path) for path in take.paths] if literal else None
    root = take.found.root or line.start
    if work.begins and paths is None:
        paths = [place]
    files, doubts = line.flows.into(paths, root)
    work.files += [file for file in files if file not in work.files]
    work.doubt(*doubts)
    take.ignored |= line.ignores
    work.takes.append(take)


def continued(call: Call) -> bool:
    """Whether a merge, rebase, pick and so on goes on with what is staged, or is ended."""
    said = set(call.options().flags)
    if said & verbs.ABORTS:
        moved(call)
        return True
    if not said & (verbs.CONTINUES - {"-r"}) and not (call.verb == "am" and "-r" in said):
        return False
    for _, work in call.works():
        work.commits = work.index = work.moved = True
        work.doubt(*call.line.doubts)
        work.doubt(*(["the line names an editor"] if call.edits else []))
    return True


def moved(call: Call, words: list[str] | None = None) -> None:
    for _, work in call.works():
        work.moved = True
        work.words += [word for word in words or [] if word not in work.words]


def settled(work: Work, words: list[str]) -> None:
    """What `HEAD~1`, `-` or `..topic` is changes with what the line has done before."""
    of_head = (work.switched or bool(work.heads)) and any(_OF_HEAD.search(word) for word in words)
    if of_head or ((work.commits or work.moved) and any(RELATIVE.search(word) for word in words)):
        work.doubt("which commit is meant after what the line does before is not known")


def changes_what_is_ignored(patches: list[str]) -> bool:
    for path in patches:
        try:
            with open(path, "rb") as file:
                if b".gitignore" in file.read(_MAX_PATCH_BYTES):
                    return True
        except OSError:
            continue
    return False


def given(call: Call, options: Options) -> Content:
    """Files that it names, or what it reads."""
    words = [word for word in options.all_plain if call.line.value(word) != "-"]
    read = call.read or ([], ["what it reads is not known"])
    return joined([call.line.files(words), ([], []) if words and len(words) == len(options.all_plain) else read])


def unclear(call: Call, options: Options) -> None:
    if options.unknown or len(options.said()) < len(options.plain):
        call.line.doubt("which commit it is only the shell knows")
