"""What waits to be reported: one small file each, in the person's own folder, until it is in the queue of findings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any, cast

MAX_WAITING = 200
MAX_BYTES = 4096
# Older than this nobody acts on it any more.
MAX_AGE_SECONDS = 13 * 86_400
MAX_TEXT = 200


def folder() -> str:
    return os.path.expanduser("~/.claude-code-commit-guard")


def report(stopped: list[tuple[str, str, list[tuple[str, int, str]]]]) -> None:
    """Written down, and sent by a process of its own that nobody waits for. Never raises: the answer is given."""
    try:
        for repository, what, findings in stopped:
            counts: dict[str, int] = {}
            for _, _, kind in findings:
                counts[kind] = counts.get(kind, 0) + 1
            for kind, count in counts.items():
                put(line(repository, what, kind, count))
        subprocess.Popen(
            [sys.executable, "-I", "-S", os.path.dirname(os.path.abspath(__file__)), "report"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )
    except Exception:  # noqa: S110
        pass


def line(repository: str, what: str, kind: str, count: int) -> dict[str, Any]:
    """As `rollout.leaks.mac_findings` reads it: where and what kind, never which. AWS tells whose it is."""
    return {
        "finding": "credential",
        "source": "commit-guard",
        "action": f"{what}_stopped",
        "kind": kind[:MAX_TEXT],
        "repository": repository[:MAX_TEXT],
        "count": count,
        "found_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def put(content: dict[str, Any]) -> None:
    place = folder()
    os.makedirs(place, mode=0o700, exist_ok=True)
    if len(os.listdir(place)) >= MAX_WAITING:
        return
    name = os.path.join(place, f"{time.time_ns()}-{os.getpid()}")
    descriptor = os.open(name + ".part", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)
    os.rename(name + ".part", name + ".json")


def waiting() -> list[tuple[str, dict[str, Any]]]:
    """(path, content), the oldest first. What is too old or cannot be read is dropped."""
    found: list[tuple[str, dict[str, Any]]] = []
    place = folder()
    for name in sorted(name for name in os.listdir(place) if name.endswith(".json")):
        path = os.path.join(place, name)
        try:
            nanoseconds = int(name.partition("-")[0])
            with open(path, encoding="utf-8") as file:
                content: Any = json.loads(file.read(MAX_BYTES))
        except (OSError, ValueError):
            nanoseconds, content = 0, None
        if time.time() - nanoseconds / 1e9 < MAX_AGE_SECONDS and isinstance(content, dict):
            found.append((path, cast("dict[str, Any]", content)))
        else:
            drop(path)
    return found


def drop(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
