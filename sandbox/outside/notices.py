"""What people and programs were sent, in the order it came. Kept in the home, so that a restart loses nothing."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

CAPACITY = 10_000


@dataclass(frozen=True, kw_only=True)
class Notice:
    """`by`: slack, email or webhook. `to`: channels, addresses or a URL. `body`: a webhook's JSON, with its headers."""

    n: int
    at: float
    by: str
    to: list[str]
    subject: str
    text: str
    body: Any = None
    headers: dict[str, str] | None = None


class Notices:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        self._kept = deque((Notice(**json.loads(line)) for line in lines), maxlen=CAPACITY)

    def add(self, by: str, to: list[str], subject: str, text: str, **more: Any) -> None:
        with self._lock:
            number = self._kept[-1].n + 1 if self._kept else 1
            notice = Notice(n=number, at=time.time(), by=by, to=to, subject=subject, text=text, **more)
            self._kept.append(notice)
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(notice)) + "\n")

    def all(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(notice) for notice in self._kept]

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._file.unlink(missing_ok=True)
