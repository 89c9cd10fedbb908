"""A shell's command line as steps, without running anything. What only the shell can know stays unknown in its word.

Quotes that are not closed end with the text. Keywords are left to whoever reads the steps.
"""

from __future__ import annotations

import os
import re

from commit_guard import GuardError
from commit_guard.words import COMMAND, TEXT, UNKNOWN, VARIABLE, Event, Step, Word

_DEPTH = 60
_ENDS = " \t\r\n;&|()<>"
_REDIRECTION = re.compile(r"(\d*)(<<<|<<-|<<|<>|<&|>>|>\||>&|<|>)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "v": "\v"}
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{1,4}|U[0-9A-Fa-f]{1,8}|[0-7]{1,3}|.)", re.DOTALL)


def parse(text: str) -> list[Event]:
    return _Parser(text).events()


def words_of(text: str) -> list[Word]:
    return [word for event in parse(text) if isinstance(event, Step) for word in event.words]


class _Parser:
    def __init__(self, text: str, at: int = 0, depth: int = 0) -> None:
        if depth > _DEPTH:
            raise GuardError("its parts are nested too deeply")
        self.text, self.at, self.depth = text, at, depth
        self._found: list[Event] = []
        self._step = Step()
        self._documents: list[tuple[Step, str, bool, bool]] = []  # (whose, until, tabs are stripped, literal)

    def events(self, *, inner: bool = False) -> list[Event]:
        """`inner`: up to the parenthesis that closes what was opened before."""
        opened = 0
        while self.at < len(self.text):
            character = self.text[self.at]
            two = self.text[self.at : self.at + 2]
            if self._skipped(character, two):
                continue
            if character == "\n":
                self.at += 1
                self._read_documents()
                self._end(";")
            elif two in {"&&", "||", "|&"}:
                self.at += 2
                self._end("|" if two == "|&" else two)
            elif two == "&>":
                self.at += 2
                self.at += self.text.startswith(">", self.at)
                self._step.redirections.append((">", self._target()))
            elif character in ";&|":
                self.at += 1
                self._end(character)
            elif character == "(":
                self.at += 1
                opened += self._opened()
            elif character == ")":
                self.at += 1
                self._end(")")
                if inner and not opened:
                    self._found.pop()
                    return self._found
                opened = max(0, opened - 1)
            else:
                self._piece()
        self._end("")
        return self._found

    def _skipped(self, character: str, two: str) -> bool:
        if character == "#":
            self.at = self._find("\n")
            return True
        width = 2 if two == "\\\n" else int(character in " \t\r")
        self.at += width
        return width > 0

    def _opened(self) -> bool:
        """Whether it is a group, and not a function."""
        closed = re.match(r"\s*\)", self.text[self.at : self.at + 20])
        if len(self._step.words) == 1 and closed:
            self.at += closed.end()
            self._step = Step()
            self._found.append("f(")
            return False
        self._end("(")
        return True

    def _end(self, mark: str) -> None:
        if self._step.words or self._step.redirections:
            self._found.append(self._step)
            self._step = Step()
        if mark:
            self._found.append(mark)

    def _piece(self) -> None:
        redirection = _REDIRECTION.match(self.text, self.at)
        if not redirection:
            self._step.words.append(self.word(_ENDS))
            return
        number, operator = redirection.groups()
        if self.text.startswith("(", redirection.end()) and not number and operator in "<>":
            self.at = redirection.end() + 1
            self._step.words.append(Word((UNKNOWN, ""), (COMMAND, self._inner())))
            return
        self.at = redirection.end()
        if operator in {"<<", "<<-"}:
            until = self._target()
            self._documents.append((self._step, until.said, operator == "<<-", until.quoted))
            return
        self._step.redirections.append(("2" + operator if number == "2" else operator, self._target()))

    def _target(self) -> Word:
        while self.text[self.at : self.at + 1] in {" ", "\t"}:
            self.at += 1
        return self.word(_ENDS)

    def _read_documents(self) -> None:
        for step, until, stripped, literal in self._documents:
            lines: list[str] = []
            while self.at < len(self.text):
                end = self._find("\n")
                line, self.at = self.text[self.at : end], min(end + 1, len(self.text))
                line = line.lstrip("\t") if stripped else line
                if line == until:
                    break
                lines.append(line + "\n")
            content = Word((TEXT, "".join(lines)))
            if not literal:
                content = _Parser("".join(lines), 0, self.depth + 1).word("", in_quotes=True)
            step.redirections.append(("<<<", content))
        self._documents = []

    def _find(self, what: str) -> int:
        end = self.text.find(what, self.at)
        return len(self.text) if end < 0 else end

    def _inner(self) -> list[Event]:
        parser = _Parser(self.text, self.at, self.depth + 1)
        events = parser.events(inner=True)
        self.at = parser.at
        return events

    def word(self, ends: str, *, in_quotes: bool = False) -> Word:
        """Up to one of `ends`, which stays."""
        word = Word()
        start = self.at
        while self.at < len(self.text):
            character = self.text[self.at]
            if character in ends:
                if character == "(" and self.text[self.at - 1] in "=@!+?*" and self.at > start:  # an array, a pattern
                    self.at += 1
                    word.parts += [(UNKNOWN, ""), (COMMAND, self._inner())]
                    continue
                break
            self.at += 1
            if character == "\\":
                self._escaped(word, in_quotes)
            elif character == "'" and not in_quotes:
                end = self._find("'")
                word.text(self.text[self.at : end])
                word.quoted = True
                self.at = end + 1
            elif character == '"' and not in_quotes:
                inner = self.word('"', in_quotes=True)
                word.parts += inner.parts or [(TEXT, "")]
                word.quoted = True
                self.at += 1
            elif character == "`":
                end = self._backtick()
                source = re.sub(r"\\([`$\\])", r"\1", self.text[self.at : end])
                word.parts.append((COMMAND, _Parser(source, 0, self.depth + 1).events()))
                self.at = end + 1
            elif character == "$":
                self._expansion(word, in_quotes)
            else:
                self._plain(word, character, start, in_quotes)
        return word

    def _plain(self, word: Word, character: str, start: int, in_quotes: bool) -> None:
        if not in_quotes:
            if character == "~" and (self.at - 1 == start or self.text[self.at - 2] == "="):
                end = re.compile(r"[A-Za-z0-9._-]*").match(self.text, self.at)
                name = end[0] if end else ""
                self.at += len(name)
                word.text(os.path.expanduser("~" + name))
                return
            braces = re.compile(r"[^\s{}]*(?:,|\.\.)").match(self.text, self.at) if character == "{" else None
            word.pattern |= character in "*?[" or braces is not None
        word.text(character)

    def _escaped(self, word: Word, in_quotes: bool) -> None:
        following = self.text[self.at : self.at + 1]
        self.at += 1
        if following == "\n":
            return
        word.quoted = True
        word.text(following if not in_quotes or following in '$`"\\' else "\\" + following)

    def _backtick(self) -> int:
        end = self.at
        while end < len(self.text) and self.text[end] != "`":
            end += 2 if self.text[end] == "\\" else 1
        return min(end, len(self.text))

    def _expansion(self, word: Word, in_quotes: bool) -> None:
        following = self.text[self.at : self.at + 1]
        name = _NAME.match(self.text, self.at)
        if self.text.startswith("((", self.at):
            self.at += 1
            word.parts += [(UNKNOWN, ""), (COMMAND, self._inner())]
        elif following == "(":
            self.at += 1
            word.parts.append((COMMAND, self._inner()))
        elif following == "{":
            self.at += 1
            inner = self.word("}", in_quotes=True)
            self.at += 1
            plain = inner.value({})
            if plain and _NAME.fullmatch(plain):
                word.parts.append((VARIABLE, plain))
            else:
                word.parts += [(UNKNOWN, ""), *((COMMAND, events) for events in inner.commands())]
        elif name:
            self.at = name.end()
            word.parts.append((VARIABLE, name[0]))
        elif following == "'" and not in_quotes:
            end = re.compile(r"(?:[^'\\]|\\.)*", re.DOTALL).match(self.text, self.at + 1)
            content = end[0] if end else ""
            self.at += len(content) + 2
            word.quoted = True
            word.text(_ESCAPE.sub(_character, content))
        elif following == '"' and not in_quotes:
            return  # translated text, in quotes that follow
        elif following and following in "?#$!@*-0123456789":
            self.at += 1
            word.parts.append((UNKNOWN, ""))
        else:
            word.text("$")


def _character(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "xuU" and len(code) > 1:
        return chr(min(int(code[1:], 16), 0x10FFFF))
    return chr(int(code, 8)) if code[0] in "01234567" else _ESCAPES.get(code, code)
