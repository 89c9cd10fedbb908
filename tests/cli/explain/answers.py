"""What the sources answer of Alice, who may call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cli.explain.answers import Account
from cli.live.emergency import Emergency, RoleState
from rollout.incidents.cut_record import Record, read
from rollout.incidents.cut_rules import advance
from rollout.model.rollout import Rollout
from tests.review.changes import ALICE, changed

NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
BEFORE = NOW - timedelta(days=10)
GROUPS = ("aws_123456789012_claude-code-pilot", "Claude-Code-Users")
ACTIVE = Account(login=ALICE, status="ACTIVE", groups=frozenset(GROUPS))
ROLE = RoleState(exists=True, allows=True)


def record(*files: Rollout) -> Record:
    found = Record()
    for file in files:
        found = read(advance(found, file, None, NOW).document())
    return found


def emergency(*names: str) -> Emergency:
    return Emergency(cohort="pilot", subject=ALICE if names else None, names=names, since=NOW, policy="cut")


def without_alice() -> Rollout:
    return changed(lambda document: document["cohorts"]["pilot"]["members"].pop(ALICE))
