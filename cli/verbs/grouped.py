"""The first help that somebody sees: every verb, by subject, two a line, on a terminal of 80 by 24."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

# Characters of a line, and of the few words that a verb has in it.
WIDTH, WORDS = 80, 19
# Everything else of `--help` is of one verb.
HEAD = "Usage: rollout VERB ...     `rollout VERB --help` says what it takes"


class Grouped(TyperGroup):
    """Verbs by their `rich_help_panel`, in the order in which they are registered, each with its `short_help`."""

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        formatter.write(f"{HEAD}\n")
        for panel, known in self._panels().items():
            entries = [f"{name:<{self._widest}} {words:<{WORDS}}" for name, words in known.items()]
            rows = (len(entries) + 1) // 2
            for row in range(rows):
                title = panel if row == 0 else ""
                line = f"{title:<{self._margin}}{' '.join(entries[row::rows])}"
                formatter.write(f"{line.rstrip()}\n")
        if self.epilog:
            formatter.write(f"{self.epilog}\n")

    def _panels(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for name, command in self.commands.items():
            if not command.hidden:
                panel = str(getattr(command, "rich_help_panel", None) or "Other")
                found.setdefault(panel, {})[name] = command.short_help or ""
        return found

    @property
    def _widest(self) -> int:
        return max(map(len, self.commands), default=0)

    @property
    def _margin(self) -> int:
        return max(map(len, self._panels()), default=0) + 2
