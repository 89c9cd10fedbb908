"""How long the commit guard keeps a command waiting, on a change of an ordinary size."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rollout.macs.commit_guard import PACKAGE
from tests.guard.world import Machine, machine

ROUNDS = 15
FILES, LINES = 12, 40
DETECT_SECRETS = Path(sys.prefix, "bin", "detect-secrets-hook")


def waits(root: Path) -> dict[str, float]:
    """Milliseconds, medians of rounds taken by turns: of the guard with our list, on longer lines, with detect-secrets,
    on a command without git; and of what it is compared with. Without bytecode, as on a Mac, where the guard's folder is
    root's."""
    plain, scanned = changed(root / "plain"), changed(root / "scanned", DETECT_SECRETS)
    plain.git("update-ref", "refs/remotes/origin/main", "HEAD")
    plain.git("branch", "topic")
    actions: dict[str, Callable[[], object]] = {
        "list": lambda: plain.bash("git commit -m x"),
        "add, commit and push": lambda: plain.bash("cd src && git add -A && cd .. && git commit -m x && git push"),
        "merge and push": lambda: plain.bash("git checkout topic && git merge main && git push"),
        "detect-secrets": lambda: scanned.bash("git commit -m x"),
        "no git": lambda: plain.bash("ls"),
        "diff": lambda: plain.git("diff", "--cached"),
        "python": lambda: subprocess.run([sys.executable, "-c", "pass"], check=True),
    }
    rounds = [[_milliseconds(action) for action in actions.values()] for _ in range(ROUNDS)]
    return dict(zip(actions, map(statistics.median, zip(*rounds, strict=True)), strict=True))


def changed(root: Path, *programs: Path) -> Machine:
    made = machine(root, programs=programs)
    (made.folder / PACKAGE / "__pycache__").touch()  # in the place of a folder: no bytecode is kept
    for number in range(FILES):
        text = "".join(f"def function_{line}(value: int) -> int:\n    return value + {line}\n" for line in range(LINES))
        made.stage(f"src/module_{number}.py", text)
    return made


def _milliseconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000
