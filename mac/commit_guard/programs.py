"""Programs whose effect on files and folders is followed; each is given the words after its name."""

from __future__ import annotations

import os
import re

from commit_guard import verbs
from commit_guard.flows import Content, joined
from commit_guard.gitsteps import changes_what_is_ignored
from commit_guard.line import Line, joined_path
from commit_guard.shell import TEXT, Step, Word
from commit_guard.work import UNKNOWN

_ADDRESS = r"(?:\d+|\$|/[^/]*/)"
# One substitution or deletion: nothing that reads or writes another file, or runs something.
_SIMPLE_SED = re.compile(
    rf"\s*(?:{_ADDRESS}(?:,{_ADDRESS})?)?\s*!?\s*(?:[dp]|s(?P<by>[^\w\s\\])(?:(?!(?P=by)).)*(?P=by)(?:(?!(?P=by)).)*"
    r"(?P=by)[gIip0-9]*|[aic]\\?\s?.*)\s*",
    re.DOTALL,
)
_RUNS = {"-exec", "-execdir", "-ok", "-okdir", "-fprint", "-fprintf", "-fls"}
_WRITES = ("-o", "--output", "-O", "--remote-name", "-i", "--in-place", "-c", "-D")


def harmless(name: str, values: list[str | None]) -> bool:
    """It changes no file, or none in a way that matters."""
    said = [value for value in values if value is not None]
    first = next((value for value in said if not value.startswith("-")), "")
    if name in verbs.TOOLS or name in verbs.SAYS or name in verbs.TOOL_WORDS.get(name, set()):
        return True
    if first in verbs.TOOL_WORDS.get(name, set()):
        return True
    if name in verbs.SCRIPTS and first in {"run", "run-script", *verbs.SCRIPT_WORDS} and None not in values:
        script = first if first not in {"run", "run-script"} else (said[1:] or [""])[said.index(first)]
        return script.startswith(verbs.SCRIPT_WORDS)
    if re.fullmatch(r"python[\d.]*", name) and said[:1] == ["-m"]:
        return (said[1:] or [""])[0] in verbs.TOOLS
    if any("base64d" in value for value in said):
        return False
    if name in verbs.LINES:
        return not (name in {"sort", "uniq"} and len(said) > 1 and any(value.startswith("-o") for value in said))
    if name == "find":
        return not {"-exec", "-execdir", "-ok", "-okdir", "-fprint", "-fprintf", "-fls"} & set(said)
    if name in {"awk", "gawk"}:
        return not any(re.search(r"[>|]|system|inplace", value) for value in said)
    written = ("-o", "--output", "-O", "--remote-name", "-i", "--in-place", "-c", "-D")
    return name in verbs.PRINTS and not any(value.startswith(written) for value in said)


def tee(line: Line, rest: list[Word], read: Content | None) -> None:
    for word in line.plain(rest):
        line.put(word, read or ([], []))


def patch(line: Line, rest: list[Word], read: Content | None) -> None:
    content = joined([read or ([], []), line.files(line.plain(rest))])
    line.flows.put(None, content)
    line.ignores |= changes_what_is_ignored(content[0])


def makes_folders(line: Line, rest: list[Word]) -> None:
    line.made += [joined_path(place, value) for place in line.places for value in line.values(line.plain(rest))]


def removes(line: Line, rest: list[Word]) -> None:
    for value in line.values(line.plain(rest)):
        for place in line.places:
            line.touches(joined_path(place, value), removes=True)


def copies(line: Line, name: str, rest: list[Word]) -> None:
    values = line.values(rest)
    if "-t" in values or any((value or "").startswith("--target-directory") for value in values):
        line.flows.put(None, line.files(line.plain(rest)))
        return
    paths = line.plain(rest)
    if len(paths) < 2:
        content = line.files(paths)
        line.flows.put(None, content)
        return
    content = line.files(paths[:-1])
    if name == "rsync" and any(":" in (value or "") for value in values):
        content = joined([content, ([], ["what `rsync` fetches is not known"])])
    for word in paths[:-1] if name == "mv" else []:
        value = line.value(word)
        for place in line.places:
            line.touches(joined_path(place, value), removes=True)
    line.put(paths[-1], content)
    for place in line.places:
        line.made.append(joined_path(place, line.value(paths[-1])))
        if any(os.path.basename(value or "") == ".gitignore" for value in values):
            line.ignores = True


def read_by(line: Line, name: str, rest: list[Word]) -> list[Word]:
    """The files whose lines it prints; a pattern among them is no file, and does no harm."""
    below = name == "rg" or any(re.match("-[a-z]*[rR]", value or "") for value in line.values(rest))
    here = [Word((TEXT, "."))] if name in {"grep", "egrep", "fgrep", "rg"} and below else []
    return [*line.plain(rest), *here]


def plain_sed(line: Line, rest: list[Word]) -> bool:
    """It neither reads nor writes another file, nor runs anything, nor takes what is not known into a text."""
    values = line.values(rest)
    said = [value for value in values if value is not None]
    scripts = [value for value in said if not value.startswith("-") and value][:1]
    scripts += [said[index + 1] for index, value in enumerate(said[:-1]) if value in {"-e", "--expression"}]
    simple = all(all(_SIMPLE_SED.fullmatch(part) for part in re.split(r"[;\n]", text)) for text in scripts)
    return not {"-f", "--file"} & set(said) and None not in values and simple


def sed(line: Line, rest: list[Word]) -> None:
    values = line.values(rest)
    said = [value for value in values if value is not None]
    plain = plain_sed(line, rest)
    in_place = any(value.startswith(("-i", "-ni", "-Ei", "-ri", "--in-place")) for value in said)
    if plain and not in_place:
        return
    doubts = [] if plain else ["what `sed` writes is not known"]
    if None in values:
        doubts += joined(line.content(word) for word in rest)[1]
    if in_place or not plain:
        line.flows.put(None, ([], doubts))
        line.ignores |= ".gitignore" in said


def cd(line: Line, name: str, rest: list[Word]) -> None:
    if name == "popd":
        line.places = line.places | line.old
        return
    given = [word for word in rest if line.value(word) in {None, "-"} or not (line.value(word) or "-").startswith("-")]
    given = [word for word in given if line.value(word) != "--"]
    old: set[str] = set(line.places)
    line_places: set[str] = set()
    for place in old:
        if not given:
            line_places.add(os.path.expanduser("~"))
            continue
        if toplevel(given[0]):
            line_places.add(line.found(place, (), {}).root or place if place != UNKNOWN else UNKNOWN)
            continue
        value = line.value(given[0])
        if value == "-":
            line_places |= line.old
            continue
        path = joined_path(place, value)
        line_places.add(path)
        if path != UNKNOWN and not os.path.isdir(path) and not within(path, [*line.made, *line.born]):
            line_places.add(place)  # then it fails, and what follows runs here
    line.old, line.places = old, line_places
    line.here()


def toplevel(word: Word) -> bool:
    """`$(git rev-parse --show-toplevel)`"""
    [events, *more] = [*word.commands()] or [[]]
    steps = [event for event in events if isinstance(event, Step)]
    said = [each.said for each in steps[0].words] if len(steps) == 1 else []
    return len(word.parts) == 1 and not more and said == ["git", "rev-parse", "--show-toplevel"]


def within(path: str, folders: list[str]) -> bool:
    return any(folder and (path + "/").startswith(folder + "/") for folder in folders)
