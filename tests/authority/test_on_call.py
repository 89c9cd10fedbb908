"""The role for on-call may cut, may see what is in force, and may nothing else: judged by others' evaluator."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollout import names
from rollout.access import emergency
from rollout.access.documents import boundary
from rollout.account import Account
from rollout.iam_limits import TRUST_CHARACTERS, characters
from rollout.model.errors import StackFileError
from rollout.pipeline.bootstrap import Bootstrap, require_own
from rollout.pipeline.policies import on_call_policy, on_call_trust
from rollout.stack_file.load import load
from tests import stacks
from tests.authority.evaluator import ACCOUNT, Request, verdicts
from tests.documents.test_sizes import NOW

HERE = Account(ACCOUNT, "us-east-1")
ENGINEERS = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_OnCall_0123456789abcdef"
ROLE, OTHER = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("claude-code-pilot", "admin"))
OURS = {"iam:PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/claude-code-pilot-boundary"}
STOPS = f"arn:aws:iam::{ACCOUNT}:policy/claude-code-pilot-stop-1"


def may(action: str, resource: str, context: dict[str, Any] | None = None) -> bool:
    caller = f"arn:aws:sts::{ACCOUNT}:assumed-role/{names.ON_CALL_ROLE}/kim"
    [said] = verdicts([Request(caller, action, resource, context or {}, {"cut": on_call_policy(HERE)})])
    return said


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("iam:PutRolePolicy", ROLE, OURS),
        ("iam:DeleteRolePolicy", ROLE, OURS),
        ("iam:GetRolePolicy", ROLE, {}),
        ("iam:ListRolePolicies", ROLE, {}),
        ("iam:ListAttachedRolePolicies", ROLE, {}),
        ("iam:GetPolicy", STOPS, {}),
        ("iam:GetPolicyVersion", STOPS, {}),
    ],
)
def test_on_call_may_cut_and_see_what_is_in_force(action: str, resource: str, context: dict[str, Any]) -> None:
    assert may(action, resource, context)


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("iam:PutRolePolicy", OTHER, OURS),
        ("iam:PutRolePolicy", ROLE, {}),
        ("iam:PutRolePolicy", ROLE, {"iam:PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/anything"}),
        ("iam:DeleteRolePolicy", ROLE, {}),
        ("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/{names.ON_CALL_ROLE}", OURS),
        ("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/rollout-workflow-prod", OURS),
        ("iam:DeleteRole", ROLE, OURS),
        ("iam:AttachRolePolicy", ROLE, OURS),
        ("iam:DetachRolePolicy", ROLE, OURS),
        ("iam:DeleteRolePermissionsBoundary", ROLE, OURS),
        ("iam:UpdateAssumeRolePolicy", ROLE, OURS),
        ("iam:PassRole", ROLE, OURS),
        ("iam:CreatePolicyVersion", STOPS, {}),
        ("iam:GetPolicy", f"arn:aws:iam::{ACCOUNT}:policy/other", {}),
        ("iam:GetPolicyVersion", f"arn:aws:iam::{ACCOUNT}:policy/claude-code-pilot-boundary", {}),
        ("sts:AssumeRole", ROLE, {}),
        ("bedrock:InvokeModel", f"arn:aws:bedrock:us-east-1:{ACCOUNT}:application-inference-profile/x", {}),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:claude-code/x", {}),
    ],
)
def test_on_call_may_nothing_else(action: str, resource: str, context: dict[str, Any]) -> None:
    assert not may(action, resource, context)


def test_only_who_is_named_takes_the_role() -> None:
    role, trust = f"arn:aws:iam::{ACCOUNT}:role/{names.ON_CALL_ROLE}", on_call_trust([ENGINEERS])
    callers = (ENGINEERS, OTHER, f"arn:aws:iam::{ACCOUNT}:user/somebody")
    assert verdicts([Request(caller, "sts:AssumeRole", role, resource_policy=trust) for caller in callers]) == [
        True,
        False,
        False,
    ]


def test_ten_roles_of_identity_center_fit_into_the_trust_policy() -> None:
    assert characters(on_call_trust([f"{ENGINEERS}{number}" for number in range(10)])) <= TRUST_CHARACTERS


def test_nobody_of_another_account_is_on_call() -> None:
    found = Bootstrap(
        repository="acme/x",
        okta_domain="acme.okta.com",
        stacks=("prod",),
        on_call_principal_arns=(ENGINEERS, "arn:aws:iam::999999999999:role/x"),
    )
    with pytest.raises(StackFileError) as caught:
        require_own(found, HERE)
    assert caught.value.lines == [
        f"on_call_principal_arns.1: of another account: arn:aws:iam::999999999999:role/x; this one is {ACCOUNT}"
    ]


def test_what_on_call_puts_allows_nobody_more_than_the_boundary() -> None:
    rollout = load(stacks.config(stacks.small()), stacks.COMPANY, NOW)
    arn = HERE.bedrock("application-inference-profile/own")
    most = boundary(HERE, rollout.models, dict.fromkeys(rollout.models, arn))
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/claude-code-pilot/alice.chen@acme.example"
    wide = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    asked = [("iam:PutRolePolicy", OTHER), ("s3:GetObject", "arn:aws:s3:::x/y"), ("bedrock:InvokeModel", arn)]
    assert verdicts([Request(session, *each, {}, {"x": wide}, boundary=most) for each in asked]) == [False, False, True]


@pytest.mark.parametrize("subject", [None, "alice.chen@acme.example"])
def test_a_cut_denies_who_it_says_and_nobody_else(subject: str | None) -> None:
    cut = emergency.document([subject] if subject else None, NOW)
    wide = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    arn = HERE.bedrock("application-inference-profile/own")
    people = ("alice.chen@acme.example", "x.alice.chen@acme.example", "bob@acme.example")
    requests = [
        Request(
            f"arn:aws:sts::{ACCOUNT}:assumed-role/claude-code-pilot/{email}",
            "bedrock:InvokeModel",
            arn,
            {"aws:userid": f"AROAEXAMPLE:{email}"},
            {"invoke": wide, "cut": cut},
        )
        for email in people
    ]
    assert verdicts(requests) == ([False, True, True] if subject else [False, False, False])
    assert json.dumps(cut)
