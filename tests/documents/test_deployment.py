"""What workflows may do: the one that previews changes nothing, and neither reaches past what is ours."""

from __future__ import annotations

import json
import re
from typing import Any

import botocore.session
import pytest

from rollout.access.documents import document
from rollout.account import Account
from rollout.iam_limits import MANAGED_CHARACTERS, characters
from rollout.pipeline.policies import (
    decrypt_state,
    deploy_policies,
    preview_policies,
    read_state,
    workflow_trust,
    write_state,
)
from rollout.pipeline.rights import UNNAMED_BILLING, UNNAMED_READS, UNNAMED_WRITES, Rights, rights
from tests.authority.evaluator import ACCOUNT, Request, verdicts

HERE = Account(ACCOUNT, "us-east-1")
DOMAIN = "acme.okta.com"
RIGHTS = rights(HERE, DOMAIN)
PREVIEW = preview_policies(HERE, DOMAIN, "dev")
READING = re.compile(r"[\w-]+:(Get|List|Describe|View)\w*")
# Where an action is called otherwise than the operation, or a service otherwise than its client.
CLIENTS = {"ses": "sesv2"}
ACTIONS = {
    *("budgets:ViewBudget", "budgets:ModifyBudget", "lambda:InvokeFunction"),
    *("lambda:GetRuntimeManagementConfig",),
    # S3's actions are older than its operations (Service Authorization Reference, Amazon S3).
    *("s3:DeleteObjectVersion", "s3:GetAccelerateConfiguration", "s3:GetBucketCORS", "s3:ListBucket"),
    *("s3:GetBucketObjectLockConfiguration", "s3:GetBucketPublicAccessBlock", "s3:GetEncryptionConfiguration"),
    *("s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucketVersions"),
    *("s3:PutBucketPublicAccessBlock", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration"),
}


def operations(service: str) -> set[str]:
    model: Any = botocore.session.get_session().get_service_model(CLIENTS.get(service, service))
    return set(model.operation_names)


@pytest.mark.parametrize("each", RIGHTS, ids=lambda each: each.service)
def test_every_action_is_one_of_the_service(each: Rights) -> None:
    unknown = [a for a in each.all if a not in ACTIONS and a.partition(":")[2] not in operations(each.service)]
    assert unknown == []


def test_actions_without_a_resource_are_operations_as_well() -> None:
    for action in (*UNNAMED_READS, *UNNAMED_WRITES, *UNNAMED_BILLING):
        service, _, operation = action.partition(":")
        assert operation in operations(service), action


def test_a_preview_only_reads() -> None:
    for policy in PREVIEW:
        for statement in policy["Statement"]:
            assert [action for action in statement["Action"] if not READING.fullmatch(action)] == []


@pytest.mark.parametrize("policies", [PREVIEW, deploy_policies(HERE, DOMAIN)])
def test_the_policies_fit_on_a_role(policies: list[dict[str, object]]) -> None:
    assert len(policies) <= 10
    assert max(map(characters, policies)) <= MANAGED_CHARACTERS


def test_no_resource_is_left_open_but_where_iam_knows_none_and_then_the_region_is_bound() -> None:
    for policy in deploy_policies(HERE, DOMAIN):
        for statement in policy["Statement"]:
            if "*" in statement["Resource"]:
                assert statement["Sid"] in {"Unnamed", "UnnamedBilling"}
                assert statement["Condition"] == {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}


@pytest.mark.parametrize(
    ("role", "action", "resource", "allowed"),
    [
        ("preview", "iam:GetRole", "role/claude-code-pilot", True),
        ("preview", "iam:PutRolePolicy", "role/claude-code-pilot", False),
        ("deploy", "iam:PutRolePolicy", "role/claude-code-pilot", True),
        ("deploy", "iam:PutRolePolicy", "role/rollout-workflow-prod", False),
        ("deploy", "iam:AttachRolePolicy", "role/rollout-workflow-prod", False),
        ("deploy", "iam:UpdateAssumeRolePolicy", "role/rollout-workflow-prod", False),
        ("deploy", "iam:CreatePolicyVersion", "policy/rollout-workflow-prod-1", False),
        ("deploy", "iam:PutRolePolicy", "role/somebody-elses", False),
        ("deploy", "iam:CreateUser", "user/x", False),
    ],
)
def test_whoever_deploys_cannot_change_what_they_may_do(role: str, action: str, resource: str, allowed: bool) -> None:
    policies = PREVIEW if role == "preview" else deploy_policies(HERE, DOMAIN)
    asked = Request(
        f"arn:aws:sts::{ACCOUNT}:assumed-role/rollout-workflow-{role}/run",
        action,
        f"arn:aws:iam::{ACCOUNT}:{resource}",
        {},
        {str(number): policy for number, policy in enumerate(policies)},
    )
    assert verdicts([asked]) == [allowed]


@pytest.mark.parametrize(
    ("role", "action", "path", "allowed"),
    [
        ("preview", "s3:GetObject", "stacks/claude-code-rollout/dev.json", True),
        ("preview", "s3:GetObject", "stacks/claude-code-rollout/prod.json", False),
        ("preview", "s3:GetObject", "stacks/claude-code-rollout/dev2.json", False),
        ("preview", "s3:PutObject", "stacks/claude-code-rollout/dev.json", False),
        ("deploy", "s3:PutObject", "stacks/claude-code-rollout/dev.json.bak", True),
        ("deploy", "s3:PutObject", "locks/organization/claude-code-rollout/dev/1.json", True),
        ("deploy", "s3:GetObject", "backups/claude-code-rollout/prod/prod.1.json", False),
        ("deploy", "s3:DeleteObject", "stacks/claude-code-rollout/prod.json", False),
    ],
)
def test_a_stacks_workflows_reach_no_other_stacks_state(role: str, action: str, path: str, allowed: bool) -> None:
    statements = (read_state if role == "preview" else write_state)(HERE, "dev")
    asked = Request(
        f"arn:aws:sts::{ACCOUNT}:assumed-role/rollout-workflow-dev/run",
        action,
        f"arn:aws:s3:::claude-code-rollout-states-{ACCOUNT}/.pulumi/{path}",
        {},
        {"state": document(*statements)},
    )
    assert verdicts([asked]) == [allowed]


SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:claude-code/slack-bot-token-AbCdEf"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/claude-code-usage"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"
STATES = f"arn:aws:s3:::claude-code-rollout-states-{ACCOUNT}"


@pytest.mark.parametrize(
    ("action", "arn", "context", "allowed"),
    [
        ("secretsmanager:GetSecretValue", SECRET, {"aws:ResourceTag/stack": "dev"}, True),
        ("secretsmanager:GetSecretValue", SECRET, {"aws:ResourceTag/stack": "prod"}, False),
        ("secretsmanager:GetSecretValue", SECRET, {}, False),
        ("secretsmanager:DescribeSecret", SECRET, {"aws:ResourceTag/stack": "prod"}, True),
        ("dynamodb:GetItem", TABLE, {"dynamodb:LeadingKeys": ["profile#arn"]}, True),
        ("dynamodb:GetItem", TABLE, {"dynamodb:LeadingKeys": ["user-day#alice@acme.example"]}, False),
    ],
)
def test_the_preview_of_a_stack_opens_its_own_secrets_and_not_who_used_what(
    action: str, arn: str, context: dict[str, Any], allowed: bool
) -> None:
    asked = Request(
        f"arn:aws:sts::{ACCOUNT}:assumed-role/rollout-workflow-dev-preview/run",
        action,
        arn,
        context,
        {str(number): policy for number, policy in enumerate(PREVIEW)},
    )
    assert verdicts([asked]) == [allowed]


def test_the_preview_of_a_stack_decrypts_only_by_its_own_context_and_what_s3_keeps() -> None:
    """By the document: the evaluator knows no condition key with a colon in its variable part."""
    own, by_s3 = decrypt_state(HERE, "dev", KEY)
    assert {(*each["Action"], *each["Resource"]) for each in (own, by_s3)} == {("kms:Decrypt", KEY)}
    assert own["Condition"] == {"StringEquals": {"kms:EncryptionContext:stack": "dev"}}
    assert by_s3["Condition"] == {
        "StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"},
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": [STATES, f"{STATES}/*"]},
    }


def test_a_workflow_becomes_a_role_only_from_its_own_environment() -> None:
    [statement] = workflow_trust(HERE, "acme/claude-code-rollout", "prod")["Statement"]
    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:acme/claude-code-rollout:environment:prod",
        }
    }
    assert "*" not in json.dumps(statement)
