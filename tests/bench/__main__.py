"""`make bench`: figures measured in one run, each beside what it is compared with."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from sandbox import workspace
from tests.bench import gateway, sign_in
from tests.bench.commands import commands
from tests.bench.cut import seconds_to_a_cut
from tests.bench.guard import waits
from tests.bench.meter import rates
from tests.bench.size import measured
from tests.engine import world as worlds
from tests.engine.access.test_levels import set_level
from tests.engine.world import World
from tests.stacks import PROJECT

ROUNDS = 7
EMPTY = "name: empty\nruntime:\n  name: python\n"


def timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def empty_program(world: World, root: Path) -> World:
    """The same engine and language host on a program of one line."""
    folder = root / "empty"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(EMPTY, encoding="utf-8")
    (folder / "__main__.py").write_text("import pulumi\n", encoding="utf-8")
    made = World(folder, world.settings)
    made.pulumi("stack", "init", "empty")
    made.up(stack="empty")
    return made


def medians(*actions: Callable[[], object]) -> list[float]:
    """Of each action, taken by turns, so that a slow moment of the machine falls on all of them."""
    rounds = [[timed(action) for action in actions] for _ in range(ROUNDS)]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def seconds_to_deny(world: World) -> float:
    """From the moment a stack file with `suspended` is saved until IAM has the Deny."""
    set_level(world, "suspended")
    saved = time.time()
    world.aws_control("/sandbox/calls", "DELETE")
    world.up()
    put = [c["at"] for c in world.aws_control("/sandbox/calls") if c["operation"].endswith("PutRolePolicy")]
    return min(put) - saved


def main() -> int:
    console = Console()
    table = Table(title="Measured in this run", title_justify="left")
    for column in ("What", "Here", "Compared with", "Ratio", "Aim"):
        table.add_column(column)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        root = Path(name)
        console.print("commands ...")
        actions = commands(root)
        typed = dict(zip(actions, medians(*actions.values()), strict=True))
        world = worlds.prepare(root / "world")
        console.print("deploying the sandbox stack in a sandbox of its own ...")
        with worlds.running(world):
            workspace.stacks(world.settings, world.folder)
            first = timed(world.up)
            empty = empty_program(world, root)
            console.print(f"{ROUNDS} rounds of previews ...")
            unchanged_preview = ("preview", "--stack", "sandbox", "--expect-no-changes")
            preview, judged, nothing = medians(
                lambda: world.pulumi(*unchanged_preview),
                lambda: world.pulumi(*unchanged_preview, "--policy-pack", str(PROJECT / "policies")),
                lambda: empty.pulumi("preview", "--stack", "empty", "--expect-no-changes"),
            )
            urns = [resource["urn"] for resource in world.state()]
            console.print("records for the meter ...")
            counted, bare_writes = rates(world)
            console.print("commits that the guard looks at ...")
            waited = waits(root / "guard")
            signed_in = sign_in.waits(root / "sign-in")
            console.print("a suspension ...")
            unchanged = timed(world.up)
            denied = seconds_to_deny(world)
            console.print("cuts ...")
            cuts = seconds_to_a_cut(world)
        console.print("requests through LiteLLM ...")
        through = gateway.latencies(root / "gateway")
        console.print("stacks of two and of ten cohorts ...")
        small, large = measured(root / "two", 2), measured(root / "ten", 10)
        of_the_pilot = [urn for urn in urns if "rollout:Cohort" in urn or urn.endswith("::audit-trail-pilot-usage")]
        table.add_row(
            "no-change preview of the sandbox stack",
            f"{preview:.2f} s",
            f"an empty program: {nothing:.2f} s",
            f"{preview / nothing:.1f}",
            "at most 2.0",
        )
        table.add_row(
            "the same with the policy pack",
            f"{judged:.2f} s",
            f"without it: {preview:.2f} s",
            f"{judged / preview:.2f}",
            "at most 1.5",
        )
        table.add_row(
            "first `up` of the sandbox stack",
            f"{first:.1f} s",
            f"its preview: {preview:.2f} s",
            f"{first / preview:.1f}",
            "-",
        )
        table.add_row(
            f"first `up` of 10 cohorts: processor time for each of {large.resources} resources",
            f"{1000 * large.first_update / large.resources:.0f} ms",
            f"of 2 cohorts, {small.resources} resources: {1000 * small.first_update / small.resources:.0f} ms",
            f"{large.first_update / large.resources / (small.first_update / small.resources):.1f}",
            "under 2.0",
        )
        table.add_row(
            "no-change preview of 10 cohorts, processor time",
            f"{large.preview:.2f} s",
            f"the same resources without components: {large.flat_preview:.2f} s",
            f"{large.preview / large.flat_preview:.2f}",
            "at most 1.3",
        )
        table.add_row(
            "from the saved file to the Deny, level 3, 25 people",
            f"{denied:.2f} s",
            f"an `up` without a change: {unchanged:.2f} s",
            f"{denied / unchanged:.1f}",
            "at most 3.0, and under 15 s",
        )
        started = cuts["python -c pass"]
        bare_put = cuts["bare put_role_policy"]
        for what, aim in (
            ("rollout cut", "under 2 s, and at most 3.0"),
            ("rollout cut, Okta and Jamf Pro dead", "the same"),
            ("rollout set-level ... --yes", "-"),
        ):
            table.add_row(
                f"{what}: from Enter to the Deny in IAM",
                f"{cuts[what]:.2f} s",
                f"`put_role_policy` alone: {bare_put:.2f} s; both less `python -c pass`, {started:.2f} s",
                f"{(cuts[what] - started) / (bare_put - started):.1f}",
                aim,
            )
        for size, rate in counted.items():
            table.add_row(
                f"records a second of the meter, {size} per delivery, one process",
                f"{rate.records_a_second:.0f}",
                f"before: {rate.records_a_second_before:.0f}; one bare write per record: {bare_writes:.0f}",
                f"{rate.records_a_second / rate.records_a_second_before:.2f}; {rate.records_a_second / bare_writes:.2f}",
                "-",
            )
            table.add_row(
                f"write units of DynamoDB for each request, {size} per delivery",
                f"{rate.write_units:.2f}",
                f"before: {rate.write_units_before:.2f}",
                f"{rate.write_units / rate.write_units_before:.2f}",
                "-",
            )
        for how in ("list", "add, commit and push", "merge and push", "detect-secrets", "no git"):
            table.add_row(
                f"commit guard: {how}",
                f"{waited[how]:.0f} ms",
                f"`git diff --cached`: {waited['diff']:.0f} ms; `python3 -c pass`: {waited['python']:.0f} ms",
                f"{waited[how] / waited['diff']:.1f}; {waited[how] / waited['python']:.1f}",
                "under 300 ms",
            )
        table.add_row(
            "credential helper from its cache",
            f"{signed_in['kept']:.0f} ms",
            f"`python3 -c pass`: {signed_in['python']:.0f} ms",
            f"{signed_in['kept'] / signed_in['python']:.1f}",
            "under 60 ms",
        )
        for row in gateway.rows(through):
            table.add_row(*row)
        bare = typed["python -c pass"]
        for command, aim in (
            ("rollout --help", "under 0.3 s"),
            ("rollout check, in rosters", "under 2 s"),
            ("rollout check, in the stack file", "under 2 s"),
        ):
            people = ", 30 cohorts x 100 members" if "check" in command else ""
            against = f"`python -c pass`: {bare:.3f} s"
            table.add_row(f"{command}{people}", f"{typed[command]:.2f} s", against, f"{typed[command] / bare:.1f}", aim)
        table.add_row(
            "resources per cohort of three models, without alarms and Macs",
            str(len([urn for urn in of_the_pilot if "MetricAlarm" not in urn and "MacSettings" not in urn])),
            f"{len(urns)} in the stack",
            "-",
            "at most 20",
        )
    console.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
