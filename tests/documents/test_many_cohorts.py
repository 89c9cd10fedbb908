"""Rights that grow with the cohorts: IAM takes each document of a stack of a hundred, and none says more or less."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from rollout.access.documents import allow, document
from rollout.access.parts import in_parts
from rollout.iam_limits import INLINE_CHARACTERS, MANAGED_CHARACTERS, MANAGED_PER_ROLE, characters
from rollout.stack_file.size_checks import meters_role
from tests import recording, stacks
from tests.registrations import Recorded


def cohorts(count: int) -> dict[str, Any]:
    member = {"name": "x", "team": "backend"}
    return {
        f"wave{n}": {"level": "active", "models": ["haiku", "sonnet"], "members": {f"p{n}@acme.example": member}}
        for n in range(count)
    }


@pytest.fixture(scope="module")
def hundred() -> Recorded:
    return recording.run(stacks.config({**stacks.small(), "cohorts": cohorts(100)}))


def rights(policy: dict[str, Any]) -> Counter[tuple[str, str]]:
    return Counter(
        (action, resource) for each in policy["Statement"] for action in each["Action"] for resource in each["Resource"]
    )


def test_every_policy_of_a_hundred_cohorts_is_one_that_iam_takes(hundred: Recorded) -> None:
    inline: Counter[str] = Counter()
    for policy in hundred.of("aws:iam/rolePolicy:RolePolicy"):
        inline[policy.inputs["role"]] += characters(json.loads(policy.inputs["policy"]))
    assert max(inline.values()) <= INLINE_CHARACTERS
    for policy in hundred.of("aws:iam/policy:Policy"):
        assert characters(json.loads(policy.inputs["policy"])) <= MANAGED_CHARACTERS
    attached = Counter(each.inputs["role"] for each in hundred.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment"))
    assert attached["claude-code-meter"] >= 2
    assert max(attached.values()) <= MANAGED_PER_ROLE


def test_what_moves_to_a_managed_policy_is_there_before_it_is_taken_from_the_role(hundred: Recorded) -> None:
    inline = hundred.one("meter-function-work")
    attached = {
        each.urn
        for each in hundred.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
        if each.inputs["role"] == "claude-code-meter"
    }
    assert attached
    assert attached <= set(inline.depends_on)


def test_in_parts_a_document_says_what_it_said_once_and_no_more() -> None:
    small = allow("Alerts", ["sqs:SendMessage"], ["arn:aws:sqs:us-east-1:123456789012:q"])
    logs = [f"arn:aws:logs:us-east-1:123456789012:log-group:/g/{n}:log-stream:s" for n in range(150)]
    roles = [f"arn:aws:iam::123456789012:role/r-{n}" for n in range(150)]
    whole = document(small, allow("Logs", ["logs:PutLogEvents"], logs), allow("Roles", ["iam:GetRole"], roles))
    kept, parts = in_parts(whole)
    assert kept == document(small)
    assert len(parts) == 3
    assert all(characters(each) <= MANAGED_CHARACTERS for each in parts)
    assert sum(map(rights, [kept, *parts]), Counter()) == rights(whole)
    assert in_parts(document(small)) == (document(small), [])


def test_more_cohorts_than_the_meters_role_has_policies_for_are_refused_before_iam_does() -> None:
    now = datetime.now(UTC)
    assert not list(meters_role({"cohorts": cohorts(100)}, now))
    assert not list(meters_role({"cohorts": cohorts(100), "budgets": {"user_daily_stop_usd": 50}}, now))
    [mistake] = meters_role({"cohorts": cohorts(400)}, now)
    assert mistake.text == (
        "400 cohorts, for which the meter's role takes 11 IAM policies; it has room for 6: "
        "put some into a stack of their own (`rollout init --beside`)"
    )
    assert not list(meters_role({"cohorts": cohorts(400), "adopt": {"meter": True}}, now))
