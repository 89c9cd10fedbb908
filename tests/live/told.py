"""What a stack's sources tell of a pilot that is well, and what `rollout status` makes of it."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from cli.commands.status import show
from cli.live.alarms import AlarmState
from cli.live.asking import Unreachable
from cli.live.emergency import RoleState
from cli.live.engine import Update
from cli.live.incidents import LevelChange
from cli.live.status import Status, Told, status
from cli.live.usage import CohortDay
from rollout import names
from rollout.levels import Level
from rollout.model.rollout import Rollout
from rollout.stack_file.load import load
from tests import stacks

NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
EARLIER = NOW - timedelta(days=2)
ARNS = {
    label: f"arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/{label}"
    for label in ("sonnet", "haiku")
}
GONE = Unreachable("spend", "ConnectTimeoutError: it does not answer")


def rollout(**more: Any) -> Rollout:
    return load(stacks.config({**stacks.small(), **more}), Path(), NOW)


def deployed(**more: Any) -> dict[str, Any]:
    members = sorted(stacks.small()["cohorts"]["pilot"]["members"])
    return {"cohorts": {"pilot": {"level": "active", "members": members, "profile_arns": ARNS, **more}}}


def alarm(state: str = "OK") -> AlarmState:
    name = names.alarm("pilot", "spend")
    return AlarmState(
        name=name,
        cohort="pilot",
        state=state,
        since=EARLIER,
        why="too much [of it]",
        description="Look at who spends. " * 6,
    )


def update(result: str = "succeeded") -> Update:
    return Update(
        version=3, kind="update", started=EARLIER, ended=EARLIER, result=result, message="", changes={"create": 2}
    )


def told(**more: Any) -> Told:
    opened = LevelChange(
        at=EARLIER,
        cohort="pilot",
        member=None,
        before=Level.PLANNED,
        after=Level.ACTIVE,
        people=2,
        incident=None,
        since=None,
        reason=None,
    )
    days = [
        CohortDay(cohort="pilot", day=day, usd=usd) for day, usd in ((date(2026, 11, 24), 100.5), (NOW.date(), 20.25))
    ]
    known: dict[str, Any] = {
        "outputs": deployed(),
        "updates": [update()],
        "account": "123456789012",
        "days": days,
        "used": {"pilot": NOW},
        "alarms": [alarm()],
        "changes": [opened],
        "profiles": set(ARNS.values()),
        "roles": {"pilot": RoleState(exists=True, allows=True)},
    }
    return Told(**{**known, **more})


def found(known: Told, stack: Rollout | None = None) -> Status:
    return status("prod", stack or rollout(), known, NOW)


def shown(known: Status) -> str:
    out = io.StringIO()
    show(Console(file=out, width=80, highlight=False), known)
    return out.getvalue()
