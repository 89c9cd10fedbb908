"""`rollout status`: what IAM, Okta and the Macs have in force, and whose access is apart from the cohort's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cli.live.asking import Unreachable
from cli.live.emergency import Emergency, RoleState
from rollout.model.rollout import Rollout
from tests import stacks
from tests.live.told import EARLIER, GONE, NOW, deployed, found, rollout, shown, told

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
