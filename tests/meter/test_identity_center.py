"""What the meter makes of a role that IAM Identity Center has made and named."""

from __future__ import annotations

import json
from typing import Any

import boto3
from moto.iam.models import iam_backends

from functions import beside, canary_decision, own_usage
from functions.quota_policy import IamPolicy
from rollout import names
from rollout.names import own_usage as key
from rollout.usage import canary
from rollout.usage.records import usage
from tests.meter.test_usage import TABLES, record
from tests.meter.world import ALICE, TABLE, World

RESERVED = "AWSReservedSSO_claude-code-pilot_0123456789abcdef"
CALLER = f"arn:aws:sts::123456789012:assumed-role/{RESERVED}/{ALICE}"
DENY = {"Effect": "Deny", "Action": "bedrock:*", "Resource": "*"}


def made(iam: Any, policy: str, statement: dict[str, Any]) -> str:
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    arn = iam.create_policy(PolicyName=policy, PolicyDocument=document)["Policy"]["Arn"]
    _backend().attach_role_policy(arn, RESERVED)
    return arn


def role() -> str:
    """As AWS makes it: IAM's own API refuses everybody else."""
    made = _backend().create_role(
        role_name=RESERVED,
        assume_role_policy_document="{}",
        path="/aws-reserved/sso.amazonaws.com/",
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="3600",
    )
    return str(made.id)


def _backend() -> Any:
    return iam_backends["123456789012"]["aws"]


def test_a_request_of_such_a_role_is_its_cohorts_and_its_persons() -> None:
    found = usage(record(identity={"arn": CALLER}), TABLES)
    assert (found.cohort, found.user) == ("pilot", ALICE)
    assert beside._ROLE.search(CALLER)
    assert names.of_cohort("AWSReservedSSO_claude-code-pilot_short") == "AWSReservedSSO_claude-code-pilot_short"
    assert names.of_cohort("AWSReservedSSO_Admins_0123456789abcdef") == "AWSReservedSSO_Admins_0123456789abcdef"


def test_what_a_person_used_is_under_the_id_of_the_role_that_the_policy_is_attached_to(world: World) -> None:
    own_usage._role_id.cache_clear()
    iam: Any = boto3.client("iam")
    role_id = role()
    policy = made(iam, names.stop_policy("pilot"), DENY)
    assert own_usage._role_id("pilot", policy, 0) == role_id
    assert own_usage._role_id("pilot", f"{policy}-gone", 0) is None
    world.dynamodb.put_item(TableName=TABLE, Item={"id": {"S": key(f"{role_id}:{ALICE}")}})


def test_the_canary_finds_the_role_by_the_policy_that_is_to_stop_it(world: World) -> None:  # noqa: ARG001  its AWS
    iam: Any = boto3.client("iam")
    role()
    named = {**DENY, "Sid": "Stopped1", "Condition": {"StringLike": {"aws:userid": [f"*:{canary.SESSION}"]}}}
    policy = made(iam, names.quota_policy("pilot", 1), named)
    reserved = frozenset({names.role("pilot")})
    assert canary_decision.with_role([policy], reserved) == [policy]
    assert canary_decision.with_role([policy]) == []
    found = IamPolicy(policy).role()
    assert found
    assert found["RoleName"] == RESERVED
