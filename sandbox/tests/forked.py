"""Sandboxes forked from a process that has loaded what they need: the tests start hundreds, and loading it would take
more than most tests do with it.

`python -m sandbox.tests.forked` is that process, one for each that runs tests: it reads a line of JSON for each sandbox,
writes its pid, and ends with its stdin. The sandboxes outlive it; `server.stop` ends them as it ends any.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import traceback
from dataclasses import dataclass

from sandbox import server, warm
from sandbox.environment import variables_of
from sandbox.settings import PROJECT, SAVES, Settings

# What a sandbox loads once it serves.
APPS = (
    "sandbox.__main__",
    "sandbox.aws.app",
    "sandbox.control",
    "sandbox.dialects",
    "sandbox.jamf.app",
    "sandbox.okta.app",
    "sandbox.outside.direct",
    "sandbox.outside.egress",
    "sandbox.wsgi",
    "moto.backend_index",
)


@dataclass
class Forked:
    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        return None if server.lives(self.pid) else 1

    def terminate(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)


def start(settings: Settings) -> int:
    """As `server.start`."""
    return server.start(settings, _forked)


@functools.cache
def _parent() -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sandbox.tests.forked"]
    made = subprocess.Popen(
        command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    atexit.register(_end, made)
    return made


def _end(parent: subprocess.Popen[str]) -> None:
    parent.communicate()


def _forked(settings: Settings) -> Forked:
    settings.home.mkdir(parents=True, exist_ok=True)
    parent = _parent()
    assert parent.stdin
    assert parent.stdout
    environment = {**variables_of(settings), SAVES: "end"}
    parent.stdin.write(json.dumps({"environment": environment, "log": str(settings.log)}) + "\n")
    parent.stdin.flush()
    return Forked(int(parent.stdout.readline()))


def _become(environment: dict[str, str], log: str) -> None:
    """In the fork: the process that `python -m sandbox serve` would be."""
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, descriptor in ((0, os.open(os.devnull, os.O_RDONLY)), (1, _to(log)), (2, _to(log))):
            os.dup2(descriptor, number)
            os.close(descriptor)
        gc.set_threshold(*warm.COLLECT_SELDOM)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["sandbox", "serve"]
        os._exit(importlib.import_module("sandbox.__main__").main())
    except BaseException:  # a process of its own: it says why and ends
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)


def _to(log: str) -> int:
    return os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them; `server.stop` sees them end
    for module in APPS:
        importlib.import_module(module)
    warm.load_ahead()
    gc.freeze()
    while line := os.read(0, 1 << 20):
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(asked["environment"], asked["log"])
        print(pid, flush=True)


if __name__ == "__main__":
    main()
