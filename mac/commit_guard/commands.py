"""What a Bash command would commit or push, read off its words, one step after the other.

Where a step's effect can be read (a copy, a redirection, a checkout, a stash) it is followed; a program that stands in
no table may have changed anything, which is said with the commit or push that comes after it. In doubt there is one:
looking is cheap.
"""

from __future__ import annotations

import os
import re
from functools import partial

from commit_guard import programs, verbs
from commit_guard.flows import Content, joined
from commit_guard.git_calls import DEPTH, GitCalls
from commit_guard.line import Line
from commit_guard.printed import output, printed, read_in
from commit_guard.shell import parse
from commit_guard.words import ASSIGNMENT, TEXT, UNKNOWN, Event, Step, Word, rest_of
from commit_guard.work import Finder, Found, Work

_NULL = {"/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty"}
# A rough sign of one, in the words of a program that may run what it is told.
_MENTIONED = re.compile(r"\bgit\b|\bgh\b", re.IGNORECASE)


class Reader(GitCalls):
    """Collects work by repository."""

    def __init__(self, directory: str, find: Finder = Found) -> None:
        self._line = Line(directory, find)
        self._line.printed = partial(printed, self._line)
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
        if self._depth > DEPTH:
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
        read: Content | None = joined(output(self._line, step) for step in group) if group else None
        for step in steps:
            mine = read
            for operator, word in step.redirections:
                if operator in {"<", "<>", "<<<", "<&"}:
                    mine = joined([mine or ([], []), read_in(self._line, operator, word)])
            self._step(step, mine, steps)
            read = joined([mine or ([], []), output(self._line, step)])
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
        content = joined(output(self._line, each) for each in steps)
        self._redirected(step, content if steps else ([], ["what a group of commands writes is not known"]))

    def _step(self, step: Step, read: Content | None, pipe: list[Step]) -> None:
        line = self._line
        for word in (*step.words, *(word for _, word in step.redirections)):
            for events in word.commands():
                places = set(line.places)
                self._run(events)
                line.places = places
        words = self._keywords(list(step.words))
        given: dict[str, Word] = {}
        while words and (match := ASSIGNMENT.match(words[0].said)) and words[0].parts[0][0] == TEXT:
            name, word = match[0].rstrip("+="), rest_of(words.pop(0), match.end())
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
            name = programs.name_of(words[0], line.value(words[0]))
            if name not in verbs.WRAPPERS or len(words) == 1:
                break
            more |= name == "xargs"
            words, places = programs.unwrapped(line, name, words[1:], given, places)
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
        elif not programs.followed(line, name, rest, read) and not programs.harmless(name, line.values(rest)):
            self._unknown(name, rest, given, read)

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


def _writes_for_others(step: Step) -> bool:
    """A redirection after a group or a loop."""
    return not step.words or (step.words[0].said in {"}", "done", "fi", "esac"} and bool(step.redirections))


def _text(step: Step) -> str:
    return " ".join(word.said if len(word.parts) == 1 else "!" for word in step.words)
