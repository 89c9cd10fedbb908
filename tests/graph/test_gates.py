"""A cohort that opens after another: refused in preview with the numbers, opened once they are met, or by name."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pulumi
import pytest

from rollout.success.metrics import Observed, Week, written
from tests import recording, stacks
from tests.config.test_success import gated
from tests.registrations import Recorded

WEEKS, GATE = "/claude-code/success/weeks/pilot", "/claude-code/success/gates/wave2"
READ = "aws:ssm/getParametersByPath:getParametersByPath"
PARAMETER = "aws:ssm/parameter:Parameter"
INCIDENT = {"id": "INC-7", "since": "2026-11-23T11:00:00Z", "reason": "key in a commit"}
GOOD = {"pr_cycle_days": 2.3, "prs_per_developer_week": 9.5, "bug_reopen_percent": 10.0, "review_turnaround_hours": 5.0}


def seen(count: int = 4, **changed: float) -> dict[str, str]:
    """The collector's parameter, after some weeks."""
    figures = {name: Observed(value, 100) for name, value in {**GOOD, **changed}.items()}
    return {
        WEEKS: written([Week(monday=date(2026, 9, 7) + timedelta(weeks=n), observed=figures) for n in range(count)])
    }


def run(document: dict[str, Any], parameters: dict[str, str] | None = None) -> Recorded:
    return recording.run(stacks.config(document), parameters=parameters)


def refused(document: dict[str, Any], parameters: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(pulumi.RunError) as caught:
        run(document, parameters)
    return str(caught.value).splitlines()


def record(run: Recorded) -> Any:
    [parameter] = run.of(PARAMETER)
    assert parameter.inputs["name"] == GATE
    assert "Cohort" not in parameter.urn
    return json.loads(parameter.inputs["insecureValue"])


def test_a_planned_cohort_asks_for_nothing() -> None:
    assert READ not in [token for token, _ in run(gated("planned")).calls]


def test_it_is_refused_before_anything_is_known() -> None:
    assert refused(gated("active")) == [
        "the stack file has 5 mistakes; nothing was touched:",
        (
            "cohorts.wave2.level: pilot cannot be judged yet; no week of it is known; configure `github`; "
            "leave it planned, or set gate_override: {by, reason}"
        ),
        (
            "cohorts.pilot.targets: pr_cycle_days: not enough data: 0 of 4 weeks, 0 pull requests of at least 20; "
            "target 2.4 (-20.0 %), baseline 3 days"
        ),
        (
            "cohorts.pilot.targets: prs_per_developer_week: not enough data: 0 of 4 weeks, 0 developer weeks of at least 1; "
            "target 9.2 (+15.0 %), baseline 8 PRs"
        ),
        (
            "cohorts.pilot.targets: bug_reopen_percent: not enough data: 0 of 4 weeks, 0 closed bugs of at least 10; "
            "target 10.8 (-10.0 %), baseline 12 %"
        ),
        (
            "cohorts.pilot.targets: review_turnaround_hours: not enough data: 0 of 4 weeks, 0 reviewed pull requests of "
            "at least 20; target 5.1 (-15.0 %), baseline 6 hours"
        ),
    ]


def test_it_is_refused_with_the_numbers_where_a_target_is_missed() -> None:
    lines = refused(gated("active"), seen(pr_cycle_days=2.7))
    assert lines[1] == (
        "cohorts.wave2.level: pilot has not met its targets; leave it planned, or set gate_override: {by, reason}"
    )
    assert lines[2] == (
        "cohorts.pilot.targets: pr_cycle_days: not met: 2.7 (-10.0 %) in 4 weeks from 2026-09-07 on, 400 pull requests; "
        "target 2.4 (-20.0 %), baseline 3 days"
    )


def test_it_opens_once_they_are_met_and_the_numbers_are_kept() -> None:
    opened = run(gated("active"), seen())
    assert opened.one("wave2-access-role")
    found = record(opened)
    assert found["after"] == "pilot"
    assert len(found["met"]) == 4


def test_once_open_it_stays_so_whatever_the_figures_become() -> None:
    kept = json.dumps({"after": "pilot", "met": ["as it was"]})
    later = run(gated("active"), {**seen(pr_cycle_days=9.0), GATE: kept})
    assert record(later) == json.loads(kept)


def test_somebody_may_answer_for_it_and_is_named_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    warned: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", warned.append)
    document = gated("active")
    override = {"by": "priya.raman@acme.example", "reason": "the pilot is too small to judge by bugs"}
    document["cohorts"]["wave2"]["gate_override"] = override
    assert record(run(document))["overridden"] == override
    assert (
        "cohorts.wave2: opened without waiting for pilot: priya.raman@acme.example overrides: "
        "the pilot is too small to judge by bugs"
    ) in warned


def test_a_shut_gate_does_not_stop_access_from_being_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    warned: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", warned.append)
    document = gated("active")
    document["cohorts"]["pilot"] |= {"level": "suspended", "incident": INCIDENT}
    assert run(document, seen(pr_cycle_days=9.0)).of(PARAMETER) == []
    assert any(line.startswith("cohorts.wave2.level: pilot has not met its targets") for line in warned)


@pytest.mark.parametrize(
    "text", ["[", "{}", '[{"monday": "x"}]', '[{"monday": "2026-09-07", "pr_cycle_days": [NaN, 1]}]']
)
def test_figures_that_nobody_can_read_open_no_gate(text: str) -> None:
    [_, line] = refused(gated("active"), {WEEKS: text})
    assert line.startswith(f"cohorts.wave2.level: {WEEKS} cannot be read: ")
