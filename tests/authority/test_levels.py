"""Who may still invoke at each level, for sessions from before and after an incident, judged by others' evaluator."""

from __future__ import annotations

from typing import Any

import pytest

from rollout.incidents.cut_rules import MAX_STOPPED
from rollout.levels import Level
from tests import recording, stacks
from tests.authority.evaluator import Request, verdicts
from tests.authority.roles import ATTACHMENT, INLINE, boundary, managed, policies
from tests.recording import ACCOUNT
from tests.registrations import Recorded

SINCE = "2026-11-23T11:00:00Z"
BEFORE, AFTER = "2026-11-23T10:59:00Z", "2026-11-23T11:01:00Z"
INCIDENT = {"id": "INC-7", "since": SINCE, "reason": "key in a commit"}
ALICE, GRACE = "alice.chen@acme.example", "grace.liu@acme.example"
LIVE = [level for level in Level if level not in {Level.PLANNED, Level.ROLLED_BACK}]
MANAGED_POLICY_CHARACTERS, INLINE_CHARACTERS, MANAGED_PER_ROLE = 6144, 10_240, 10


def document(cohort_level: Level, **member: Any) -> dict[str, Any]:
    made = stacks.small()
    made["cohorts"]["pilot"]["level"] = cohort_level.value
    if cohort_level.needs_incident:
        made["cohorts"]["pilot"]["incident"] = INCIDENT
    made["cohorts"]["pilot"]["members"][ALICE] |= member
    return made


def ask(run: Recorded, email: str, issued: str, label: str, session: str | None = None) -> Request:
    name = session or email
    return Request(
        f"arn:aws:sts::{ACCOUNT}:assumed-role/claude-code-pilot/{name}",
        "bedrock:InvokeModelWithResponseStream",
        run.cohorts["pilot"]["profile_arns"][label],
        {"aws:TokenIssueTime": issued, "aws:userid": f"AROAEXAMPLE:{name}"},
        policies(run, "pilot"),
        boundary=boundary(run, "pilot"),
    )


@pytest.mark.parametrize("level", LIVE)
def test_a_cohorts_level_decides_for_everybody(level: Level) -> None:
    run = recording.run(stacks.config(document(level)))
    for email in (ALICE, GRACE):
        for issued in (BEFORE, AFTER):
            wanted = {
                "sonnet": level in {Level.ACTIVE, Level.RESTRICTED},
                "haiku": level in {Level.ACTIVE, Level.RESTRICTED, Level.THROTTLED},
            }
            assert verdicts([ask(run, email, issued, label) for label in wanted]) == list(wanted.values())


@pytest.mark.slow
@pytest.mark.parametrize("level", [level for level in LIVE if level is not Level.ACTIVE])
@pytest.mark.parametrize("federation", ["saml", "oidc"])
def test_a_members_own_level_decides_for_that_member_alone(level: Level, federation: str) -> None:
    run = recording.run(
        stacks.config({**document(Level.ACTIVE, level=level.value, incident=INCIDENT), "federation": federation})
    )
    session = {email: email if federation == "saml" else recording.okta_user_id(email) for email in (ALICE, GRACE)}
    wanted = {"sonnet": level is Level.RESTRICTED, "haiku": level in {Level.RESTRICTED, Level.THROTTLED}}
    for issued in (BEFORE, AFTER):
        assert verdicts([ask(run, ALICE, issued, label, session[ALICE]) for label in wanted]) == list(wanted.values())
        assert verdicts([ask(run, GRACE, issued, label, session[GRACE]) for label in wanted]) == [True, True]


@pytest.mark.parametrize("kept", [{"sessions_valid_from": SINCE}, {"incident": INCIDENT}])
def test_sessions_from_before_an_incident_stay_dead_after_the_resume(kept: dict[str, Any]) -> None:
    whole = document(Level.ACTIVE)
    whole["cohorts"]["pilot"] |= kept
    run = recording.run(stacks.config(whole))
    assert verdicts([ask(run, GRACE, issued, "haiku") for issued in (BEFORE, AFTER)]) == [False, True]
    one = recording.run(stacks.config(document(Level.ACTIVE, **kept)))
    assert verdicts([ask(one, ALICE, issued, "haiku") for issued in (BEFORE, AFTER)]) == [False, True]
    assert verdicts([ask(one, GRACE, issued, "haiku") for issued in (BEFORE, AFTER)]) == [True, True]


@pytest.mark.parametrize("level", ["suspended", "throttled", None])
def test_two_hundred_members_with_levels_of_their_own_fit_into_iam(level: str | None) -> None:
    made = stacks.small()
    longest = "@" + "d" * 40 + ".example"
    own = {"incident": INCIDENT, "sessions_valid_from": SINCE} | ({"level": level} if level else {})
    made["cohorts"]["pilot"]["members"] = {
        f"{number:015}{longest}": {"name": "x", "team": "backend", **own} for number in range(MAX_STOPPED)
    }
    run = recording.run(stacks.config(made))
    assert 3 <= len(run.of(ATTACHMENT)) <= MANAGED_PER_ROLE
    assert max(map(len, managed(run).values())) <= MANAGED_POLICY_CHARACTERS
    inline = [r for r in run.of(INLINE) if r.inputs["role"] == "claude-code-pilot"]
    assert sum(len(r.inputs["policy"]) for r in inline) <= INLINE_CHARACTERS


def test_members_leave_okta_only_after_their_deny_is_in_force() -> None:
    run = recording.run(stacks.config(document(Level.ACTIVE, level="suspended", incident=INCIDENT)))
    [attached] = run.of(ATTACHMENT)
    for memberships in run.of("okta:index/groupMemberships:GroupMemberships"):
        assert attached.urn in memberships.depends_on


def test_a_member_whose_name_is_part_of_anothers_is_stopped_alone() -> None:
    made = document(Level.ACTIVE)
    others = ("chen@acme.example", "alice.chen@acme.example.org", "x.alice.chen@acme.example")
    made["cohorts"]["pilot"]["members"] |= {email: {"name": "x", "team": "backend"} for email in others}
    for stopped in (ALICE, others[0]):
        own = {"level": "suspended", "incident": INCIDENT}
        members = made["cohorts"]["pilot"]["members"]
        run = recording.run(
            stacks.config(
                {
                    **made,
                    "cohorts": {
                        "pilot": {
                            **made["cohorts"]["pilot"],
                            "members": {**members, stopped: {**members[stopped], **own}},
                        }
                    },
                }
            )
        )
        asked = [ALICE, *others]
        assert verdicts([ask(run, email, AFTER, "haiku") for email in asked]) == [email != stopped for email in asked]
