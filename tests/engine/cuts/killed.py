"""Updates that are killed half-way, and what is pressed in AWS's own console."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable

from tests.engine.access.test_interrupted import begin
from tests.engine.cuts.cohorts import ALL, NOOR
from tests.engine.cuts.judging import Watch
from tests.engine.cuts.stack_file import at, cut_cohort, resume_cohort
from tests.engine.cuts.table import Row
from tests.engine.cuts.way import UP, Way, types
from tests.engine.world import World

ROLE = "claude-code-pilot"
SECONDS = 900.0
# As AWS's console writes it (IAM user guide, revoking session permissions).
REVOKE = "AWSRevokeOlderSessions"
OLDER = "whoever restores an older state takes its record of cuts back as well: `rollout cut` first, which no state has"


def killed(world: World, way: Way, when: Callable[[], bool], text: str) -> None:
    """`pulumi up`, killed as soon as IAM is so."""
    update = begin(world)
    deadline = time.monotonic() + SECONDS
    while not when() and update.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert update.poll() is None, "the update ended before it was killed"
    os.killpg(update.pid, signal.SIGKILL)
    update.wait()
    world.pulumi("cancel", "sandbox", "--yes")
    way.did(f"`pulumi up`, killed {text}")


def policies(world: World) -> set[str]:
    return set(world.aws("iam").list_role_policies(RoleName=ROLE)["PolicyNames"])


def revoke(world: World) -> None:
    condition = {"DateLessThan": {"aws:TokenIssueTime": at()}}
    statement = {"Effect": "Deny", "Action": ["*"], "Resource": ["*"], "Condition": condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    world.aws("iam").put_role_policy(RoleName=ROLE, PolicyName=REVOKE, PolicyDocument=document)


def run(world: World, watch: Watch) -> list[Row]:
    """One after the other, in one sandbox: each row's sessions are from before its own cut."""
    denied = Way(watch, "An update killed right after its Deny, then an old copy applied", ALL)
    resumed = Way(watch, "A resume killed as it lifts the Deny, then finished", ALL)
    pressed = Way(watch, "*Revoke active sessions* pressed in AWS's console, then rolled back, and back again", ALL)
    file = world.folder / "Pulumi.sandbox.yaml"
    old = world.stack_text()
    for way in (denied, resumed):
        way.before = [watch.signs_in(NOOR)]
    cut_cohort(world, "pilot", "suspended", 1)
    newest = world.stack_text()
    killed(world, denied, lambda: "stop" in policies(world), "once IAM had the Deny")
    denied.cut()
    file.write_text(old, encoding="utf-8")
    types(world, [denied], UP, ends=None, said="nothing was touched")
    denied.cut()
    file.write_text(newest, encoding="utf-8")
    types(world, [denied, resumed], UP)
    denied.during = resumed.during = [watch.signs_in(NOOR)]
    denied.cut()

    resume_cohort(world, "pilot")
    killed(world, resumed, lambda: "invoke" in policies(world), "once IAM had the Allow again")
    resumed.cut()
    types(world, [resumed, denied], f"{UP} --refresh")
    time.sleep(1.1)
    after = [watch.signs_in(NOOR)]
    rows = [denied.row(after), resumed.row(after)]

    pressed.before = after
    time.sleep(1.1)
    revoke(world)
    pressed.did("*Revoke active sessions*")
    pressed.cut()
    cut_cohort(world, "pilot", "rolled_back", 2)
    types(world, [pressed], UP)
    pressed.during = [watch.signs_in(NOOR)]
    pressed.cut()
    resume_cohort(world, "pilot")
    types(world, [pressed], UP)
    time.sleep(1.1)
    return [*rows, pressed.row([watch.signs_in(NOOR)]), *restored(world, watch)]


def restored(world: World, watch: Watch) -> list[Row]:
    """The record of cuts is in the state, and an older one knows of none; what `rollout cut` puts is in no state."""
    title = "An older state restored from a backup, and an old copy of the file applied to it"
    alone = Way(watch, title, ALL, limit=OLDER)
    by_aws = Way(watch, f"{title}, after `rollout cut`", ALL)
    ways = [alone, by_aws]
    for way in ways:
        way.before = [watch.signs_in(NOOR)]
    old, backup = world.stack_text(), world.folder / "backup.json"
    world.pulumi("stack", "export", "--stack", "sandbox", "--file", str(backup))
    cut_cohort(world, "pilot", "suspended", 3)
    types(world, ways, UP)
    for way in ways:
        way.cut()
    types(world, ways, f"pulumi stack import --stack sandbox --file {backup.name}")
    (world.folder / "Pulumi.sandbox.yaml").write_text(old, encoding="utf-8")
    for way in ways:
        way.did("a copy from before the incident")
    types(world, [alone], f"{UP} --refresh", ends=range(256))
    alone.during = [watch.signs_in(NOOR)]
    row = alone.row(known=True)
    types(world, [by_aws], "rollout cut pilot")
    types(world, [by_aws], f"{UP} --refresh", ends=range(256))
    by_aws.during = [watch.signs_in(NOOR)]
    return [row, by_aws.row()]
