"""What a Bash command would commit or push, read off its words, one step after the other.

Where a step's effect can be read (a copy, a redirection, a checkout, a stash) it is followed; a program that stands in
no table may have changed anything, which is said with the commit or push that comes after it. In doubt there is one:
looking is cheap.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from commit_guard import gitcall, gitsteps, programs, verbs
from commit_guard.flows import Content, joined
from commit_guard.line import Line, joined_path
from commit_guard.shell import TEXT, UNKNOWN, Event, Step, Word, parse
from commit_guard.work import UNKNOWN as NOWHERE
from commit_guard.work import Finder, Found, Work

_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
_DEPTH = 8
_GH_EXECUTES = {("extension", "exec"), ("extensions", "exec"), ("ext", "exec")}
_NULL = {"/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty"}
# A rough sign of one, in the words of a program that may run what it is told.
_MENTIONED = re.compile(r"\bgit\b|\bgh\b", re.IGNORECASE)


class Reader:
    """Collects work by repository."""

    def __init__(self, directory: str, find: Finder = Found) -> None:
        self._line = Line(directory, find)
        self._line.printed = self._printed
        self._unordered = False
        self._depth = 0
        self._aside: list[set[str]] = []  # folders as they were before a condition or a loop

    def read(self, command: str) -> list[Work]:
        events = parse(command)
        self._run(events)
        if self._unordered:  # a loop, a function, something in the background: what comes later may be there before
            self._line.places = {self._line.start}
            self._aside = []
            self._run(events)
        return [work for work in self._line.works.values() if work.commits or work.pushes]

    def _run(self, events: list[Event]) -> None:
        self._depth += 1
        if self._depth > _DEPTH:
            self._line.doubt("its parts are nested too deeply")
        else:
            self._sequence(events)
        self._depth -= 1

    def _sequence(self, events: list[Event]) -> None:
        line = self._line
        outer: list[tuple[set[str], int]] = []
        before, conditional = set(line.places), False
        pipe: list[Step] = []
        group: list[Step] = []  # of the parentheses before
        steps: list[Step] = []
        since = 0
        for index, event in enumerate(events):
            if isinstance(event, Step):
                steps.append(event)
                if _writes_for_others(event):
                    self._written(event, group or steps[since:-1])
                pipe.append(event)
                if events[index + 1 : index + 2] != ["|"]:
                    places = set(line.places)
                    self._pipeline(pipe, group)
                    pipe, group = [], []
                    before |= line.places if conditional and line.places != places else set()
            elif event == "(":
                outer.append((set(line.places), since))
                since, group = len(steps), []
            elif event == ")" and outer:
                group = steps[since:]
                line.places, since = outer.pop()
            elif event != "|":
                group = []
                self._unordered |= event in {"&", "f("}
                before, conditional = self._goes_on(event, before, conditional)
        if outer:
            line.places = outer[0][0]

    def _goes_on(self, event: str, before: set[str], conditional: bool) -> tuple[set[str], bool]:
        """After `&&` and `||` a step may be left out, and with it where it goes to; before `&` it goes there alone."""
        line = self._line
        if event in {"&&", "||"}:
            if event == "||":
                line.places = line.places | before
            return before, True
        if conditional or event == "&":
            line.places = line.places | before
        return set(line.places), False

    def _pipeline(self, steps: list[Step], group: list[Step]) -> None:
        """`group`: what a subshell before it prints."""
        read: Content | None = joined(self._output(step) for step in group) if group else None
        for step in steps:
            mine = read
            for operator, word in step.redirections:
                if operator in {"<", "<>", "<<<", "<&"}:
                    mine = joined([mine or ([], []), _read(self._line, operator, word)])
            self._step(step, mine, steps)
            read = joined([mine or ([], []), self._output(step)])
            self._redirected(step, read)

    def _redirected(self, step: Step, content: Content) -> None:
        for operator, word in step.redirections:
            value = self._line.value(word)
            if operator in {"<", "<>", "<<<", "<&"} or value in _NULL:
                continue
            if operator in {">&", "2>&"} and (value or "").strip("-").isdigit() | (value == "-"):
                continue
            if operator.startswith("2"):
                content = ([], [])
            ignoring = self._line.ignores
            self._line.put(word, content)
            if operator == ">>" and step.words and step.words[0].said in verbs.SAYS and "!" not in _text(step):
                self._line.ignores = ignoring  # more is ignored, nothing less

    def _written(self, step: Step, steps: list[Step]) -> None:
        """By a group of commands, into one file."""
        content = joined(self._output(each) for each in steps)
        self._redirected(step, content if steps else ([], ["what a group of commands writes is not known"]))

    def _printed(self, events: list[Event]) -> Content:
        return joined(self._output(event) for event in events if isinstance(event, Step))

    def _output(self, step: Step) -> Content:
        """What a step prints, beside what it says itself."""
        line = self._line
        words = _command(step.words)
        if not words and any(word.said == "env" for word in step.words):
            return [], ["what `env` prints is not looked at"]
        if not words:
            return line.files([word for operator, word in step.redirections if operator == "<"])
        values = [line.value(word) for word in words]
        name = os.path.basename(values[0] or "").lower()
        read = joined(_read(line, operator, word) for operator, word in step.redirections)
        if any(each.said == "xargs" for each in step.words[: len(step.words) - len(words) + 1]):
            return [], ["what `xargs` prints is not known"]
        if name in verbs.SAYS | verbs.NAMING:
            return joined(line.content(word) for word in words[1:])
        if name == "tee":
            return read
        if programs.prints_environment(name, values[1:]):
            return [], [f"what `{name}` prints of the environment is not looked at"]
        if name in verbs.LINES or (name == "sed" and programs.plain_sed(line, words[1:])):
            return joined([read, line.files(programs.read_by(line, name, words[1:]))])
        if name in verbs.SILENT or name in verbs.TOOLS or name in {"cd", "export", "mkdir", *verbs.COPIES}:
            return [], []
        if name == "git":
            return _printed_by_git(values[1:])
        return [], [f"what `{name or 'a variable'}` prints is not known"]

    def _step(self, step: Step, read: Content | None, pipe: list[Step]) -> None:
        line = self._line
        for word in (*step.words, *(word for _, word in step.redirections)):
            for events in word.commands():
                places = set(line.places)
                self._run(events)
                line.places = places
        words = self._keywords(list(step.words))
        given: dict[str, Word] = {}
        while words and (match := _ASSIGNMENT.match(words[0].said)) and words[0].parts[0][0] == TEXT:
            name, word = match[0].rstrip("+="), _rest(words.pop(0), match.end())
            given[name] = word if not match[0].endswith("+=") else Word((UNKNOWN, ""))
        if not words:
            for name, word in given.items():
                line.assign(name, word)
            return
        self._program(words, given, read, pipe)

    def _keywords(self, words: list[Word]) -> list[Word]:
        line = self._line
        while words and not words[0].quoted:
            word = words[0].said
            if word in {"then", "do", "else", "elif", "{", "!", "if", "while", "until", "time"}:
                self._unordered |= word in {"while", "until", "do"}
                if word in {"then", "do"}:
                    self._aside.append(set(line.places))
                elif word == "else" and self._aside:
                    line.places = line.places | self._aside[-1]
            elif word in {"fi", "done", "esac", "}"}:
                if word in {"fi", "done"} and self._aside:
                    line.places = line.places | self._aside.pop()
            elif word in {"for", "select", "case", "function", "coproc"}:
                self._unordered |= word != "case"
                if word in {"for", "select"} and len(words) > 1:
                    line.variables[words[1].said] = None
                return words[2:] if word == "function" else words[1:] if word == "coproc" else []
            else:
                break
            words = words[1:]
        return words

    def _program(self, words: list[Word], given: dict[str, Word], read: Content | None, pipe: list[Step]) -> None:
        line = self._line
        places = line.places
        more = False
        name = ""
        while words:
            name = _name(words[0], line.value(words[0]))
            if name not in verbs.WRAPPERS or len(words) == 1:
                break
            more |= name == "xargs"
            words, places = self._unwrapped(name, words[1:], given, places)
        if not words:
            return
        before, line.places = line.places, places
        if more and name == "git" and not {"add", "stage", "rm"} & set(line.values(words[1:])):
            line.doubt("what `xargs` gives to git is not known")
        if more and name in {*verbs.COPIES, "tee", "sed", "patch", *verbs.LINES}:
            self._unknown(name, words[1:], given, read)
        else:  # with what xargs reads
            self._named(name, [*words, Word((UNKNOWN, ""))] if more else words, given, read, pipe)
        if places is not before and places != before:
            line.places = before

    def _unwrapped(
        self, name: str, words: list[Word], given: dict[str, Word], places: set[str]
    ) -> tuple[list[Word], set[str]]:
        line = self._line
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
                        rest = [*_words_of(line.value(argument) or ""), *rest]
            elif match := _ASSIGNMENT.match(value):
                word = rest.pop(0)
                given[match[0].rstrip("+=")] = _rest(word, match.end())
            elif name in {"timeout", "gtimeout"} and re.fullmatch(r"[\d.]+[smhd]?", value):
                rest.pop(0)
            else:
                break
        return rest, places

    def _named(
        self, name: str, words: list[Word], given: dict[str, Word], read: Content | None, pipe: list[Step]
    ) -> None:
        line = self._line
        rest = words[1:]
        if name == "git":
            self._git(given, rest, read)
        elif name == "gh":
            self._gh(line.values(rest), given, read)
        elif name in verbs.SHELLS:
            self._shell(name, rest, read, pipe)
        elif name == "eval" and None not in line.values(rest):
            self._run(parse(" ".join(value or "" for value in line.values(rest))))
        elif name == "exec" and not rest:  # its redirections hold for what follows
            line.flows.put(None, ([], ["what is written after `exec >` is not followed"]))
        elif name.startswith("git-"):
            self._git(given, [Word((TEXT, name[len("git-") :])), *rest], read)
        elif name == "trap":
            self._unordered = True
            self._mentioned([value or "" for value in line.values(rest)])
        elif not self._followed(name, rest, read) and not programs.harmless(name, line.values(rest)):
            self._unknown(name, rest, given, read)

    def _followed(self, name: str, rest: list[Word], read: Content | None) -> bool:
        """Whether its effect is known and taken into account."""
        line = self._line
        if name in {"export", "declare", "typeset", "local", "readonly"}:
            self._assigned(rest)
        elif name in {"read", "mapfile", "readarray", "getopts", "let"}:
            line.variables.update(dict.fromkeys(value for value in line.values(rest) if value))
        elif name in {"cd", "pushd", "popd"}:
            programs.cd(line, name, rest)
        elif name in verbs.COPIES:
            programs.copies(line, name, rest)
        elif name == "sed":
            programs.sed(line, rest)
        elif name in {"tee", "patch"}:
            {"tee": programs.tee, "patch": programs.patch}[name](line, rest, read)
        elif name == "mkdir":
            programs.makes_folders(line, rest)
        elif name in {"rm", "rmdir", "unlink", "trash", "truncate"}:
            programs.removes(line, rest)
        else:
            return name in verbs.SILENT
        return True

    def _assigned(self, words: list[Word]) -> None:
        for word in words:
            match = _ASSIGNMENT.match(word.said)
            if match:
                self._line.assign(match[0].rstrip("+="), _rest(word, match.end()))

    def _unknown(self, name: str, rest: list[Word], given: dict[str, Word], read: Content | None) -> None:
        """It may change anything, and run what it is told."""
        line = self._line
        values = line.values(rest)
        if name in verbs.RUNNERS or (
            name in {"uv", "poetry", "pdm", "hatch", "pipenv", "bundle", "rye"} and values[1:]
        ):
            inner = rest if name in verbs.RUNNERS else rest[1:]
            while inner and (line.value(inner[0]) or "-").startswith("-"):
                inner = inner[1:]
            if inner and (name in verbs.RUNNERS or values[0] in {"run", "exec"}):
                self._program(inner, given, read, [])
                return
        line.doubt(f"what `{name or 'a program in a variable'}` does before it is not known")
        for index, value in enumerate(values):
            if value is not None and os.path.basename(value).lower() == "git":
                self._git(given, rest[index + 1 :], read)
                break
            if value is None and not name and values[index:]:
                break
        if not name and {"commit", "push"} & set(values):  # a variable that may hold git
            self._git(given, rest, read)
        for value in values:
            if value and re.search(r"\s|\(", value) and _MENTIONED.search(value):
                self._nested(value)

    def _nested(self, text: str) -> None:
        """In a text that may be run: as a command, and as words of a program's own language."""
        places = set(self._line.places)
        self._run(parse(text))
        for quoted in re.findall(r"\"([^\"]*)\"|'([^']*)'", text):
            for inner in quoted:
                if _MENTIONED.search(inner) and inner != text:
                    self._run(parse(inner))
        self._line.places = places

    def _shell(self, name: str, rest: list[Word], read: Content | None, pipe: list[Step]) -> None:
        line = self._line
        values = line.values(rest)
        told = next((i for i, value in enumerate(values) if re.fullmatch(r"-[a-zA-Z]*c", value or "")), None)
        places = set(line.places)
        if told is not None and values[told + 1 :]:
            script = next((value for value in values[told + 1 :] if value is None or not value.startswith("-")), None)
            if script is None:
                line.doubt(f"what `{name} -c` runs is not known")
                self._mentioned([word.said for word in rest])
            else:
                self._run(parse(script))
            line.places = places
            return
        texts = [word.said for step in pipe for word in step.words if re.search(r"\s", word.said)]
        texts += [word.said for step in pipe for operator, word in step.redirections if operator == "<<<"]
        line.doubt(f"what `{name}` runs is not known") if read is not None or values else None
        self._mentioned(texts)
        line.places = places

    def _mentioned(self, texts: list[str]) -> None:
        for text in texts:
            if _MENTIONED.search(text):
                self._nested(text)

    def _gh(self, values: list[str | None], given: dict[str, Word], read: Content | None) -> None:
        values = [value for index, value in enumerate(values) if values[max(index - 1, 0)] not in {"-R", "--repo"}]
        while values[:1] and (values[0] or "").startswith("-"):
            values = values[1:]
        plain = [value for value in values if value is not None and not value.startswith("-")]
        what = tuple(plain[:2])
        if values and (values[0] is None or plain[0] not in {*verbs.GH, "co"} or what in _GH_EXECUTES):
            self._strange(f"what `gh {' '.join(what)[:40]}` does is not known", gitcall.Call.at(self._line))
            return
        if what in {("pr", "create"), ("pr", "new"), ("repo", "create"), ("repo", "sync"), ("repo", "new")}:
            self._git(given, [Word((TEXT, "push"))], read)
        elif what == ("pr", "checkout") or plain[:1] == ["co"]:
            self._git(given, [Word((TEXT, "pull"))], read)
            self._git(given, [Word((TEXT, "switch")), Word((TEXT, "refs/pull"))], read)
        elif what in {("repo", "clone"), ("gist", "clone"), ("release", "download"), ("run", "download")} or (
            plain[:1] and plain[0] in {"extension", "extensions", "ext", "alias", "codespace", "cs", "copilot"}
        ):
            self._line.doubt(f"what `gh {' '.join(what)}` brings is not known")

    def _git(self, given: dict[str, Word], words: list[Word], read: Content | None, depth: int = 0) -> None:
        line = self._line
        where: list[str] = []
        call = gitcall.Call(line, set(line.places), (), {}, read)
        for name, word in {**line.variables, **given}.items():
            self._variable(call, where, name, word)
        rest = list(words)
        while rest and (line.value(rest[0]) or "").startswith("-"):
            option, equals, value = (line.value(rest.pop(0)) or "").partition("=")
            argument: str | None = value
            if option in verbs.GIT_OPTIONS and not equals:
                argument = line.value(rest.pop(0)) if rest else ""
            self._git_option(call, where, option, argument)
        call.where = tuple(where)
        if rest:
            self._verb(call, rest, depth)

    def _git_option(self, call: gitcall.Call, where: list[str], option: str, argument: str | None) -> None:
        if option == "-C":
            call.places = {joined_path(place, argument) for place in call.places}
        elif option in {"--git-dir", "--work-tree"}:
            paths = {joined_path(place, argument) for place in call.places}
            if paths == {NOWHERE}:
                call.places = {NOWHERE}
            where.append(f"{option}={max(paths)}")
        elif option == "-c":
            call.unclear |= argument is None
            key, _, setting = (argument or "").partition("=")
            key = key.lower()
            call.settings[key] = setting
            if key == "core.worktree":
                where.append(f"--work-tree={max(joined_path(place, setting) for place in call.places)}")
            call.edits |= key in {"core.editor", "sequence.editor"} and setting not in verbs.IDLE
        elif option in verbs.GIT_FLAGS:
            where.append(option)

    def _variable(self, call: gitcall.Call, where: list[str], name: str, word: Word | None) -> None:
        line = self._line
        value = line.value(word) if word else None
        if name in {"GIT_DIR", "GIT_WORK_TREE"}:
            if value is None:
                call.places = {NOWHERE}
                return
            option = {"GIT_DIR": "--git-dir", "GIT_WORK_TREE": "--work-tree"}[name]
            where.append(f"{option}={max(joined_path(place, value) for place in line.places)}")
        elif name in verbs.GIT_VARIABLES:
            if value is None:
                call.places = {NOWHERE}
            elif name.endswith(("PATHSPECS", "NAMESPACE", "FILESYSTEM")):
                call.variables[name] = value
            else:
                call.variables[name] = max(joined_path(place, value) for place in line.places)
        elif name.startswith(("GIT_AUTHOR_", "GIT_COMMITTER_")):
            call.unclear |= value is None and not name.endswith("DATE")
        elif name in verbs.EDITORS:
            call.edits |= value not in verbs.IDLE
        elif name.startswith("GIT_CONFIG") or name in {"XDG_CONFIG_HOME", "GIT_EXEC_PATH"}:
            call.settings[name] = value
            call.edits |= value is None or "editor" in value.lower()

    def _verb(self, call: gitcall.Call, words: list[Word], depth: int) -> None:
        line = self._line
        verb = line.value(words[0])
        call.verb, call.words = verb or "", words[1:]
        if verb is None:
            line.doubt("which git command it is only the shell knows")
            for _, work in call.works():
                work.commits = work.index = True
                work.doubt("which git command it is only the shell knows")
            return
        if verb == "submodule" and "foreach" in {line.value(word) for word in call.words}:
            self._foreach(call)
            return
        if gitsteps.run(call):
            if verb in {"rebase", "bisect", "difftool"}:
                self._mentioned([word.said for word in call.words if " " in word.said])
            return
        meaning = self._alias(call, verb.lower())
        if meaning is None:
            self._strange(f"what `git {call.verb[:40]}` does is not known", call)
        elif meaning.startswith("!"):
            places = line.places
            roots = {line.found(place, (), {}).root or place for place in call.places if place != NOWHERE}
            line.places = roots | call.places
            given = " ".join("'" + (each or "$X").replace("'", "'\\''") + "'" for each in line.values(call.words))
            self._run(parse(f"{meaning[1:]} {given}"))
            line.places = places
        elif depth < _DEPTH:
            self._verb_again(call, [*_words_of(meaning), *call.words], depth + 1)

    def _strange(self, reason: str, call: gitcall.Call) -> None:
        """No command and no alias that is known: a program of somebody's, an extension, an alias that only git will
        see, a misspelling that git corrects. It may commit and push by itself."""
        line = self._line
        line.doubt(reason)
        for _, work in call.works():
            work.commits = work.index = True
            work.doubt(*line.doubts)

    def _alias(self, call: gitcall.Call, verb: str) -> str | None:
        """Of the line itself, or of git's settings."""
        line, key = self._line, f"alias.{verb}"
        settings = [line.found(place, call.where, call.variables) for place in sorted(call.places) if place != NOWHERE]
        known = [call.settings.get(key), line.aliases.get(key), *(found.setting(key) for found in settings)]
        return next((meaning for meaning in known if meaning), None)

    def _verb_again(self, call: gitcall.Call, words: list[Word], depth: int) -> None:
        """An alias may begin with options of git's own."""
        if (self._line.value(words[0]) or "").startswith("-"):
            places, self._line.places = self._line.places, call.places
            self._git({}, words, call.read, depth)
            self._line.places = places
        else:
            self._verb(call, words, depth)

    def _foreach(self, call: gitcall.Call) -> None:
        line = self._line
        inner = [word for word in call.words if line.value(word) not in {"foreach", "--recursive", "-q", "--quiet"}]
        paths = [path for place in call.places if place != NOWHERE for path in self._below(place, call)]
        places, self._unordered = line.places, True
        line.places = set(paths) or {NOWHERE}
        if paths and inner:
            text = [line.value(word) for word in inner]
            if None in text:
                line.doubt("what `git submodule foreach` runs is not known")
            if len(inner) == 1:
                self._run(parse(text[0] or inner[0].said))
            else:
                self._program(inner, {}, None, [])
        line.places = places

    def _below(self, place: str, call: gitcall.Call) -> Iterator[str]:
        for path in self._line.found(place, call.where, call.variables).submodules():
            yield path
            call_below = gitcall.Call(self._line, {path}, (), {}, None)
            yield from self._below(path, call_below)


