"""The lines that a commit or a push would add, asked of git."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile

from commit_guard.commands import Work
from commit_guard.errors import GuardError
from commit_guard.texts import added_lines, text_of

MAX_BYTES = 32 * 1024 * 1024
MAX_FILES = 5_000
MAX_FILE_BYTES = 1024 * 1024
MAX_COMMITS = 2_000
BLOBS_AT_ONCE = 250  # so that their names fit into a pipe
# By file: its added lines with their numbers in the new version.
Lines = dict[str, list[tuple[int, str]]]
# Files that git takes for binary: (name, what it was, what it is), as ids of blobs.
Binaries = list[tuple[str, str, str]]
# Nothing of the repository's own configuration may change the form, ask somebody, or run another program.
_GIT = ("git", "-c", "core.quotePath=false", "-c", "core.fsmonitor=false", "-c", "diff.renames=false")
_DIFF = (
    *("--no-ext-diff", "--no-textconv", "--no-color", "--unified=0", "--diff-filter=d", "--submodule=short"),
    "--full-index",
    *("--src-prefix=a/", "--dst-prefix=b/"),
)
_ENVIRONMENT = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_PAGER": "cat", "LC_ALL": "C"}
_NO_REPOSITORY = 128


class Repository:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._where = ("-C", work.directory, *work.where)
        self.root = self._ask("rev-parse", "--show-toplevel")

    def added(self) -> Lines:
        """Empty where there is no repository: then git refuses the command itself."""
        lines: Lines = {}
        work = self._work
        if self.root is None:
            if work.commits and work.begins and os.path.isdir(work.directory):
                with tempfile.TemporaryDirectory(prefix="commit-guard-") as scratch:
                    self._bytes("init", "--quiet", "--bare", scratch, where=())
                    where = (f"--git-dir={scratch}", f"--work-tree={work.directory}", "-C", work.directory)
                    self._read_untracked(lines, [], where)
            return lines
        if work.commits:
            self._read(self._bytes("diff", "--cached", *_DIFF), lines)
            if work.tracked is not None:
                self._read(self._paths("diff", *_DIFF, paths=work.tracked), lines)
            if work.untracked is not None:
                self._read_untracked(lines, work.untracked, self._where)
            for name in work.messages:
                self._read_file(lines, name)
        if work.pushes:
            self._read(self._outgoing(), lines)
        return lines

    def name(self) -> str:
        """Where it is pushed to, without anybody's credentials; or its folder's name."""
        url = (self._ask("config", "--get", "remote.origin.url") or "").strip()
        found = re.fullmatch(r"(?:[a-z+]+://)?(?:[^@/]*@)?([\w.-]+)(?::\d+)?[:/]([^?#]+?)(?:\.git)?/?", url)
        if found and not url.startswith(("/", ".", "file:")):
            return f"{found[1]}/{found[2].lstrip('/')}"
        return os.path.basename((self.root or self._work.directory).rstrip("/")) or "-"

    def alias(self, verb: str) -> str | None:
        return self._ask("config", "--get", f"alias.{verb}")

    def _read(self, diff: bytes, lines: Lines) -> None:
        binaries = _parse(diff, lines)
        for start in range(0, len(binaries), BLOBS_AT_ONCE):
            some = binaries[start : start + BLOBS_AT_ONCE]
            blobs = self._blobs([blob for _, *both in some for blob in both])
            for name, old, new in some:
                content = blobs[new] if new in blobs else self._content(name)
                lines.setdefault(name, []).extend(added_lines(blobs.get(old, b""), content))

    def _blobs(self, ids: list[str]) -> dict[str, bytes]:
        """Those that are there and of a usual size; what the working tree alone has is not."""
        checked = self._bytes("cat-file", "--batch-check", given="".join(f"{each}\n" for each in ids))
        found = [line.split() for line in checked.decode().splitlines()]
        wanted = {each[0] for each in found if each[1:2] == ["blob"] and int(each[2]) <= MAX_FILE_BYTES}
        # One above the size is there as nothing: it is not looked at in the working tree either.
        blobs = {each[0]: b"" for each in found if each[1:2] == ["blob"]}
        output = self._bytes("cat-file", "--batch", given="".join(f"{each}\n" for each in sorted(wanted)))
        while output:
            head, _, output = output.partition(b"\n")
            name, _, size = head.decode().split()
            blobs[name], output = output[: int(size)], output[int(size) + 1 :]
        return blobs

    def _outgoing(self) -> bytes:
        """What is in no remote's branches, as far as this clone knows."""
        known = [
            ref for ref in self._work.refs if ref.startswith("--") or self._ask("rev-parse", "--verify", "-q", ref)
        ]
        refs = known or (["HEAD"] if self._ask("rev-parse", "--verify", "-q", "HEAD") else [])
        if not refs:
            return b""
        since = (*refs, "--not", "--remotes")
        if int(self._ask("rev-list", "--count", f"--max-count={MAX_COMMITS + 1}", *since) or 0) > MAX_COMMITS:
            raise GuardError(f"more than {MAX_COMMITS} commits would be pushed")
        return self._bytes("log", "--patch", "--cc", "--format=", *_DIFF, *since)

    def _read_untracked(self, lines: Lines, paths: list[str], where: tuple[str, ...]) -> None:
        standard = () if self._work.ignored else ("--exclude-standard",)
        listed = self._paths("ls-files", "--others", "-z", "--full-name", *standard, paths=paths, where=where)
        names = [os.fsdecode(name) for name in listed.split(b"\0") if name]
        if len(names) > MAX_FILES:
            raise GuardError(f"more than {MAX_FILES} new files would be added")
        for name in names:
            self._read_file(lines, name)

    def _read_file(self, lines: Lines, name: str) -> None:
        text = text_of(self._content(name))
        if text:
            lines.setdefault(name, []).extend(enumerate(text.splitlines(), start=1))

    def _content(self, name: str) -> bytes:
        """Of files of a usual size; what is larger is no place where people keep a key by mistake."""
        path = os.path.join(self.root or self._work.directory, name)
        try:
            if os.path.islink(path) or not os.path.isfile(path) or os.path.getsize(path) > MAX_FILE_BYTES:
                return b""
            with open(path, "rb") as file:
                return file.read(MAX_FILE_BYTES)
        except OSError:
            return b""

    def _paths(self, *arguments: str, paths: list[str], where: tuple[str, ...] | None = None) -> bytes:
        """Of these paths; of all where git does not know what they are."""
        try:
            return self._bytes(*arguments, "--", *paths, where=where)
        except GuardError:
            if not paths:
                raise
            return self._bytes(*arguments, where=where)

    def _ask(self, *arguments: str) -> str | None:
        """One line; None where git says no."""
        try:
            return self._bytes(*arguments).decode(errors="replace").strip() or None
        except GuardError:
            return None

    def _bytes(self, *arguments: str, where: tuple[str, ...] | None = None, given: str | None = None) -> bytes:
        """`given`: what git reads, no more than fits into a pipe."""
        command = [*_GIT, *(self._where if where is None else where), *arguments]
        try:
            with subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **_ENVIRONMENT},
            ) as process:
                output = b""
                try:
                    if process.stdin:
                        process.stdin.write((given or "").encode())
                        process.stdin.close()
                    output = process.stdout.read(MAX_BYTES + 1) if process.stdout else b""
                finally:
                    if len(output) > MAX_BYTES or sys.exc_info()[0]:
                        process.kill()
        except OSError:
            raise GuardError("git could not be run") from None
        if len(output) > MAX_BYTES:
            raise GuardError(f"more than {MAX_BYTES // 1024 // 1024} MB would be added")
        if process.returncode:
            raise GuardError(f"`git {arguments[0]}` ended with {process.returncode}")
        return output


