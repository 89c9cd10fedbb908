"""Added lines, as git's patches and files have them."""

from __future__ import annotations

import os
import re

from commit_guard import GuardError
from commit_guard.git import Git
from commit_guard.texts import added_lines, text_of

MAX_FILES = 5_000
BLOBS_AT_ONCE = 250  # so that their names fit into a pipe
MAX_FILE_BYTES = 1024 * 1024
# By file: its added lines with their numbers in the new version.
Lines = dict[str, list[tuple[int, str]]]
# Files that git takes for binary: (name, what it was, what it is), as ids of blobs.
Binaries = list[tuple[str, str, str]]
INDENT = "    "
_MESSAGE = "a commit's message"


def read(git: Git, root: str | None, arguments: tuple[str, ...], lines: Lines, *, paths: bool = False) -> None:
    """`paths`: where git does not know what they are, all are looked at."""
    try:
        diff = git.bytes(*arguments)
    except GuardError:
        if not paths or "--" not in arguments:
            raise
        diff = git.bytes(*arguments[: arguments.index("--")])
    binaries = parse(diff, lines)
    for start in range(0, len(binaries), BLOBS_AT_ONCE):
        some = binaries[start : start + BLOBS_AT_ONCE]
        blobs = _blobs(git, [blob for _, *both in some for blob in both])
        for name, old, new in some:
            content = blobs[new] if new in blobs else content_of(os.path.join(root or "/", name))
            lines.setdefault(name, []).extend(added_lines(blobs.get(old, b""), content))


def _blobs(git: Git, ids: list[str]) -> dict[str, bytes]:
    """Those that are there and of a usual size; what the working tree alone has is not."""
    checked = git.bytes("cat-file", "--batch-check", given="".join(f"{each}\n" for each in ids))
    found = [line.split() for line in checked.decode().splitlines()]
    wanted = {each[0] for each in found if each[1:2] == ["blob"] and int(each[2]) <= MAX_FILE_BYTES}
    # One above the size is there as nothing: it is not looked at in the working tree either.
    blobs = {each[0]: b"" for each in found if each[1:2] == ["blob"]}
    output = git.bytes("cat-file", "--batch", given="".join(f"{each}\n" for each in sorted(wanted)))
    while output:
        head, _, output = output.partition(b"\n")
        name, _, size = head.decode().split()
        blobs[name], output = output[: int(size)], output[int(size) + 1 :]
    return blobs


def is_inside(directory: str, path: str, root: str) -> bool:
    whole = os.path.realpath(os.path.dirname(os.path.normpath(os.path.join(directory or root, path)) + "/"))
    return (whole + "/").casefold().startswith(os.path.realpath(root).casefold().rstrip("/") + "/")


def read_path(lines: Lines, path: str, root: str | None) -> None:
    """A file, or all of a folder."""
    name = os.path.relpath(path, root) if root and (path + "/").startswith(root + "/") else path
    if not os.path.isdir(path):
        put(lines, name, content_of(path))
        return
    count = 0
    for folder, below, files in os.walk(path):
        below[:] = [each for each in below if each != ".git"]
        for file in files:
            count += 1
            if count > MAX_FILES:
                raise GuardError(f"more than {MAX_FILES} files would be copied")
            whole = os.path.join(folder, file)
            put(lines, os.path.join(name, os.path.relpath(whole, path)), content_of(whole))


def parse(diff: bytes, lines: Lines) -> Binaries:
    """Unified diffs, and the combined ones of merges, which have a column for each parent."""
    name, number, parents = "", 0, 1
    old = new = ""
    binaries: Binaries = []
    messages: list[tuple[int, str]] = lines.get(_MESSAGE, [])
    into: list[tuple[int, str]] = []
    left = 0
    for line in diff.decode(errors="replace").split("\n"):
        if left > 0 and line[:1] in {"+", "-", " "}:
            columns = line[:parents]
            if "-" not in columns:
                into += [(number, line[parents:])] if "+" in columns else []
                number += 1
                left -= 1
        elif line.startswith(INDENT):
            messages.append((len(messages) + 1, line[len(INDENT) :]))
        elif line.startswith("diff --cc "):
            name = _name(line[len("diff --cc ") :])
        elif line.startswith("index "):
            old, _, new = line.split(" ")[1].partition("..")
        elif line.startswith("Binary files "):
            binaries += _binary(line, name, old.partition(",")[0], new)
        elif line.startswith("+++ "):
            name = _name(line[4:])
            into = lines.setdefault(name, [])
        elif line.startswith("@@"):
            parents = len(line) - len(line.lstrip("@")) - 1
            number, left = _hunk(line)
    lines.update({_MESSAGE: messages} if messages else {})
    return binaries


def _binary(line: str, name: str, old: str, new: str) -> Binaries:
    """None of one that is deleted."""
    two = re.search(r' and ("?b/.*) differ$', line)
    return [] if line.endswith(" and /dev/null differ") else [(_name(two[1]) if two else name, old, new)]


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


def put(lines: Lines, name: str, content: bytes) -> None:
    text = text_of(content)
    if text:
        lines.setdefault(name, []).extend(enumerate(text.splitlines(), start=1))


def content_of(path: str) -> bytes:
    """Of files of a usual size; what is larger is no place where people keep a key by mistake."""
    try:
        if os.path.islink(path):
            return os.fsencode(os.readlink(path))
        if not os.path.isfile(path) or os.path.getsize(path) > MAX_FILE_BYTES:
            return b""
        with open(path, "rb") as file:
            return file.read(MAX_FILE_BYTES)
    except OSError:
        return b""
