"""What the pipeline and whoever is on call may do with IAM Identity Center: of cohorts' permission sets alone."""

from __future__ import annotations

from typing import Any

import botocore.session

from rollout.account import Account
from rollout.iam_limits import MANAGED_CHARACTERS, characters
from rollout.pipeline.identity_center import Instance, reads, writes
from rollout.pipeline.policies import deploy_policies, on_call_policy, preview_policies
from tests.authority.evaluator import ACCOUNT, Request, verdicts

HERE = Account(ACCOUNT, "us-east-1")
CENTER = Instance(arn="arn:aws:sso:::instance/ssoins-1234567890abcdef", store="d-1234567890")
CALLER = f"arn:aws:sts::{ACCOUNT}:assumed-role/rollout-on-call/somebody"


def operations(service: str) -> set[str]:
    model: Any = botocore.session.get_session().get_service_model(service)
    return set(model.operation_names)


def test_every_action_is_one_of_the_service_and_a_preview_only_reads() -> None:
    services = {"sso": operations("sso-admin"), "identitystore": operations("identitystore")}
    for statement in (*reads(HERE, CENTER), *writes(HERE, CENTER)):
        for action in statement["Action"]:
            service, _, operation = action.partition(":")
            assert operation in services[service], action
    for policy in preview_policies(HERE, "acme.okta.com", "dev", CENTER):
        for statement in policy["Statement"]:
            sso = [action for action in statement["Action"] if action.startswith(("sso:", "identitystore:"))]
            assert all(action.partition(":")[2].startswith(("Describe", "Get", "List")) for action in sso)


def test_what_is_not_a_cohorts_is_out_of_reach() -> None:
    """By conditions: the tag, on what is there or as it is made; and the account, of assignments."""
    for statement in writes(HERE, CENTER):
        sets = [each for each in statement["Resource"] if ":permissionSet/" in each]
        if sets:
            [(operator, keys)] = statement["Condition"].items()
            assert (operator, set(keys.values())) == ("Null", {"false"})
            assert set(keys) <= {"aws:ResourceTag/cohort", "aws:RequestTag/cohort"}
        accounts = [each for each in statement["Resource"] if ":account/" in each]
        assert set(accounts) <= {f"arn:aws:sso:::account/{ACCOUNT}"}


def test_the_policies_fit_on_a_role() -> None:
    for policies in (
        preview_policies(HERE, "acme.okta.com", "dev", CENTER),
        deploy_policies(HERE, "acme.okta.com", CENTER),
    ):
        assert len(policies) <= 10
        assert max(map(characters, policies)) <= MANAGED_CHARACTERS


def test_who_is_on_call_writes_the_policies_of_cuts_and_no_other() -> None:
    held = {"cut": on_call_policy(HERE, CENTER)}
    before = {"cut": on_call_policy(HERE)}

    def may(name: str, action: str = "iam:CreatePolicyVersion", policies: Any = held) -> bool:
        return verdicts([Request(CALLER, action, HERE.policy_arn(name), {}, policies)])[0]

    assert may("claude-code-pilot-cut")
    assert may("claude-code-pilot-cut", "iam:ListEntitiesForPolicy")
    assert may("claude-code-pilot-stop", "iam:GetPolicyVersion")
    for name in ("claude-code-pilot-stop", "claude-code-pilot-invoke", "claude-code-pilot-boundary", "Admins-cut"):
        assert not may(name)
    assert not may("claude-code-pilot-cut", policies=before)