def _parse(diff: bytes, lines: Lines) -> Binaries:
    """Unified diffs, and the combined ones of merges, which have a column for each parent."""
    name, number, parents = "", 0, 1
    old = new = ""
    binaries: Binaries = []
    into: list[tuple[int, str]] = []
    left = 0
    for line in diff.decode(errors="replace").split("\n"):
        if left > 0 and line[:1] in {"+", "-", " "}:
            columns = line[:parents]
            if "-" not in columns:
                if "+" in columns:
                    into.append((number, line[parents:]))
                number += 1
                left -= 1
        elif line.startswith("diff --cc "):
            name = _name(line[len("diff --cc ") :])
        elif line.startswith("index "):
            old, _, new = line.split(" ")[1].partition("..")
            old = old.partition(",")[0]
        elif line.startswith("Binary files "):
            two = re.search(r' and ("?b/.*) differ$', line)
            binaries.append((_name(two[1]) if two else name, old, new))
        elif line.startswith("+++ "):
            name = _name(line[4:])
            into = lines.setdefault(name, [])
        elif line.startswith("@@"):
            parents = len(line) - len(line.lstrip("@")) - 1
            number, left = _hunk(line)
    return binaries


def _hunk(line: str) -> tuple[int, int]:
    """(first line, how many) of the new version, from `@@ -1,2 +3,4 @@`."""
    for word in line.split(" "):
        if word.startswith("+"):
            first, _, count = word[1:].partition(",")
            return int(first), int(count or 1)
    return 0, 0


def _name(text: str) -> str:
    text = text.rstrip("\t\r")
    if text.startswith('"') and text.endswith('"'):
        text = text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return text.removeprefix("b/")
