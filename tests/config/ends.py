"""Stack files whose access ends, and the record that updates of them leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rollout.incidents.cut_record import Record, read
from rollout.incidents.cut_rules import advance
from rollout.incidents.ends import ends
from rollout.model.rollout import Rollout
from rollout.stack_file.load import load
from tests import stacks
from tests.review.changes import ALICE, Document

DAY, END = "2026-12-31", datetime(2027, 1, 1, tzinfo=UTC)
LATER, EARLIER = "2027-03-31", "2026-12-15"
NOW = datetime(2026, 11, 29, tzinfo=UTC)
SAID, AGAIN = "2026-11-20T09:00:00Z", "2026-11-21T09:00:00Z"
# An update before both.
RECORDED = datetime(2026, 11, 19, tzinfo=UTC)


def loaded(now: datetime, *, cohort: Document | None = None, **member: Any) -> Rollout:
    document = stacks.small()
    document["cohorts"]["pilot"] |= cohort or {}
    document["cohorts"]["pilot"]["members"][ALICE] |= member
    return load(stacks.config(document), stacks.COMPANY, now)


def until(text: object) -> datetime | None:
    return loaded(NOW, until=text).cohorts["pilot"].members[ALICE].until


def after(
    before: Record, *files: Rollout, known: Mapping[str, Sequence[str]] | None = None, at: datetime = RECORDED
) -> Record:
    for file in files:
        before = read(advance(before, file, known or {}, at).document())
    return before


def end_on_record(record: Record) -> datetime | None:
    return ends(record, {}, "pilot").sessions.get(ALICE)
