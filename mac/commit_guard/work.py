"""What one repository is to be looked at for, and how a folder's repository is found."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from commit_guard.git import Git

MAX_NAMES = 50
# Whichever folder a variable names.
UNKNOWN = ""
NO_FOLDER = "it goes to a folder that only the shell knows; name the folder in full"


class Take:
    """Paths of a folder that go into the index; none is the whole repository."""

    __slots__ = ("directory", "found", "ignored", "paths", "untracked")

    def __init__(
        self, found: Found, directory: str, paths: list[str], *, untracked: bool, ignored: bool = False
    ) -> None:
        self.found, self.directory, self.paths = found, directory, paths
        self.untracked, self.ignored = untracked, ignored


class Found:
    """A repository, asked once. Without one `git_dir` is None; a bare one has no `root`."""

    def __init__(self, directory: str, where: tuple[str, ...], variables: Mapping[str, str]) -> None:
        self.directory = directory
        self.there = directory
        while directory != UNKNOWN and not os.path.isdir(self.there) and self.there != os.path.dirname(self.there):
            self.there = os.path.dirname(self.there)
        self.git = Git(("-C", self.there, *where), variables)
        self.git_dir = self.root = None
        if directory != UNKNOWN:
            _, answer = self.git.answer("rev-parse", "--absolute-git-dir", "--show-toplevel")
            lines = answer.decode(errors="surrogateescape").splitlines()
            self.git_dir, self.root = (*lines, None, None)[:2] if lines else (None, None)
        self._config: list[tuple[str, str]] | None = None

    @property
    def config(self) -> list[tuple[str, str]]:
        if self._config is None:
            _, answer = self.git.answer("config", "--list", "--includes", "-z")
            entries = answer.decode(errors="replace").split("\0")
            self._config = [(key.lower(), value) for key, _, value in (entry.partition("\n") for entry in entries)]
        return self._config

    def setting(self, key: str) -> str | None:
        """The last one of this key, in small letters."""
        return dict(self.config).get(key)

    def commits(self, words: list[str]) -> list[str]:
        """Those of the words that name a commit, as its id."""
        asked = [word for word in words if word and not word.startswith("-") and len(word) < 256 and word.isprintable()]
        asked = asked[:MAX_NAMES]
        if not asked or self.git_dir is None:
            return []
        _, answer = self.git.answer(
            "cat-file",
            "--batch-check=%(objectname) %(objecttype)",
            given="".join(f"{word}^{{commit}}\n" for word in asked),
        )
        lines = [line.split(" ") for line in answer.decode(errors="replace").splitlines()]
        return list(dict.fromkeys(line[0] for line in lines if len(line) == 2 and line[1] == "commit"))

    def submodules(self) -> list[str]:
        """Folders of those that are here, theirs included."""
        if self.root is None or not os.path.isfile(os.path.join(self.root, ".gitmodules")):
            return []
        _, answer = self.git.answer("ls-files", "-s", "-z", "--full-name", ":/")
        names = [line.partition("\t")[2] for line in os.fsdecode(answer).split("\0") if line.startswith("160000 ")]
        return [path for path in (os.path.join(self.root, name) for name in names) if os.path.exists(path + "/.git")]


class Work:
    """What is to be looked at before one line runs. `doubts`: why that would not be all."""

    def __init__(self, found: Found) -> None:
        self.found = found
        self.commits = self.pushes = self.begins = False
        self.index = False  # what is staged goes along
        self.moved = False  # a branch may be at another commit by then
        self.stashed = False  # files were put away
        self.switched = False  # HEAD may be another branch
        self.heads: list[str] = []  # what HEAD may be beside what it is: branches and commits that the line goes to
        self.amends = False  # HEAD's own commit is made again
        self.takes: list[Take] = []
        self.files: list[str] = []  # in full
        self.bases: list[str] = []  # what is committed is compared with these too
        self.trees: list[tuple[str, str, list[str]]] = []  # (commit, folder, paths) whose content is taken over
        self.picks: list[tuple[str, bool]] = []  # (commit or range, whether backwards)
        self.merges: list[str] = []
        self.squashes: list[str] = []
        self.stashes: list[str] = []
        self.whole = False  # all that is tracked, for a history that begins anew
        self.words: list[str] = []  # what may be a commit's name
        self.refs: list[str] = []  # what is pushed by name, or an option of `git rev-list`
        self.every = self.mirror = self.tags = False
        self.notes: list[str] = []  # commits whose message is used again
        self.doubts: list[str] = []

    @property
    def known(self) -> bool:
        """Whether the words say which repository it is."""
        return self.found.directory != UNKNOWN

    @property
    def directory(self) -> str:
        return self.found.directory

    def doubt(self, *reasons: str) -> None:
        self.doubts += [reason for reason in reasons if reason not in self.doubts]


Finder = Callable[[str, tuple[str, ...], Mapping[str, str]], Found]