def _name(word: Word, value: str | None) -> str:
    """Of a program; of one in an unknown folder as well."""
    kind, said = word.parts[-1] if word.parts else (TEXT, "")
    if value is None and kind == TEXT and "/" in said:
        value = str(said)
    return os.path.basename(value or "").lower()  # a Mac's disk asks for no case


def _read(line: Line, operator: str, word: Word) -> Content:
    """What comes in by a redirection."""
    if operator == "<<<":
        return line.content(word)
    if operator == "<&":
        return [], ["what an open file holds is not known"]
    return line.files([word]) if operator in {"<", "<>"} else ([], [])


def _printed_by_git(values: list[str | None]) -> Content:
    rest = list(values)
    while rest and (rest[0] or "").startswith("-"):
        rest = rest[2 if rest[0] in verbs.GIT_OPTIONS else 1 :]
    verb = rest[0] if rest and rest[0] else "git"
    if gitsteps.prints_nothing(verb, [value or "" for value in rest[1:]]):
        return [], []
    return [], [f"what `git {verb}` prints is not looked at"]


def _writes_for_others(step: Step) -> bool:
    """A redirection after a group or a loop."""
    return not step.words or (step.words[0].said in {"}", "done", "fi", "esac"} and bool(step.redirections))


def _command(words: list[Word]) -> list[Word]:
    """Without keywords, assignments and what runs it."""
    rest = list(words)
    while rest and (
        rest[0].said in {"then", "do", "else", "elif", "{", "!", "if", "while", "until", "}", "done", "fi", "esac"}
        or _ASSIGNMENT.match(rest[0].said)
        or rest[0].said in verbs.WRAPPERS
    ):
        rest.pop(0)
    return rest


def _rest(word: Word, start: int) -> Word:
    """A word without its beginning, which is text."""
    rest = Word(*word.parts)
    rest.parts[0] = (TEXT, str(rest.parts[0][1])[start:])
    rest.pattern, rest.quoted = word.pattern, word.quoted
    return rest


def _words_of(text: str) -> list[Word]:
    return [word for event in parse(text) if isinstance(event, Step) for word in event.words]


def _text(step: Step) -> str:
    return " ".join(word.said if len(word.parts) == 1 else "!" for word in step.words)
