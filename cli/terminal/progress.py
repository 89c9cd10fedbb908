"""That something is waited for, and for how long so far: a line that counts on a terminal, else one now and then."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape

# Between two lines where nothing can be written over.
EVERY_SECONDS = 10
# What turns beside the words takes columns too.
MARGIN = 4


class Progress:
    def __init__(self, console: Console, what: str) -> None:
        self._console, self._what, self._next = console, what, 0.0
        self._line = console.status(f"{what} ...") if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._line:
            self._line.start()
        else:
            self._console.print(f"{self._what} ...", markup=False)
            self._next = EVERY_SECONDS
        return self

    def told(self, seconds: float, step: str = "") -> None:
        """`seconds` so far; `step`: what it is at."""
        said = f"{self._what} ... {seconds:.0f} s{f': {step}' if step else ''}"
        if self._line:
            self._line.update(escape(said[: self._console.width - MARGIN]))
        elif seconds >= self._next:
            self._next = seconds + EVERY_SECONDS
            self._console.print(said, markup=False)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._line:
            self._line.stop()
