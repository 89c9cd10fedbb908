"""The engine at work, told by its own events: what it plans, what it is at, and what became of it."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol, cast

from cli.live.stack import NO_ENGINE
from cli.terminal.errors import CommandError
from rollout.review.engine_plan import Plan

# Of `pulumi preview --json`, which would say one document at its end, and nothing of policies.
STREAMING = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}
# Between two looks at the clock while the engine says nothing.
TICK_SECONDS = 1.0


class Told(Protocol):
    """Hears what goes on. `step`: such as `creating aws:iam/role:Role wave2-access-role`; the same while it lasts."""

    def __call__(self, seconds: float, step: str) -> object: ...


@dataclass(frozen=True, kw_only=True)
class Ran:
    """`plan`: what its events say; None where it did not come to any. `said`: what it wrote beside. `done`: URNs of
    what it did, reads and what stays as it is left out; `failed`: of what it could not do."""

    code: int
    plan: Plan | None
    said: str
    done: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def run(project: Path, arguments: Sequence[str], told: Told, variables: Mapping[str, str] | None = None) -> Ran:
    """`pulumi` with these arguments and `--json`. CommandError where there is none.

    Ctrl-C reaches the engine as well: it ends what it began and gives the stack's lock back, so it is waited for.
    KeyboardInterrupt comes once it has ended.
    """
    command = ["pulumi", *arguments, "--json", "--non-interactive", "--color", "never"]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as beside:
        try:
            process = subprocess.Popen(  # noqa: S603
                command,
                cwd=project,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=beside,
                text=True,
                encoding="utf-8",
                errors="replace",
                env={**os.environ, **STREAMING, **(variables or {})},
            )
        except FileNotFoundError:
            raise CommandError(NO_ENGINE) from None
        lines, stopped = _listened(process, cast("IO[str]", process.stdout), told)
        beside.seek(0)
        said = beside.read().strip()
    if stopped:
        raise stopped
    return _ran(process.returncode, lines, said)


def _listened(
    process: subprocess.Popen[str], events: IO[str], told: Told
) -> tuple[list[str], KeyboardInterrupt | None]:
    """All its events, a line each, and whether it was stopped meanwhile."""
    heard: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_hear, args=(events, heard), daemon=True).start()
    lines, step, began = list[str](), "", time.monotonic()
    stopped: KeyboardInterrupt | None = None
    while True:
        try:
            line = heard.get(timeout=TICK_SECONDS)
            if line is None:
                process.wait()
                return lines, stopped
            lines.append(line)
            step = _step(line) or step
        except queue.Empty:
            pass
        except KeyboardInterrupt as error:
            stopped, step = error, "ending what is under way"
        told(time.monotonic() - began, step)


def _hear(stream: IO[str], heard: queue.SimpleQueue[str | None]) -> None:
    with stream:
        for line in stream:
            heard.put(line)
    heard.put(None)


def _event(line: str) -> Mapping[str, Any]:
    try:
        found: object = json.loads(line)
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _step(line: str) -> str | None:
    """What the engine begins with, where it is work."""
    if '"resourcePreEvent"' not in line:
        return None
    event: dict[str, Any] = _event(line).get("resourcePreEvent") or {}
    about: dict[str, Any] = event.get("metadata") or {}
    operation = str(about.get("op"))
    if operation in {"same", "read", "refresh", "None"}:
        return None
    return f"{operation} {about.get('type')} {str(about.get('urn')).rpartition('::')[2]}"


def _ran(code: int, lines: Sequence[str], said: str) -> Ran:
    done, failed = list[str](), list[str]()
    events = [_event(line) for line in lines]
    for event in events:
        if known := event.get("resOutputsEvent"):
            metadata = known["metadata"]
            if metadata["op"] not in {"same", "read", "refresh"}:
                done.append(str(metadata["urn"]))
        elif known := event.get("resOpFailedEvent"):
            failed.append(str(known["metadata"]["urn"]))
    try:
        plan = Plan.read("".join(line for line, event in zip(lines, events, strict=True) if event))
    except ValueError:
        plan = None
    return Ran(code=code, plan=plan, said=said, done=tuple(dict.fromkeys(done)), failed=tuple(dict.fromkeys(failed)))
