"""`make drill`: every level of a rollback on a stack of its own, measured and judged; fails on any surprise."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox import workspace
from sandbox.errors import SandboxError
from tests.authority.evaluator import ACCOUNT, Request, verdicts
from tests.drill.steps import ALICE, BROKEN, MENDED, MODELS, STEPS, Step
from tests.engine import world as worlds
from tests.engine.world import World, cohort_urn

REPORT = Path("drill-report.txt")
ROLE, LOG = "claude-code-pilot", "/claude-code/pilot/usage"
COLUMNS = ("Step", "First write to AWS", "All done", "May sign in", "Sessions from before", "Sessions since", "Log")


def stamp(time_: datetime) -> str:
    return time_.strftime("%Y-%m-%dT%H:%M:%SZ")


def main() -> int:
    console = Console(record=True, width=132)
    surprises: list[str] = []
    table = Table(
        *COLUMNS, title=f"Rollback drill, {stamp(datetime.now(UTC))}; {'/'.join(MODELS)}", title_justify="left"
    )
    with tempfile.TemporaryDirectory(prefix="drill-") as name:
        world = worlds.prepare(Path(name) / "world")
        with worlds.running(world):
            workspace.stacks(world.settings, world.folder)
            console.print("onboarding the pilot cohort ...")
            world.up()
            drill = Drill(world)
            for step in STEPS:
                console.print(f"{step.title} ...")
                drill.save(step)
                row(table, step, drill, world.up, surprises)
            console.print("break-glass, and up again ...")
            destroy = ("destroy", "--stack", "sandbox", "--target", cohort_urn("pilot"), "--target-dependents", "--yes")
            row(table, BROKEN, drill, lambda: world.pulumi(*destroy), surprises)
            row(table, MENDED, drill, world.up, surprises)
    console.print(table)
    for line in surprises:
        console.print(f"[bold red]surprise[/bold red] {line}")
    console.print("no surprise" if not surprises else f"{len(surprises)} surprises")
    REPORT.write_text(console.export_text(), encoding="utf-8")
    console.print(f"written to {REPORT}")
    return 1 if surprises else 0


class Drill:
    """Before the incident everybody has a session; `since` lies between those and the ones that are begun later."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.people: list[str] = world.output("cohorts")["pilot"]["members"]
        now = datetime.now(UTC)
        self.incident = {"id": "DRILL-1", "since": stamp(now), "reason": "drill"}
        self.before, self.since = stamp(now - timedelta(minutes=10)), stamp(now + timedelta(minutes=10))
        logs = world.aws("logs")
        logs.create_log_stream(logGroupName=LOG, logStreamName="drill")
        event = {"timestamp": int(time.time() * 1000), "message": "written before the drill"}
        logs.put_log_events(logGroupName=LOG, logStreamName="drill", logEvents=[event])

    def save(self, step: Step) -> None:
        with self.world.stack_file() as config:
            cohorts = config["claude-code-rollout:cohorts"]
            cohorts["pilot"] = step.change(cohorts["pilot"], self.incident)

    def sign_in(self) -> int:
        """How many the sandbox's Okta and STS let begin a session."""
        entered = 0
        for email in self.people:
            try:
                self.world.sign_in(email, "pilot")
                entered += 1
            except SandboxError:
                continue
        return entered

    def may_invoke(self, issued: str) -> tuple[int, ...]:
        """How many sessions of that time may invoke each model: others' evaluator on the documents of the state."""
        policies = on_the_role(self.world.state())
        profiles: Mapping[str, str] = self.world.output("cohorts").get("pilot", {}).get("profile_arns", {})
        counts: list[int] = []
        for label in MODELS:
            asked = [
                Request(
                    f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/{email}",
                    "bedrock:InvokeModelWithResponseStream",
                    profiles[label],
                    {"aws:TokenIssueTime": issued, "aws:userid": f"AROAEXAMPLE:{email}"},
                    policies,
                )
                for email in self.people
                if policies and label in profiles
            ]
            counts.append(sum(verdicts(asked)) if asked else 0)
        return tuple(counts)

    def log_is_whole(self) -> bool:
        found = self.world.aws("logs").get_log_events(logGroupName=LOG, logStreamName="drill")["events"]
        return [event["message"] for event in found] == ["written before the drill"]


def on_the_role(state: list[dict[str, Any]]) -> dict[str, Any]:
    """The policies of the pilot's role by name; none where the role is gone."""
    kinds = {"aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy"}
    if not any(r["type"] == "aws:iam/role:Role" and r["inputs"].get("name") == ROLE for r in state):
        return {}
    return {
        resource["urn"]: json.loads(resource["inputs"]["policy"])
        for resource in state
        if resource["type"] in kinds and "claude:rollout:Access$" in resource["urn"]
    }


def row(table: Table, step: Step, drill: Drill, apply: Any, surprises: list[str]) -> None:
    world = drill.world
    world.forget_calls()
    saved = time.time()
    apply()
    done = time.time() - saved
    writes = ("Put", "Attach", "Delete", "Create", "Update", "Detach")
    first = [c["at"] for c in world.aws_control("/sandbox/calls") if c["operation"].startswith(writes)]
    found = (drill.sign_in(), drill.may_invoke(drill.before), drill.may_invoke(drill.since), drill.log_is_whole())
    wanted = (step.signs_in, step.before, step.after, True)
    for what, is_, should in zip(COLUMNS[3:], found, wanted, strict=True):
        if is_ != should:
            surprises.append(f"{step.title}: {what}: {is_}, not {should}")
    if step in {*STEPS[3:5]} and ALICE in world.group("Claude-Code-Users"):
        surprises.append(f"{step.title}: {ALICE} is in the umbrella group")
    first_write = f"{min(first) - saved:.1f} s" if first else "-"
    cells = [first_write, f"{done:.1f} s", str(found[0]), *("/".join(map(str, counts)) for counts in found[1:3])]
    table.add_row(step.title, *cells, "whole" if found[3] else "DAMAGED")


if __name__ == "__main__":
    sys.exit(main())
