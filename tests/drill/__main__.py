"""`make drill`: every level of a rollback on a stack of its own, measured and judged; fails on any surprise.

`make drill WAY=identity_center`, `claude_apps`, `litellm`, `machines`: for who signs in by another way
(`tests.drill.ways`).
"""

from __future__ import annotations

import subprocess
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
from tests.drill.steps import ALICE, BROKEN, BY_AWS, MENDED, MODELS, STEPS, Step, Typed
from tests.drill.traffic import PROBE_SECONDS, Probe, Session, answered, bedrock
from tests.drill.ways import WAYS, Way
from tests.engine import world as worlds
from tests.engine.world import World, cohort_urn
from tests.in_iam import held
from tests.stacks import PROJECT

LOG = "/claude-code/pilot/usage"
# Nothing listens there: Okta and Jamf Pro are away from whoever types, and from nobody else.
DEAD = "http://127.0.0.1:9"
AWAY = {"OKTA_HTTP_PROXY": DEAD, "JAMF_URL": DEAD}
TITLE = "Rollback drill, {at}. Sessions: how many get an answer from {models}. Told: Slack/e-mail/webhook"
TOLD_SECONDS, SETTLE_SECONDS = 20.0, 1.0
COLUMNS = (
    *("Step", "In effect", "All done", "May sign in", "Sessions from before", "Sessions since"),
    *("Told", "All told", "Log", "Macs"),
)


def stamp(time_: datetime) -> str:
    return time_.strftime("%Y-%m-%dT%H:%M:%SZ")


def report_of(way: str) -> Path:
    return Path("drill-report.txt" if way == "saml" else f"drill-report-{way}.txt")


def main(way: Way, report: Path) -> int:
    console = Console(record=True, width=150)
    surprises: list[str] = []
    table = Table(
        *COLUMNS, title=TITLE.format(at=stamp(datetime.now(UTC)), models="/".join(MODELS)), title_justify="left"
    )
    with tempfile.TemporaryDirectory(prefix="drill-") as name:
        world = worlds.prepare(Path(name) / "world", macs=way.macs)
        with worlds.running(world):
            workspace.stacks(world.settings, world.folder)
            console.print("onboarding the pilot cohort ...")
            way.prepare(world)
            world.up()
            way.settle(world)
            world.up()
            drill = Drill(world, way)
            for step in map(way.as_here, STEPS):
                console.print(f"{step.title} ...")
                drill.save(step)
                row(table, step, drill, drill.up, surprises)
            console.print("a targeted destroy, and up again ...")
            destroy = ("destroy", "--stack", "sandbox", "--target", cohort_urn("pilot"), "--target-dependents", "--yes")
            row(table, way.as_here(BROKEN), drill, lambda: world.pulumi(*destroy), surprises)
            row(table, way.as_here(MENDED), drill, drill.up, surprises)
            console.print("rollout cut and break-glass, Okta and Jamf Pro away ...")
            for line in map(way.typed, BY_AWS):
                drill.begin_anew()
                row(table, line.step, drill, lambda line=line: typed(world, line), surprises)
            drill.begin_anew()
            row(table, way.as_here(MENDED), drill, drill.up, surprises)
    console.print(table)
    for line in surprises:
        console.print(f"[bold red]surprise[/bold red] {line}")
    console.print("no surprise" if not surprises else f"{len(surprises)} surprises")
    report.write_text(console.export_text(), encoding="utf-8")
    console.print(f"written to {report}")
    return 1 if surprises else 0


def typed(world: World, line: Typed) -> None:
    """As whoever is on call types it; AssertionError where it ends otherwise."""
    ended = subprocess.run(
        [sys.executable, "-m", "cli", *line.words.split()],
        cwd=world.folder,
        env={
            **workspace.full_environment(world.settings),
            "PYTHONPATH": str(PROJECT),
            **(AWAY if line.is_away else {}),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
        stdin=subprocess.DEVNULL,
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode == line.code, f"rollout {line.words}: {ended.returncode}\n{said}"


class Drill:
    """Before the incident everybody has a session; `since` lies between those and the ones that are begun later."""

    def __init__(self, world: World, way: Way) -> None:
        self.world, self.way = world, way
        self.people: list[str] = world.cohorts()["pilot"]["members"]
        self.newest = self.sign_in()
        time.sleep(1.1)  # IAM counts issue times in whole seconds
        self.incident = {"id": "DRILL-1", "since": stamp(datetime.now(UTC)), "reason": "drill"}
        self.begin_anew()
        logs = world.aws("logs")
        logs.create_log_stream(logGroupName=LOG, logStreamName="drill")
        event = {"timestamp": int(time.time() * 1000), "message": "written before the drill"}
        logs.put_log_events(logGroupName=LOG, logStreamName="drill", logEvents=[event])

    def up(self) -> None:
        """What a group is given for may be pushed only now."""
        self.world.up()
        self.way.settle(self.world)

    def begin_anew(self) -> None:
        """Whatever session there is now is one from before."""
        self.old = self.newest
        self.before = stamp(datetime.now(UTC) - timedelta(minutes=10))

    @property
    def since(self) -> str:
        """Of a session that is yet to begin, however long the drill takes: a resume dates itself."""
        return stamp(datetime.now(UTC) + timedelta(minutes=10))

    def save(self, step: Step) -> None:
        with self.world.stack_file() as config:
            cohorts = config["claude-code-rollout:cohorts"]
            cohorts["pilot"] = step.change(cohorts["pilot"], self.incident)

    def sign_in(self) -> dict[str, Session]:
        """Whom the sandbox's Okta and STS let begin a session, with it."""
        entered: dict[str, Session] = {}
        for email in self.people:
            try:
                entered[email] = self.way.enter(self.world, email)
            except SandboxError:
                continue
        return entered

    def profiles(self) -> Mapping[str, str]:
        return self.world.cohorts().get("pilot", {}).get("profile_arns", {})

    def may_invoke(self, issued: str) -> tuple[int, ...]:
        """How many sessions of that time may invoke each model: others' evaluator on the documents that IAM holds."""
        name, profiles = self.way.role(self.world), self.profiles()
        role = held(self.world.aws("iam"), name) if name else None
        counts: list[int] = []
        for label in MODELS:
            asked = [
                Request(
                    f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{email}",
                    "bedrock:InvokeModelWithResponseStream",
                    profiles[label],
                    {"aws:TokenIssueTime": issued, "aws:userid": f"AROAEXAMPLE:{email}"},
                    role.policies,
                    boundary=role.boundary,
                )
                for email in self.people
                if role and label in profiles
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


def row(table: Table, step: Step, drill: Drill, apply: Callable[[], object], surprises: list[str]) -> None:
    world = drill.world
    world.aws_control("/sandbox/notices", "DELETE")
    probe = Probe(bedrock(world, drill.newest[drill.way.first]), drill.profiles().get(MODELS[0], "gone"))
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
    if drill.way.by_okta and not step.signs_in and step.told[0] and ALICE in world.group("Claude-Code-Users"):
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
    chosen = sys.argv[1] if len(sys.argv) > 1 else "saml"
    if chosen not in WAYS:
        sys.exit(f"WAY={chosen}: no such way; {', '.join(WAYS)}")
    sys.exit(main(WAYS[chosen], report_of(chosen)))
