"""Rights that grow with the cohorts: IAM takes each document of a stack of a hundred, and none says more or less."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import pytest

from cli.doctor import aws
from rollout.access.documents import allow, document
from rollout.access.parts import in_parts
from rollout.access.sizes import LONGEST
from rollout.iam_limits import INLINE_CHARACTERS, MANAGED_CHARACTERS, MANAGED_PER_ROLE, characters
from rollout.incidents.cut_record import Record
from rollout.incidents.cut_rules import advance
from rollout.stack_file.assessment import advice_lines, judgement
from rollout.stack_file.size_checks import KEPT_FOR_OTHER_STACKS, meters_role
from rollout.usage.meter_input import meter_policy
from tests import recording, stacks
from tests.alarms.test_alarms import rollout
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


@pytest.mark.parametrize(("count", "is_said"), [(50, False), (51, True)])
def test_beyond_fifty_cohorts_a_check_says_what_shows_less_than_all(count: int, is_said: bool) -> None:
    found = rollout(**{**stacks.small(), "cohorts": cohorts(count)})
    said = [line for line in advice_lines(judgement(found, datetime.now(UTC).date())) if "in one stack" in line]
    assert bool(said) is is_said
    if said:
        assert said[0].startswith("cohorts: 51 in one stack: saved queries and dashboards read the logs of 50 at most")


@pytest.mark.parametrize(
    ("what", "count", "health", "text"),
    [
        ("roles", 900, "fine", "100 left"),
        ("roles", 901, "broken", "99 left, for 100 cohorts"),
        ("policies", 1401, "broken", "99 left, for 100 cohorts"),
        ("profiles", 800, "fine", "200 of 1,000"),
        ("profiles", 801, "broken", "200 needed beside 801 of others, 1,000 allowed"),
    ],
)
def test_the_doctor_says_where_an_accounts_quotas_end_before_an_update_meets_them(
    what: str, count: int, health: str, text: str
) -> None:
    found = rollout(**{**stacks.small(), "cohorts": cohorts(100)})
    summary = {"RolesQuota": 1000, "PoliciesQuota": 1500, "Roles": 0, "Policies": 0} | {what.capitalize(): count}
    clients = {name: Mock() for name in ("iam", "bedrock", "service-quotas")}
    clients["iam"].get_account_summary.return_value = {"SummaryMap": summary}
    clients["service-quotas"].get_service_quota.return_value = {"Quota": {"Value": 1000.0}}
    ours = [{"inferenceProfileName": "claude-code-wave7-haiku-0a1b2c3d"}]
    others = [{"inferenceProfileName": f"other-{n}"} for n in range(count if what == "profiles" else 0)]
    pages = [{"inferenceProfileSummaries": ours}, {"inferenceProfileSummaries": others}]
    clients["bedrock"].get_paginator.return_value.paginate.return_value = pages
    checks = [check for check in aws.checks(clients.__getitem__, found, set()) if check.name.startswith("quota")]
    [said] = [each for check in checks for each in check.look() if each.check == f"quota of {what}"]
    assert (said.health, said.what) == (health, text)


@pytest.mark.parametrize("stops", [{}, {"user_daily_stop_usd": 20}])
def test_under_identity_center_what_passes_the_check_is_what_the_meters_role_carries(stops: dict[str, float]) -> None:
    now, passed = datetime(2026, 11, 29, tzinfo=UTC), list[int]()
    for count in (20, 50, 60, 70, 80, 90, 100, 120):
        given = stacks.by_identity_center({**stacks.small(), "cohorts": cohorts(count), "budgets": stops})
        if list(meters_role(given, now)):
            continue
        passed.append(count)
        made = rollout(**given)
        attached = len(in_parts(meter_policy(LONGEST, made, advance(Record(), made, {}, now)))[1])
        assert attached <= MANAGED_PER_ROLE - KEPT_FOR_OTHER_STACKS, (count, attached)
    assert passed[0] == 20
    assert 120 not in passed or not stops
