"""What the steps of a command line print, and what comes in by their redirections."""

from __future__ import annotations

import os

from commit_guard import gitsteps, programs, verbs
from commit_guard.flows import Content, joined
from commit_guard.line import Line
from commit_guard.words import ASSIGNMENT, Event, Step, Word


def printed(line: Line, events: list[Event]) -> Content:
    return joined(output(line, event) for event in events if isinstance(event, Step))


def output(line: Line, step: Step) -> Content:
    """What a step prints, beside what it says itself."""
    words = _command(step.words)
    if not words and any(word.said == "env" for word in step.words):
        return [], ["what `env` prints is not looked at"]
    if not words:
        return line.files([word for operator, word in step.redirections if operator == "<"])
    values = [line.value(word) for word in words]
    name = os.path.basename(values[0] or "").lower()
    read = joined(read_in(line, operator, word) for operator, word in step.redirections)
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


def read_in(line: Line, operator: str, word: Word) -> Content:
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


def _command(words: list[Word]) -> list[Word]:
    """Without keywords, assignments and what runs it."""
    rest = list(words)
    while rest and (
        rest[0].said in {"then", "do", "else", "elif", "{", "!", "if", "while", "until", "}", "done", "fi", "esac"}
        or ASSIGNMENT.match(rest[0].said)
        or rest[0].said in verbs.WRAPPERS
    ):
        rest.pop(0)
    return rest
