"""Programs whose effect on files and folders is followed; each is given the words after its name."""

from __future__ import annotations

import os
import re

from commit_guard import verbs
from commit_guard.flows import Content, joined
from commit_guard.gitcall import changes_what_is_ignored
from commit_guard.line import Line, joined_path
from commit_guard.options import Options
from commit_guard.shell import words_of
from commit_guard.words import ASSIGNMENT, TEXT, Step, Word, rest_of
from commit_guard.work import UNKNOWN

_ADDRESS = r"(?:\d+|\$|/[^/]*/)"
# One substitution or deletion: nothing that reads or writes another file, or runs something.
_SIMPLE_SED = re.compile(
    rf"\s*(?:{_ADDRESS}(?:,{_ADDRESS})?)?\s*!?\s*(?:[dp]|s(?P<by>[^\w\s\\])(?:(?!(?P=by)).)*(?P=by)(?:(?!(?P=by)).)*"
    r"(?P=by)[gIip0-9]*|[aic]\\?\s?.*)\s*",
    re.DOTALL,
)
_RUNS = {"-exec", "-execdir", "-ok", "-okdir", "-fprint", "-fprint0", "-fprintf", "-fls"}
# What jq takes out of the environment.
_ENVIRONMENT = re.compile(r"(?<![\w./-])env\b|\$ENV\b")
_TARGET = "--target-directory"


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
    if name == "find":
        return not _RUNS & set(said)
    if name in {"awk", "gawk"} and any(re.search(r"[>|]|system|inplace", value) for value in said):
        return False
    return name in verbs.LINES | verbs.PRINTS and not _writes(name, said)


def _writes(name: str, said: list[str]) -> bool:
    """Whether an option, alone or bundled with others (`-sLO`), or a second name, makes it write a file."""
    plain = 0
    skipped = False  # the value of an option of SECOND_WRITTEN
    letters, valued, options = verbs.WRITES.get("awk" if name == "gawk" else name, ("", "", ()))
    for value in said:
        if skipped:
            skipped = False
        elif value.startswith("--") and value != "--":
            start = value.partition("=")[0]  # the beginning of a long option is taken for the option
            if start != "--cookie" and any(option.startswith(start) for option in options):
                return True
            skipped = value in verbs.SECOND_WRITTEN.get(name, set())
        elif value.startswith("-") and value not in {"-", "--"}:
            if not set(_bundled(value[1:], valued)).isdisjoint(letters):
                return True
            skipped = value in verbs.SECOND_WRITTEN.get(name, set())
        else:
            plain += value != "--"
    return (name in verbs.SECOND_WRITTEN and plain > 1) or (name == "curl" and any("%output{" in each for each in said))


def _bundled(text: str, valued: str) -> str:
    """The options of one word: what follows a letter that takes a value is that."""
    for index, letter in enumerate(text):
        if letter in valued:
            return text[: index + 1]
    return text


def prints_environment(name: str, words: list[str | None]) -> bool:
    """`set`, `export -p` and bare `export` say what every variable holds; jq's program may ask for it."""
    said = [value for value in words if value is not None]
    if name == "set":
        return not words
    if name == "export":
        return all(value.startswith("-") for value in said) and len(said) == len(words)
    if name != "jq":
        return False
    from_file = any(re.match(r"-[A-Za-z]*[fL]|--(?:from-file|library)", value) for value in said)
    return from_file or any(_ENVIRONMENT.search(value) for value in said if not value.endswith(".json"))


def tee(line: Line, rest: list[Word], read: Content | None) -> None:
    for word in line.plain(rest):
        line.put(word, read or ([], []))


def patch(line: Line, rest: list[Word], read: Content | None) -> None:
    valued = {"--input", "--output", "--directory", "--strip", "--reject-file", "--fuzz", "--prefix", "--suffix"}
    options = Options(rest, line.variables, letters="BDFVYdgioprz", valued=valued, known=valued)
    named = [*options.all_plain, *options.values("-i", "--input")]
    content = joined([read or ([], []), line.files(named)])
    if named and options.has("-d", "--directory"):
        content = joined([content, ([], ["a patch's path in the folder that `patch -d` goes to is not followed"])])
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
    paths = line.plain(rest)
    if len(paths) < 2 or (name != "rsync" and any(_names_target(value or "") for value in values)):
        line.flows.put(None, line.files(paths))
        if any(os.path.basename(value or "") == ".gitignore" for value in values):
            line.ignores = True
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


def _names_target(value: str) -> bool:
    """GNU's `-t FOLDER`, alone, bundled (`-vt`) or long: then every name is one that is copied."""
    start = value.partition("=")[0]
    if value.startswith("--"):
        return len(start) > len("--") and _TARGET.startswith(start)
    return value.startswith("-") and "t" in value


def read_by(line: Line, name: str, rest: list[Word]) -> list[Word]:
    """The files whose lines it prints; a pattern among them is no file, and does no harm."""
    below = name == "rg" or any(re.match("-[a-z]*[rR]", value or "") for value in line.values(rest))
    here = [Word((TEXT, "."))] if name in {"grep", "egrep", "fgrep", "rg"} and below else []
    return [word for word in line.plain(rest) if name != "jq" or word.said != "."] + here


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


def unwrapped(
    line: Line, name: str, words: list[Word], given: dict[str, Word], places: set[str]
) -> tuple[list[Word], set[str]]:
    rest = list(words)
    while rest:
        value = line.value(rest[0])
        if value is None:
            break
        if value.startswith("-") and len(value) > 1:
            rest.pop(0)
            if value in verbs.WRAPPERS[name] and rest:
                argument = rest.pop(0)
                if value in {"-C", "-D", "--chdir"} and name in {"env", "sudo", "doas"}:
                    places = {joined_path(place, line.value(argument)) for place in places}
                elif value == "-S":
                    rest = [*words_of(line.value(argument) or ""), *rest]
        elif match := ASSIGNMENT.match(value):
            word = rest.pop(0)
            given[match[0].rstrip("+=")] = rest_of(word, match.end())
        elif name in {"timeout", "gtimeout"} and re.fullmatch(r"[\d.]+[smhd]?", value):
            rest.pop(0)
        else:
            break
    return rest, places


def followed(line: Line, name: str, rest: list[Word], read: Content | None) -> bool:
    """Whether its effect is known and taken into account."""
    if name in {"export", "declare", "typeset", "local", "readonly"}:
        _assigned(line, rest)
    elif name in {"read", "mapfile", "readarray", "getopts", "let"}:
        line.variables.update(dict.fromkeys(value for value in line.values(rest) if value))
    elif name in {"cd", "pushd", "popd"}:
        cd(line, name, rest)
    elif name in verbs.COPIES:
        copies(line, name, rest)
    elif name == "sed":
        sed(line, rest)
    elif name in {"tee", "patch"}:
        {"tee": tee, "patch": patch}[name](line, rest, read)
    elif name == "mkdir":
        makes_folders(line, rest)
    elif name in {"rm", "rmdir", "unlink", "trash", "truncate"}:
        removes(line, rest)
    else:
        return name in verbs.SILENT
    return True


def _assigned(line: Line, words: list[Word]) -> None:
    for word in words:
        match = ASSIGNMENT.match(word.said)
        if match:
            line.assign(match[0].rstrip("+="), rest_of(word, match.end()))


def name_of(word: Word, value: str | None) -> str:
    """Of a program; of one in an unknown folder as well."""
    kind, said = word.parts[-1] if word.parts else (TEXT, "")
    if value is None and kind == TEXT and "/" in said:
        value = str(said)
    return os.path.basename(value or "").lower()  # a Mac's disk asks for no case
