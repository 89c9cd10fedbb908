"""`rollout gate`: whether a cohort's targets are met, and which exit code says so."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from cli.commands import gate
from cli.live.stack import CommandError
from rollout.model.rollout import Rollout
from rollout.success.gates import verdict_of
from rollout.success.metrics import METRICS, Observed, Week, written
from tests import stacks
from tests.live.told import rollout

BASELINE = {"pr_cycle_days": 3, "prs_per_developer_week": 8, "bug_reopen_percent": 12, "review_turnaround_hours": 6}
TARGETS = {"pr_cycle_days": 2.4, "bug_reopen_percent": 10.8}


def judged_stack(**pilot: Any) -> Rollout:
    cohort = {
        **stacks.small()["cohorts"]["pilot"],
        "opened": "2026-09-07T00:00:00Z",
        "targets": TARGETS,
        **pilot,
    }
    kept = {key: value for key, value in cohort.items() if value is not None}
    return rollout(cohorts={"pilot": kept}, success={"baseline": BASELINE})


def weeks(value: float, count: int = 4) -> str:
    seen = {name: Observed(value, 50) for name in METRICS}
    return written([Week(monday=date(2026, 10, 5) + timedelta(weeks=n), observed=seen) for n in range(count)])


@pytest.mark.parametrize(
    ("figures", "code", "state"),
    [
        (weeks(2), 0, "met"),
        (weeks(5), 1, "not met"),
        (weeks(2, 3), 3, "not enough data"),
        (None, 3, "not enough data"),
    ],
)
def test_a_gate_is_met_not_met_or_cannot_be_judged_and_its_code_says_which(
    figures: str | None, code: int, state: str
) -> None:
    stack = judged_stack()
    verdict = verdict_of(stack, "pilot", figures)
    assert (verdict.state, gate.CODES[verdict.state]) == (state, code)
    document = gate.document(stack, "pilot", verdict, {})
    assert document["metrics"]["pr_cycle_days"]["target"] == 2.4
    assert document["metrics"]["pr_cycle_days"]["baseline"] == 3
    assert bool(document["missing"]) == (code == 3)
    assert next(iter(gate.lines(stack, "pilot", verdict, {}))) == f"pilot: {state}"


def test_a_cohort_without_targets_cannot_be_judged_and_the_file_is_told_what_it_lacks() -> None:
    with pytest.raises(
        CommandError, match=r"the stack file has no success, no cohorts.pilot.targets, no cohorts.pilot.opened"
    ):
        gate.judged(rollout(), "pilot")
    with pytest.raises(CommandError, match=r"no such cohort: pilto; did you mean pilot\?"):
        gate.judged(judged_stack(), "pilto")
    gate.judged(judged_stack(), "pilot")
