"""`rollout status`: what is known is shown, what is not is said, and the exit code says who is needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from cli.commands import status as command
from cli.live.asking import Unreachable
from cli.live.in_force import differences
from cli.live.usage import CohortDay
from tests import stacks
from tests.live.told import GONE, NOW, alarm, deployed, found, rollout, shown, told, update


def test_a_stack_that_is_well_needs_nobody_and_fits_a_terminal_without_colours() -> None:
    known = found(told())
    assert known.needs == []
    text = shown(known)
    assert "pilot   active  23 Nov 12:30       2    2 of 2  25 Nov 12:30  20.25  120.75" in text
    assert "USD 20.25 today, 120.75 this month of 12,000 (1.0 %)" in text
    assert "File:        says what is deployed" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("source", "unknown"),
    [
        ("outputs", "? of 2"),
        ("updates", "Last update: not known"),
        ("days", "Spend:       not known; the month's budget is USD 12,000"),
        ("alarms", "Alarms:      not known"),
        ("changes", "active  ?"),
        ("profiles", "? of 2"),
    ],
)
def test_a_source_that_is_not_reached_is_named_and_the_rest_is_shown(source: str, unknown: str) -> None:
    known = found(told(**{source: GONE}))
    text = shown(known)
    assert unknown in text
    assert "Not reached: spend: ConnectTimeoutError: it does not answer" in text
    assert text.splitlines()[1] == "Not everything could be asked: spend"
    assert text.splitlines()[3].startswith("pilot   active")
    assert known.needs == []


@pytest.mark.parametrize(
    ("more", "code"), [({}, 0), ({"days": GONE}, 3), ({"days": GONE, "updates": [update("failed")]}, 1)]
)
def test_nobody_is_told_that_all_is_well_where_not_everything_was_asked(
    more: dict[str, Any], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "read", lambda *_: (rollout(), told(**more)))
    assert command.run("prod", drift=False, as_json=True) == code


def test_without_aws_the_reason_is_said_once() -> None:
    gone = Unreachable("AWS", "these credentials are of account 1")
    sources = dict.fromkeys(("account", "days", "used", "alarms", "changes", "profiles", "roles"), gone)
    known = found(told(**sources))
    assert known.unreachable == [gone]
    assert "AWS not reached" in shown(known)
    assert "pilot   active  ?           2    ? of 2  ?              ?      ?" in shown(known)


def test_what_needs_a_person_is_a_firing_alarm_a_difference_drift_a_failed_update_or_a_spent_budget() -> None:
    assert found(told(alarms=[alarm("ALARM")])).needs == ["alarm claude-code-pilot-spend: too much [of it]"]
    assert found(told(alarms=[alarm("INSUFFICIENT_DATA")])).needs == []
    assert found(told(updates=[update("failed")])).needs == ["the last update ended as failed: run `pulumi up` again"]
    assert found(replace(told(), drift=["update Role pilot"])).needs == ["drift: update Role pilot"]
    spent = [CohortDay(cohort="pilot", day=NOW.date(), usd=12_000.5)]
    assert found(told(days=spent)).needs == ["this month's spend of USD 12,000.50 is above the budget"]
    assert found(told(outputs=deployed(level="suspended"))).needs == [
        "file and stack differ: pilot: active in the file, suspended deployed"
    ]


def test_a_firing_alarm_says_what_to_do_within_the_terminals_width() -> None:
    text = shown(found(told(alarms=[alarm("ALARM")])))
    assert "active !" in text
    assert "claude-code-pilot-spend since 23 Nov 12:30" in text
    assert "Look at who spends." in text
    assert max(map(len, text.splitlines())) <= 80


def test_every_way_in_which_file_and_stack_differ_is_said() -> None:
    was: Mapping[str, Any] = {
        "cohorts": {
            "pilot": {
                "level": "active",
                "members": ["grace.liu@acme.example", "x@y.z"],
                "profile_arns": {"haiku": "a"},
            },
            "old": {"level": "active"},
        }
    }
    cohorts = stacks.small()["cohorts"]
    more = {**cohorts, "wave2": {"level": "planned", "models": ["haiku"]}}
    assert differences(rollout(cohorts=more), was) == [
        "old: deployed, and not in the file",
        "pilot: 1 person is in the file and not deployed yet: alice.chen@acme.example",
        "pilot: 1 person is deployed and not in the file any more: x@y.z",
        "pilot: no profile of sonnet",
    ]
    assert differences(rollout(), {}) == ["pilot: active in the file, and not deployed"]


def test_a_cohort_that_is_not_deployed_is_at_no_level_since_any_time() -> None:
    known = found(told(outputs={"cohorts": {}}, changes=[]))
    assert "pilot   active  -  " in shown(known)


def test_an_account_that_nothing_vouches_for_is_noted() -> None:
    known = found(told(outputs=Unreachable("stack outputs", "no backend"), account_checked=False))
    assert "nothing says that account 123456789012 is the stack's; set aws:allowedAccountIds" in known.notes
