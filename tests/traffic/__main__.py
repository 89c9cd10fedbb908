"""`make traffic`: a day of 25 developers, every fifth delivery twice and out of order, held against its own arithmetic."""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from sandbox import workspace
from sandbox.errors import SandboxError
from tests.engine import world as worlds
from tests.traffic import day
from tests.traffic.answers import differences

SEED = 20261124
DISORDER = {"repeated": 0.2, "delayed": 0.5}
SETTLE_SECONDS = 600


def main(each: int) -> int:
    console = Console(width=118)
    people, prices = day.of_the_sandbox()
    requests = day.plan(people, each, SEED)
    with tempfile.TemporaryDirectory(prefix="traffic-") as name:
        world = worlds.prepare(Path(name) / "world")
        with worlds.running(world):
            workspace.stacks(world.settings, world.folder)
            console.print("onboarding the pilot cohort ...")
            world.up()
            world.aws_control("/sandbox/deliveries", "PUT", DISORDER)
            began = time.monotonic()
            with Progress(console=console) as progress:
                task = progress.add_task(f"{len(requests)} requests of {len(people)} developers", total=len(requests))
                day.play(world, requests, lambda: progress.advance(task))
            console.print("the last records are counted ...")
            world.settle(SETTLE_SECONDS)
            took = time.monotonic() - began
            is_, should = day.counted(world), day.expected(requests, prices)
            found = [
                f"counter {key}: {is_.get(key)}, should be {should.get(key)}"
                for key in sorted({*is_, *should})
                if is_.get(key) != should.get(key)
            ]
            found += differences(world, requests, prices)
            console.print(table(is_["month"], requests, took))
    for line in found:
        console.print(line, style="red")
    console.print(f"{len(should)} counters, all metrics and all queries: {'as computed' if not found else 'DIFFERENT'}")
    return 1 if found else 0


def table(month: dict[str, Decimal], requests: list[day.Request], took: float) -> Table:
    made = Table(title=f"What was counted, {len(requests) / took:.0f} requests a second", title_justify="left")
    for column in ("Requests", "Fresh input", "Output", "Cache read", "Cache written", "Cache hits", "USD", "Models"):
        made.add_column(column, justify="right")
    sent = month["input"] + month["cache_read"] + month["cache_write"]
    models = Counter(request.model for request in requests)
    made.add_row(
        f"{month['requests']:,}",
        *(f"{month[kind]:,}" for kind in day.KINDS),
        f"{100 * month['cache_read'] / sent:.1f} %",
        f"{month['usd']:,.6f}",
        ", ".join(f"{model} {count}" for model, count in models.most_common()),
    )
    return made


if __name__ == "__main__":
    try:
        sys.exit(main(int(sys.argv[1])))
    except (SandboxError, AssertionError) as error:
        sys.exit(f"traffic: {error}")
