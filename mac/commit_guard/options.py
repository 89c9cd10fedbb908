"""The words of one git command, told apart: options, their values, the rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from commit_guard.words import TEXT, Word


class Options:
    """`plain`: before `--`; `paths`: after it, None where there is none. `unknown`: a variable may be anything."""

    def __init__(
        self,
        words: list[Word],
        variables: Mapping[str, Word | None],
        *,
        letters: str = "",
        valued: Collection[str] = (),
        known: Collection[str] = (),
    ) -> None:
        self.flags: set[str] = set()
        self.given: list[tuple[str, Word]] = []
        self.plain: list[Word] = []
        self.paths: list[Word] | None = None
        self.unknown = False
        self._variables = variables
        rest = list(words)
        while rest:
            word = rest.pop(0)
            value = word.value(variables)
            if value is None:
                start = word.said if word.parts[:1] and word.parts[0][0] == TEXT else ""
                name = start.partition("=")[0]
                if start.startswith("--") and "=" in start:
                    self.flags.add(self._name(name, known))
                    self.given.append((self._name(name, known), word))
                elif not start.startswith("-") and word.quoted:
                    self.plain.append(word)
                else:
                    self.unknown = True
                    self.plain.append(word)
            elif value == "--":
                self.paths = rest
                break
            elif value.startswith("--"):
                name, equals, given = value.partition("=")
                name = self._name(name, known)
                self.flags.add(name)
                if equals:
                    self.given.append((name, Word((TEXT, given))))
                elif name in valued:
                    self.given.append((name, rest.pop(0) if rest else Word()))
            elif value.startswith("-") and value != "-":
                self._letters(value[1:], letters, rest)
            else:
                self.plain.append(word)

    def _letters(self, text: str, letters: str, rest: list[Word]) -> None:
        for index, letter in enumerate(text):
            self.flags.add("-" + letter)
            if letter in letters:
                value = text[index + 1 :]
                self.given.append(("-" + letter, Word((TEXT, value)) if value else rest.pop(0) if rest else Word()))
                return

    @staticmethod
    def _name(name: str, known: Collection[str]) -> str:
        """git takes the beginning of an option for the option."""
        if name in known:
            return name
        same = [option for option in known if option.startswith(name)]
        return same[0] if len(same) == 1 else name

    def has(self, *names: str) -> bool:
        return not self.flags.isdisjoint(names)

    def values(self, *names: str) -> list[Word]:
        return [word for name, word in self.given if name in names]

    @property
    def all_plain(self) -> list[Word]:
        return [*self.plain, *(self.paths or [])]

    def said(self, words: list[Word] | None = None) -> list[str]:
        """The values of those that are known."""
        values = [word.value(self._variables) for word in (self.plain if words is None else words)]
        return [value for value in values if value is not None]
