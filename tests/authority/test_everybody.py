"""Every member, cohort, model, level, age of session and moment around an end: no decision of others' evaluator may differ from the table.

The table is written here a second time, from the design (3) and the stack file alone, so that the program cannot agree
with its own mistake.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

import pytest

from rollout.stack_file.roster import read_roster
from tests import recording, stacks
from tests.authority.evaluator import Request, invocation, verdicts
from tests.authority.roles import boundary, policies
from tests.config import generated
from tests.registrations import Recorded

INCIDENT = generated.INCIDENT
BEFORE, AFTER = "2026-11-20T00:00:00Z", "2026-11-23T12:00:00Z"
# By the last day that a file names, and the moments that are asked about where one does.
ENDS = {generated.MEMBERS_LAST_DAY: "2099-01-01T00:00:00Z", generated.COHORTS_LAST_DAY: "2099-07-01T00:00:00Z"}
MOMENTS = ("2098-12-31T23:59:59Z", "2099-01-01T00:00:00Z", "2099-06-30T23:59:59Z", "2099-07-01T00:00:00Z")
ORDER = ["planned", "active", "restricted", "throttled", "suspended", "rolled_back"]
WITH_ROLE = ("active", "restricted", "throttled", "suspended")
# Of each seed as many as this; the generated files have up to 200 people and twenty models.
MOST = 700
SEEDS = (range(10), range(10, 20), range(20, 30))
Document = dict[str, Any]
RoleOf = Callable[[Recorded, str], tuple[str, Mapping[str, Any], Any]]


def may(document: Document, cohort: Document, member: Document, label: str, issued: str, at: str) -> bool:
    """The design's table: whether a session in the cohort's own role may invoke one of its models at a time."""
    if any(at >= ENDS[place["until"]] for place in (cohort, member) if "until" in place):
        return False
    own = member.get("level") or cohort["level"]
    level = max(own, cohort["level"], key=ORDER.index)
    if ORDER.index(level) >= ORDER.index("suspended"):
        return False
    if level == "throttled" and label != document.get("throttle", {}).get("model", "haiku"):
        return False
    return not (issued == BEFORE and (cut(cohort, cohort["level"]) or cut(member, own)))


def cut(place: Document, level: str) -> bool:
    """Whether sessions from before an incident are dead: kept after a resume, or an incident left in the file."""
    left = "incident" in place and place.get("level", "active") == "active" and level in {"active", *WITH_ROLE}
    return bool(place.get("sessions_valid_from")) or left


def people(cohort: Document) -> dict[str, Document]:
    rows = read_roster(cohort["roster"], stacks.COMPANY)[0] if "roster" in cohort else []
    return {**{row.email: dict(row.member) for row in rows}, **cohort.get("members", {})}


def of_ours(run: Recorded, cohort: str) -> tuple[str, Mapping[str, Any], Any]:
    """What a cohort's role is called, what stands on it, and its boundary."""
    return f"claude-code-{cohort}", policies(run, cohort), boundary(run, cohort)


def questions(document: Document, run: Recorded, role_of: RoleOf = of_ours) -> Iterator[tuple[Request, bool, str]]:
    """Each with the answer it should have. A role is asked for its own profiles and for everybody else's."""
    profiles = {name: out.get("profile_arns", {}) for name, out in run.cohorts.items()}
    oidc = document.get("federation") == "oidc"
    for name, cohort in document["cohorts"].items():
        role, held, most = role_of(run, name)
        for email, member in people(cohort).items() if cohort["level"] in WITH_ROLE else ():
            session = recording.okta_user_id(email) if oidc else email
            moments = MOMENTS if "until" in {*cohort, *member} else MOMENTS[:1]
            for owner, arns in profiles.items():
                for (label, arn), issued, at in product(arns.items(), (BEFORE, AFTER), moments):
                    allowed = owner == name and may(document, cohort, member, label, issued, at)
                    request = invocation(role, session, arn, issued, at, held, most)
                    yield request, allowed, f"{email} of {name}, {label} of {owner}, {issued} at {at}"


def wrong_decisions(document: Document, most: int | None = None, role_of: RoleOf = of_ours) -> tuple[list[str], int]:
    asked = list(questions(document, recording.run(stacks.config(document)), role_of))
    # An odd step, since the ages alternate.
    step = (len(asked) // most) | 1 if most else 1
    asked = asked[::step]
    decided = verdicts([request for request, _, _ in asked]) if asked else []
    wrong = [f"{text}: {is_}" for is_, (_, should, text) in zip(decided, asked, strict=True) if is_ != should]
    return wrong, len(asked)


def at_level(stack: str, level: str) -> Document:
    """A committed stack file with every cohort at one level."""
    prefix = "claude-code-rollout:"
    found = {
        key.removeprefix(prefix): value for key, value in stacks.committed(stack).items() if key.startswith(prefix)
    }
    document: Document = {key: json.loads(value) if value[:1] in "{[" else value for key, value in found.items()}
    for cohort in document["cohorts"].values():
        cohort.update({"level": level} | ({"incident": INCIDENT} if level != "active" else {}))
        for key in ("opens_after", "targets"):  # a gate is not what is asked about
            cohort.pop(key, None)
    return document


@pytest.mark.slow
@pytest.mark.sampled("stack")
@pytest.mark.parametrize("level", WITH_ROLE)
@pytest.mark.parametrize("stack", stacks.COMMITTED)
def test_no_decision_is_wrong_for_anybody_in_a_committed_stack_file(stack: str, level: str) -> None:
    wrong, asked = wrong_decisions(at_level(stack, level))
    assert wrong == []
    assert asked


@pytest.mark.slow
@pytest.mark.sampled("seeds")
@pytest.mark.parametrize("seeds", SEEDS, ids=str)
def test_no_decision_is_wrong_for_anybody_in_generated_stack_files(seeds: range) -> None:
    count = 0
    for seed in seeds:
        wrong, asked = wrong_decisions(generated.document(seed), MOST)
        assert wrong == [], seed
        count += asked
    assert count > MOST
