"""`make screens`: the README's pictures of what people look at, from a sandbox with two weeks of the pilot in it.

The report in a browser, light and dark; `rollout status` and `rollout check` as a terminal shows them.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from sandbox import workspace
from sandbox.errors import SandboxError
from tests.browser.chromium import NoBrowserError
from tests.browser.look import View, look
from tests.engine import world as worlds
from tests.engine.world import World
from tests.pictures import history
from tests.stacks import PROJECT
from tests.traffic import day

FOLDER = PROJECT / "docs" / "pictures"
SEED = 20261124
COLUMNS = 100
COMMANDS = ("status", "check")


def main(each: int) -> None:
    people, prices = day.of_the_sandbox()
    with tempfile.TemporaryDirectory(prefix="screens-") as folder:
        world = worlds.prepare(Path(folder) / "world")
        with worlds.running(world):
            workspace.stacks(world.settings, world.folder)
            world.up()
            history.write(world, people, prices, each)
            day.play(world, day.plan(people, each, SEED))
            world.settle(600)
            report(world, Path(folder))
            for command in COMMANDS:
                terminal(world, command)


def report(world: World, folder: Path) -> None:
    """The first screen of it, at twice the pixels."""
    page = folder / "report.html"
    written = world.command("report", "--stack", "sandbox", "--out", str(page))
    assert written.returncode == 0, written.stderr
    files = {"light": FOLDER / "report.png", "dark": FOLDER / "report-dark.png"}
    look(page, [View(1280, scheme, 1500, str(file), whole=False) for scheme, file in files.items()])


def terminal(world: World, command: str) -> None:
    """As typed, with its colours; a command that finds something ends with 1, and is shown all the same."""
    shown = subprocess.run(
        [sys.executable, "-m", "cli", command, "-s", "sandbox"],
        cwd=world.folder,
        env={
            **workspace.full_environment(world.settings),
            "PYTHONPATH": str(PROJECT),
            "COLUMNS": str(COLUMNS),
            "FORCE_COLOR": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=900,
    )
    assert shown.returncode in {0, 1}, shown.stdout
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ rollout {command} -s sandbox", style="bold"))
    console.print(Text.from_ansi(shown.stdout))
    svg = console.export_svg(title=f"rollout {command}", unique_id=f"rollout-{command}")
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)  # from a server of strangers; any fixed font will do
    (FOLDER / f"{command}.svg").write_text("\n".join(map(str.rstrip, svg.splitlines())) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except (SandboxError, NoBrowserError, AssertionError) as error:
        sys.exit(f"screens: {error}")
