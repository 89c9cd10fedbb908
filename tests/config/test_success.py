"""What a stack file may say of success, and of which cohort opens after which."""

from __future__ import annotations

from typing import Any

import pytest

from rollout.model.success import Targets
from rollout.stack_file.load import load
from rollout.stack_file.roster_table import COLUMNS
from tests import stacks
from tests.config.stack_files import NOW, loaded, mistakes

BASELINE = {
    "pr_cycle_days": 3,
    "prs_per_developer_week": 8,
    "bug_reopen_percent": 12,
    "review_turnaround_hours": 6,
}
TARGETS = {
    "pr_cycle_days": 2.4,
    "prs_per_developer_week": 9.2,
    "bug_reopen_percent": 10.8,
    "review_turnaround_hours": 5.1,
}
OPENED = "2026-09-07T00:00:00Z"


def gated(level: str = "planned") -> dict[str, Any]:
    """The small stack file with a second wave that opens after the pilot."""
    document = stacks.small()
    document["success"] = {"baseline": dict(BASELINE)}
    document["cohorts"]["pilot"] |= {"opened": OPENED, "targets": dict(TARGETS)}
    document["cohorts"]["wave2"] = {
        "level": level,
        "models": ["haiku"],
        "opens_after": "pilot",
        "members": {"amara.eze@acme.example": {"name": "Amara Eze", "team": "backend"}},
    }
    return document


def test_the_production_stack_file_has_the_plans_baselines_and_targets() -> None:
    rollout = load(stacks.committed("prod"), stacks.COMPANY, NOW)
    assert rollout.success
    assert rollout.success.baseline.model_dump() == BASELINE
    assert rollout.cohorts["pilot"].targets == Targets(**TARGETS)
    assert rollout.cohorts["wave2"].opens_after == "pilot"
    wave2 = rollout.cohorts["wave2"].targets
    assert wave2
    # The plan's table: 30 % and 25 % and 20 % and 30 % better than the baselines.
    assert list(wave2.given.values()) == [
        pytest.approx(3 * 0.7),
        pytest.approx(8 * 1.25),
        pytest.approx(12 * 0.8),
        pytest.approx(6 * 0.7),
    ]


def test_every_mistake_of_targets_and_gates_comes_out_at_once() -> None:
    document = gated()
    pilot, wave2 = document["cohorts"]["pilot"], document["cohorts"]["wave2"]
    pilot["targets"] = {"pr_cycle_days": 3.5, "prs_per_developer_week": 7, "velocity": 3}
    del pilot["opened"]
    wave2["opens_after"] = "pilto"
    document["cohorts"]["wave3"] = {"level": "planned", "models": ["haiku"], "gate_override": {"by": "a@b.example"}}
    document["github"] = {"organization": "acme corp", "bug_labels": ["bug", 'a"b'], "repositories": ["acme/app"]}
    assert mistakes(document) == [
        "cohorts.pilot.opened: missing; since when its people have had access, such as 2026-09-07T00:00:00Z: targets need it",
        "cohorts.pilot.targets.pr_cycle_days: 3.5 is worse than the baseline of 3; lower is better",
        "cohorts.pilot.targets.prs_per_developer_week: 7 is worse than the baseline of 8; higher is better",
        (
            "cohorts.pilot.targets.velocity: unknown key; allowed: bug_reopen_percent, pr_cycle_days, "
            "prs_per_developer_week, review_turnaround_hours"
        ),
        "cohorts.wave2.opens_after: no such other cohort: pilto; did you mean pilot? allowed: pilot, wave3",
        "cohorts.wave3.gate_override.reason: missing; Why it opens before its time; it goes into the record as well.",
        "cohorts.wave3.gate_override: there is no gate to override; name one by opens_after, or take it out",
        'github.bug_labels.1: not a label at GitHub (1 to 50 characters, no quote, comma or backslash): a"b',
        (
            "github.organization: not a name at GitHub (1 to 100 letters, digits and _.-; a repository without owner): "
            "acme corp"
        ),
        (
            "github.repositories.0: not a name at GitHub (1 to 100 letters, digits and _.-; a repository without owner): "
            "acme/app"
        ),
        "github_token: missing; `pulumi config set --secret github_token`, or take `github` out",
    ]


def test_a_gate_needs_targets_to_wait_for_and_no_circle() -> None:
    document = gated()
    del document["cohorts"]["pilot"]["targets"]
    assert mistakes(document) == ["cohorts.pilot.targets: missing; cohort wave2 opens once they are met"]
    document = gated()
    document["cohorts"]["pilot"]["opens_after"] = "wave2"
    assert mistakes(document) == [
        "cohorts.pilot.opens_after: goes in a circle: pilot after wave2 after pilot; none of them could open",
        "cohorts.wave2.opens_after: goes in a circle: wave2 after pilot after wave2; none of them could open",
    ]


def test_targets_need_a_baseline() -> None:
    document = gated()
    del document["success"]
    [line] = mistakes(document)
    assert line == (
        "cohorts.pilot.targets: there is no success.baseline to hold them against; give it, or take these out"
    )


def test_a_github_login_is_one_persons() -> None:
    document = gated()
    members = document["cohorts"]["pilot"]["members"]
    for member in members.values():
        member["github"] = "alice-chen"
    assert mistakes(document) == [
        (
            "cohorts.pilot.members.grace.liu@acme.example.github: alice-chen is alice.chen@acme.example's already; "
            "a login is one person's"
        )
    ]


def test_a_roster_may_have_a_column_for_logins() -> None:
    assert "github" in COLUMNS
    assert loaded(gated()).cohorts["wave2"].opens_after == "pilot"
