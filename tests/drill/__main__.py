"""`make drill`: every level of a rollback on a stack of its own, measured and judged; fails on any surprise."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox import workspace
from sandbox.errors import SandboxError
from tests.authority.evaluator import ACCOUNT, Request, verdicts
from tests.drill.macs import foreign, levels
from tests.drill.steps import ALICE, BROKEN, MENDED, MODELS, STEPS, Step
from tests.drill.traffic import PROBE_SECONDS, Probe, Session, answered, bedrock
from tests.engine import world as worlds
from tests.engine.world import World, cohort_urn

REPORT = Path("drill-report.txt")
ROLE, LOG = "claude-code-pilot", "/claude-code/pilot/usage"
TITLE = "Rollback drill, {at}. Sessions: how many get an answer from {models}. Told: Slack/e-mail/webhook"
TOLD_SECONDS, SETTLE_SECONDS = 20.0, 1.0
COLUMNS = (
    *("Step", "In effect", "All done", "May sign in", "Sessions from before", "Sessions since"),
    *("Told", "All told", "Log", "Macs"),
)


def stamp(time_: datetime) -> str:
    return time_.strftime("%Y-%m-%dT%H:%M:%SZ")


def main() -> int:
    console = Console(record=True, width=150)
    surprises: list[str] = []
    table = Table(
        *COLUMNS, title=TITLE.format(at=stamp(datetime.now(UTC)), models="/".join(MODELS)), title_justify="left"
    )
    with tempfile.TemporaryDirectory(prefix="drill-") as name:
        world = worlds.prepare(Path(name) / "world", macs=True)
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
    """Before the incident everybody has a session. `before` lies before it, `since` after the drill's last resume."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.people: list[str] = world.output("cohorts")["pilot"]["members"]
        self.old = self.sign_in()
        self.newest = self.old
        time.sleep(1.1)  # IAM counts issue times in whole seconds
        now = datetime.now(UTC)
        self.incident = {"id": "DRILL-1", "since": stamp(now), "reason": "drill"}
        self.before, self.since = stamp(now - timedelta(minutes=10)), stamp(now + timedelta(hours=1))
        logs = world.aws("logs")
        logs.create_log_stream(logGroupName=LOG, logStreamName="drill")
        event = {"timestamp": int(time.time() * 1000), "message": "written before the drill"}
        logs.put_log_events(logGroupName=LOG, logStreamName="drill", logEvents=[event])

    def save(self, step: Step) -> None:
        with self.world.stack_file() as config:
            cohorts = config["claude-code-rollout:cohorts"]
            cohorts["pilot"] = step.change(cohorts["pilot"], self.incident)

    def sign_in(self) -> dict[str, Session]:
        """Whom the sandbox's Okta and STS let begin a session, with it."""
        entered: dict[str, Session] = {}
        for email in self.people:
            try:
                entered[email] = self.world.sign_in(email, "pilot")
            except SandboxError:
                continue
        return entered

    def profiles(self) -> Mapping[str, str]:
        return self.world.output("cohorts").get("pilot", {}).get("profile_arns", {})

    def may_invoke(self, issued: str) -> tuple[int, ...]:
        """How many sessions of that time may invoke each model: others' evaluator on the documents of the state."""
        (policies, boundary), profiles = on_the_role(self.world.state()), self.profiles()
        counts: list[int] = []
        for label in MODELS:
            asked = [
                Request(
                    f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/{email}",
                    "bedrock:InvokeModelWithResponseStream",
                    profiles[label],
                    {"aws:TokenIssueTime": issued, "aws:userid": f"AROAEXAMPLE:{email}"},
                    policies,
                    boundary=boundary,
                )
                for email in self.people
                if policies and label in profiles
            ]
            counts.append(sum(verdicts(asked)) if asked else 0)
        return tuple(counts)

    def at_work(self, sessions: Mapping[str, Session]) -> tuple[int, ...]:
        """The same, by what the sandbox's Bedrock does."""
        profiles = self.profiles()
        arns = [
            profiles.get(label, "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/gone")
            for label in MODELS
        ]
        return answered(self.world, sessions.values(), arns)

    def told(self, wanted: tuple[int, ...]) -> tuple[tuple[int, ...], float]:
        """How much arrived by Slack, e-mail and webhook, and when the last did. What comes too often comes at once."""
        deadline = time.time() + TOLD_SECONDS
        while (found := self._arrived())[0] != wanted and time.time() < deadline:
            time.sleep(0.1)
        time.sleep(SETTLE_SECONDS)
        return self._arrived() if found[0] == wanted else found

    def _arrived(self) -> tuple[tuple[int, ...], float]:
        notices: list[dict[str, Any]] = self.world.aws_control("/sandbox/notices")
        by = [notice["by"] for notice in notices]
        last = max((notice["at"] for notice in notices), default=0.0)
        return tuple(by.count(way) for way in ("slack", "email", "webhook")), last

    def macs(self) -> tuple[dict[str, int], set[str]]:
        """(how many are at which level, ARNs in their settings that are nobody's), each once it has checked in again."""
        if "jamf" not in self.world.stack_text():
            return {}, set()
        for mac in self.world.jamf_control("/sandbox/macs"):
            if mac["email"] in self.people:
                self.world.jamf_control(f"/sandbox/macs/{mac['serial']}", "PUT", {"check_in": True})
        found, profiles = self.world.jamf_control("/sandbox/macs"), self.profiles()
        return dict(levels(found, self.people, profiles.get("haiku"))), foreign(found, profiles.values())

    def log_is_whole(self) -> bool:
        found = self.world.aws("logs").get_log_events(logGroupName=LOG, logStreamName="drill")["events"]
        return [event["message"] for event in found] == ["written before the drill"]


