"""What a shell's command line consists of: words, and steps of words. What only the shell can know of a word stays
unknown in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Union

# Kinds of a word's parts. What a command prints has that command's events, what is a variable its name.
TEXT, VARIABLE, COMMAND, UNKNOWN = "text", "variable", "command", "unknown"
_DEPTH = 60
ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")


class Word:
    """`pattern`: the shell, or git, makes names out of it."""

    __slots__ = ("parts", "pattern", "quoted")

    def __init__(self, *parts: tuple[str, str | list[Step | str]]) -> None:
        self.parts = list(parts)
        self.pattern = self.quoted = False

    def text(self, text: str) -> None:
        if self.parts and self.parts[-1][0] == TEXT:
            self.parts[-1] = (TEXT, str(self.parts[-1][1]) + text)
        else:
            self.parts.append((TEXT, text))

    def value(self, variables: Mapping[str, Word | None], depth: int = 0) -> str | None:
        """None where only the shell knows it."""
        said: list[str] = []
        for kind, content in self.parts:
            if kind == TEXT:
                said.append(str(content))
                continue
            word = variables.get(str(content)) if kind == VARIABLE and depth < _DEPTH else None
            value = word.value(variables, depth + 1) if word else None
            if value is None:
                return None
            said.append(value)
        return "".join(said)

    def commands(self) -> Iterator[list[Step | str]]:
        for _, content in self.parts:
            if isinstance(content, list):
                yield content

    @property
    def said(self) -> str:
        """What of it can be read."""
        return "".join(str(content) for kind, content in self.parts if kind == TEXT)


class Step:
    """One simple command. `redirections`: (operator, file or text); a file descriptor's number is left out, but for
    the two that no content goes through: (`2>`, ...)."""

    __slots__ = ("redirections", "words")

    def __init__(self) -> None:
        self.words: list[Word] = []
        self.redirections: list[tuple[str, Word]] = []


# A step, or one of ( ) && || | & ; and f( where a function begins.
Event = Union[Step, str]  # noqa: UP007 - read by the Python 3.9 of Apple's tools


def rest_of(word: Word, start: int) -> Word:
    """A word without its beginning, which is text."""
    rest = Word(*word.parts)
    rest.parts[0] = (TEXT, str(rest.parts[0][1])[start:])
    rest.pattern, rest.quoted = word.pattern, word.quoted
    return rest
