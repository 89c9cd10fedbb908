"""Time that is a number, and threads of which one moves at a time: when one waits, the next in time goes on."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

BEGIN = datetime(2026, 11, 28, 9, tzinfo=UTC)


class _Over(BaseException):
    """No error: what takes errors of the simulated program lets it by."""


class Turns:
    """`now`: seconds since the beginning. The same in each run: what is due at one time goes in the order of asking."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._asked = 0
        self._main = _taken()
        self._own = threading.local()
        self._workers: list[tuple[threading.Lock, threading.Thread]] = []
        self._over = False

    def at(self, seconds: float, action: Callable[[], None]) -> None:
        self._asked += 1
        heapq.heappush(self._due, (seconds, self._asked, action))

    def worker(self, work: Callable[[], None]) -> Callable[[], None]:
        """Starts a thread that waits for its turn; what is given back lets it go on until it waits again."""
        mine = _taken()

        def run() -> None:
            self._own.turn = mine
            mine.acquire()
            with suppress(_Over):
                self._require_more()
                work()
                self._main.release()

        thread = threading.Thread(target=run, daemon=True)
        self._workers.append((mine, thread))
        thread.start()
        return lambda: self._hand(mine)

    def pause(self) -> Callable[[], None]:
        """Of a worker: its turn, which ends with `wait`."""
        mine = self._own.turn
        return lambda: self._hand(mine)

    def wait(self) -> None:
        self._main.release()
        self._own.turn.acquire()
        self._require_more()

    def sleep(self, seconds: float) -> None:
        self.at(self.now + seconds, self.pause())
        self.wait()

    def run(self, until: float) -> None:
        while self._due and self._due[0][0] <= until:
            self.now, _, action = heapq.heappop(self._due)
            action()
        self.now = until

    def end(self) -> None:
        """Ends every worker that waits for a turn which does not come any more."""
        self._over = True
        for turn, thread in self._workers:
            if thread.is_alive():
                turn.release()
                thread.join()

    def _require_more(self) -> None:
        if self._over:
            raise _Over

    def time(self) -> float:
        return self.today().timestamp()

    def today(self) -> datetime:
        return BEGIN + timedelta(seconds=self.now)

    def _hand(self, turn: threading.Lock) -> None:
        turn.release()
        self._main.acquire()


def _taken() -> threading.Lock:
    """Faster than a semaphore, and here the same: whoever waits is let go once."""
    made = threading.Lock()
    made.acquire()
    return made