def on_the_role(state: list[dict[str, Any]]) -> tuple[dict[str, Any], Any]:
    """(the policies of the pilot's role by name, its boundary); nothing where the role is gone."""

    def of(kind: str) -> list[dict[str, Any]]:
        return [resource for resource in state if resource["type"] == kind]

    roles = [role for role in of("aws:iam/role:Role") if role["inputs"].get("name") == ROLE]
    if not roles:
        return {}, None
    managed = {
        policy["outputs"]["arn"]: json.loads(policy["inputs"]["policy"]) for policy in of("aws:iam/policy:Policy")
    }
    own = {
        r["urn"]: json.loads(r["inputs"]["policy"])
        for r in of("aws:iam/rolePolicy:RolePolicy")
        if r["inputs"]["role"] == ROLE
    }
    attached = {
        r["urn"]: managed[r["inputs"]["policyArn"]]
        for r in of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
        if r["inputs"]["role"] == ROLE
    }
    return own | attached, managed[roles[0]["inputs"]["permissionsBoundary"]]


def row(table: Table, step: Step, drill: Drill, apply: Callable[[], object], surprises: list[str]) -> None:
    world = drill.world
    world.aws_control("/sandbox/notices", "DELETE")
    probe = Probe(bedrock(world, drill.newest[ALICE]), drill.profiles().get(MODELS[0], "gone"))
    saved = time.time()
    with probe.running():
        apply()
        done = time.time() - saved
        time.sleep(PROBE_SECONDS * 4)
    told, last = drill.told(step.told)
    entered = drill.sign_in()
    drill.newest = {**drill.newest, **entered}
    changed = probe.changed_at()
    found = (
        len(entered),
        (drill.may_invoke(drill.before), drill.at_work(drill.old)),
        (drill.may_invoke(drill.since), drill.at_work(entered)),
        told,
        drill.log_is_whole(),
        macs := drill.macs(),
    )
    wanted = (
        step.signs_in,
        (step.before,) * 2,
        (step.after,) * 2,
        step.told,
        True,
        (dict(step.macs) if macs[0] else {}, set[str]()),
    )
    for what, is_, should in zip((*COLUMNS[3:7], *COLUMNS[8:]), found, wanted, strict=True):
        if is_ != should:
            surprises.append(f"{step.title}: {what}: {is_}, not {should}")
    if step.effect and changed is None:
        surprises.append(f"{step.title}: somebody at work noticed nothing")
    if not step.signs_in and step.told[0] and ALICE in world.group("Claude-Code-Users"):
        surprises.append(f"{step.title}: {ALICE} is in the umbrella group")
    table.add_row(
        step.title,
        f"{changed - saved:.1f} s" if changed else "-",
        f"{done:.1f} s",
        str(found[0]),
        *("/".join(map(str, counts)) for counts in (found[1][1], found[2][1], told)),
        f"{last - saved:.1f} s" if last else "-",
        "whole" if found[4] else "DAMAGED",
        ", ".join(f"{count} {level}" for level, count in found[5][0].items()),
    )


if __name__ == "__main__":
    sys.exit(main())
