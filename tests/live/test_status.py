"""`rollout status` and `rollout gate`: what is known is shown, what is not is said, and the exit code says who is needed."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli.commands import gate
from cli.commands import status as command
from cli.commands.status import show
from cli.live.alarms import AlarmState
from cli.live.asking import Unreachable
from cli.live.emergency import Emergency, RoleState
from cli.live.engine import Update
from cli.live.in_force import differences
from cli.live.incidents import LevelChange
from cli.live.stack import CommandError
from cli.live.status import Status, Told, status
from cli.live.usage import CohortDay
from rollout import names
from rollout.levels import Level
from rollout.model.rollout import Rollout
from rollout.stack_file.load import load
from rollout.success.gates import verdict_of
from rollout.success.metrics import METRICS, Observed, Week, written
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


CUT = Emergency(cohort="pilot", subject=None, names=(), since=EARLIER, policy="cut")
LIU = "grace.liu@acme.example"
LIU_CUT = Emergency(cohort="pilot", subject=LIU, names=(LIU,), since=EARLIER, policy=f"cut-{LIU}")
INCIDENT = {"id": "INC-7", "since": "2026-11-23T12:30:00Z", "reason": "A key was committed"}

UNSAID = "was cut in IAM since 23 Nov 12:30, and the file does not say so: `rollout set-level -s prod"


def at_level(name: str, **member: Any) -> Rollout:
    pilot: dict[str, Any] = {**stacks.small()["cohorts"]["pilot"], "level": name}
    pilot |= {"incident": INCIDENT} if name != "active" else {}
    pilot["members"] = {**pilot["members"], LIU: {**pilot["members"][LIU], **member}} if member else pilot["members"]
    return rollout(cohorts={"pilot": pilot})


def role(**more: Any) -> dict[str, Any]:
    allowed = RoleState(exists=True, allows=True)
    return {"roles": {"pilot": replace(allowed, **more)}}


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (role(), "allowed"),
        ({"roles": {"pilot": RoleState(exists=False)}}, "no role"),
        (role(emergencies=(CUT,)), "all denied since 23 Nov 12:30 by rollout cut"),
        (role(emergencies=(LIU_CUT,)), f"allowed; cut by rollout cut since 23 Nov 12:30 (1 person): {LIU}"),
        (role(allows=False, suspended=True), "Bedrock denied"),
        (role(denied_names=frozenset({LIU})), f"allowed; denied alone: {LIU}"),
        (role(others=("AWSRevokeOlderSessions",)), "allowed; besides: AWSRevokeOlderSessions"),
        ({"roles": {"pilot": Unreachable("IAM", "AccessDenied")}}, "?"),
    ],
)
def test_what_iam_has_in_force_is_shown_and_never_what_the_file_says_in_its_place(
    state: dict[str, Any], words: str
) -> None:
    for stack in (rollout(), at_level("suspended")):
        known = found(told(**state), stack)
        assert known.cohorts[0].in_force.iam_words == words
        text = shown(known)
        assert max(map(len, text.splitlines())) <= 80
        assert "in IAM" in text


@pytest.mark.parametrize(
    ("stack", "state", "needed"),
    [
        (rollout(), role(), None),
        (at_level("suspended"), role(allows=False, suspended=True), None),
        (at_level("suspended"), role(allows=False, suspended=True, emergencies=(CUT,)), None),
        (at_level("suspended"), role(), "pilot: IAM allows, and the file says suspended"),
        (rollout(), role(allows=False, suspended=True), "pilot: IAM denies, and the file says active"),
        (rollout(), role(allows=False), "pilot: IAM allows nothing, and the file says active"),
        (rollout(), {"roles": {"pilot": RoleState(exists=False)}}, "pilot: no role in IAM, and the file says active"),
        (at_level("rolled_back"), role(), "pilot: IAM allows, and the file says rolled_back"),
        (
            at_level("rolled_back"),
            role(allows=False, suspended=True),
            "pilot: the role is still in IAM, and the file says rolled_back",
        ),
        (
            rollout(),
            role(emergencies=(CUT,)),
            f"cohort pilot {UNSAID} pilot suspended`, or `active`",
        ),
        (
            rollout(),
            role(emergencies=(LIU_CUT,)),
            f"{LIU} {UNSAID} {LIU} suspended`, or `active`",
        ),
        (at_level("active", level="suspended", incident=INCIDENT), role(denied_names=frozenset({LIU})), None),
        (
            at_level("active", level="suspended", incident=INCIDENT),
            role(),
            f"pilot: IAM does not deny {LIU}, and the file says suspended",
        ),
        (rollout(), role(denied_names=frozenset({LIU})), f"pilot: IAM denies {LIU}, and the file says active"),
    ],
)
def test_where_iam_does_otherwise_than_the_file_says_somebody_is_needed(
    stack: Rollout, state: dict[str, Any], needed: str | None
) -> None:
    known = found(told(**state), stack)
    assert list(known.contradictions) == ([needed] if needed else [])
    assert known.needs[: len(known.contradictions)] == list(known.contradictions)


def test_what_okta_and_the_macs_have_is_said_or_that_nobody_asked() -> None:
    assert found(told()).cohorts[0].in_force.okta_words(2) == "not asked"
    assert found(told(groups=GONE)).cohorts[0].in_force.okta_words(2) == "not asked"
    assert found(told(groups={"pilot": 1})).cohorts[0].in_force.okta_words(2) == "1 of 2 in its group"
    assert found(told(groups={"pilot": None})).cohorts[0].in_force.okta_words(2) == "no group"
    macs = {"pilot": {"pilot": {"Mac 1": "completed", "Mac 2": "not yet"}}}
    assert (
        found(told(outputs={**deployed(), "macs": macs})).cohorts[0].in_force.mac_words == "1 of 2 at the last update"
    )
    assert found(told()).cohorts[0].in_force.mac_words == "not asked"


def test_who_is_apart_is_named() -> None:
    stack = at_level("active", level="suspended", incident=INCIDENT)
    assert f"Apart:       pilot: {LIU} suspended" in shown(found(told(), stack))


@pytest.mark.parametrize(("days", "line"), [(-1, "Ended:"), (0, "Ended:"), (1, "Ends:"), (14, "Ends:"), (15, None)])
def test_whose_access_has_ended_and_whose_soon_will_is_named(days: int, line: str | None) -> None:
    end = NOW.replace(microsecond=0) + timedelta(days=days)
    known = found(told(), at_level("active", until=end.isoformat()))
    wanted = f"{line or '':<13}pilot: {LIU} {end:%d %b %H:%M} UTC"
    assert (wanted in shown(known)) if line else LIU not in shown(known)


def test_an_emergency_deny_is_drift_that_the_engine_does_not_see() -> None:
    known = found(replace(told(**role(emergencies=(CUT,))), drift=[]))
    assert known.drift == ["emergency Deny cut on claude-code-pilot, which no update lifts"]
