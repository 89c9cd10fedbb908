"""IAM's policy simulator as the sandbox serves it: of a role, by all that stands on it."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.tests.aws_harness import serving
from sandbox.tests.test_moto_gaps import TRUST

ACTION = "bedrock:InvokeModel"


def document(effect: str, **condition: Mapping[str, str]) -> str:
    statement = {"Effect": effect, "Action": "bedrock:*", "Resource": "*", "Condition": condition}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


@pytest.fixture
def iam(tmp_path: Path) -> Generator[Any]:
    with serving(tmp_path, lambda: {"keys": []}) as aws:
        made = aws.client("iam")
        made.create_role(RoleName="caller", AssumeRolePolicyDocument=json.dumps(TRUST))
        made.put_role_policy(RoleName="caller", PolicyName="invoke", PolicyDocument=document("Allow"))
        yield made


def asked(iam: Any, **context: str) -> tuple[str, list[str], list[str]]:
    """The decision, what decided, and what was not given."""
    entries = [
        {"ContextKeyName": key.replace("_", ":"), "ContextKeyValues": [value], "ContextKeyType": "string"}
        for key, value in context.items()
    ]
    [found] = iam.simulate_principal_policy(
        PolicySourceArn=iam.get_role(RoleName="caller")["Role"]["Arn"], ActionNames=[ACTION], ContextEntries=entries
    )["EvaluationResults"]
    matched = [each["SourcePolicyId"] for each in found.get("MatchedStatements", ())]
    return found["EvalDecision"], matched, found.get("MissingContextValues", [])


def deny(iam: Any, who: str) -> str:
    text = document("Deny", StringLike={"aws:userid": f"*:{who}"}, DateLessThan={"aws:CurrentTime": "2999-01-01"})
    return iam.create_policy(PolicyName="stop", PolicyDocument=text)["Policy"]["Arn"]


def test_an_attached_deny_decides_for_whom_it_names_and_is_named(iam: Any) -> None:
    arn = deny(iam, "alice")
    told = {"aws_userid": "AROA:alice", "aws_CurrentTime": "2026-11-28T12:00:00Z"}
    assert asked(iam, **told) == ("allowed", ["role_caller_invoke"], [])
    iam.attach_role_policy(RoleName="caller", PolicyArn=arn)
    assert asked(iam, **told) == ("explicitDeny", ["stop"], [])
    assert asked(iam, **{**told, "aws_userid": "AROA:bob"})[0] == "allowed"
    iam.detach_role_policy(RoleName="caller", PolicyArn=arn)
    assert asked(iam, **told)[0] == "allowed"


def test_a_key_that_is_not_given_is_absent_and_named(iam: Any) -> None:
    iam.attach_role_policy(RoleName="caller", PolicyArn=deny(iam, "alice"))
    assert asked(iam, aws_userid="AROA:alice") == ("allowed", ["role_caller_invoke"], ["aws:CurrentTime"])


def test_a_boundary_binds_what_is_allowed(iam: Any) -> None:
    text = document("Allow").replace("bedrock:*", "s3:*")
    arn = iam.create_policy(PolicyName="bounds", PolicyDocument=text)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="caller", PermissionsBoundary=arn)
    assert asked(iam)[0] == "implicitDeny"


def test_who_is_not_there_and_what_is_no_action_are_refused_as_iam_does(iam: Any) -> None:
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.simulate_principal_policy(PolicySourceArn="arn:aws:iam::123456789012:role/none", ActionNames=[ACTION])
    with pytest.raises(ClientError, match="ValidationError"):
        iam.simulate_principal_policy(
            PolicySourceArn=iam.get_role(RoleName="caller")["Role"]["Arn"], ActionNames=["x" * 129]
        )
