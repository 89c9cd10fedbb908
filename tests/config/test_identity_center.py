"""The stack file of a company whose people sign in by IAM Identity Center."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rollout.access.residual import residual_access
from rollout.account import Account
from rollout.levels import Level
from rollout.macs.settings import managed_settings, whole_cohort
from rollout.macs.sign_in import PORTAL_SIGN_IN, portal_profile
from rollout.model.errors import StackFileError
from rollout.model.rollout import Rollout
from rollout.stack_file.load import load
from tests import stacks

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
HERE = Account("123456789012", "us-east-1")


def loaded(**changes: Any) -> Rollout:
    document = {**stacks.by_identity_center(stacks.small()), **changes}
    return load(
        stacks.config({key: value for key, value in document.items() if value is not None}), stacks.COMPANY, NOW
    )


def mistakes(**changes: Any) -> str:
    with pytest.raises(StackFileError) as refused:
        loaded(**changes)
    return str(refused.value)


def test_the_instance_is_named_where_people_sign_in_by_it_and_nowhere_else() -> None:
    assert loaded().by_permission_set("pilot")
    assert "identity_center: missing: the organization's instance" in mistakes(identity_center=None)
    assert "identity_center: used under `federation: identity_center` alone" in mistakes(federation="saml")
    adopted = {"saml_provider_arn": "arn:aws:iam::123456789012:saml-provider/x"}
    assert "adopt.saml_provider_arn: not used under federation: identity_center" in mistakes(adopt=adopted)


def test_a_session_of_a_permission_set_lasts_an_hour() -> None:
    assert loaded(session_minutes=60).session_minutes == 60
    assert "session_minutes: 45: a session of a permission set lasts an hour at least" in mistakes(session_minutes=45)


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("instance_arn", "arn:aws:sso:::instance/other"),
        ("identity_store_id", "1234567890"),
        ("region", "here"),
        ("start_url", "http://portal.example"),
        ("okta_app_id", "00gGROUP"),
    ],
)
def test_what_cannot_be_an_instance_is_refused_by_its_path(key: str, wrong: str) -> None:
    assert f"identity_center.{key}: not " in mistakes(identity_center={**stacks.IDENTITY_CENTER, key: wrong})


def test_a_cohort_whose_names_take_more_policies_than_a_role_carries_is_refused() -> None:
    cohort = stacks.small()["cohorts"]["pilot"]
    member = {"name": "A B", "team": "backend"}

    def of(count: int) -> dict[str, Any]:
        return {"pilot": {**cohort, "members": {f"person.number{n:03}@acme.example": member for n in range(count)}}}

    loaded(cohorts=of(150))
    assert "whose names take more IAM policies than the 10" in mistakes(cohorts=of(400))


def test_what_a_cut_leaves_is_said_with_oktas_push() -> None:
    left = residual_access(loaded())[Level.SUSPENDED]
    assert (left.aws, left.okta) == (5, 90)
    assert left.met


def test_members_sign_in_by_awss_own_command_line() -> None:
    rollout = loaded()
    arns = {label: HERE.bedrock(f"application-inference-profile/{label}") for label in ("sonnet", "haiku")}
    settings = managed_settings(rollout, whole_cohort(rollout, "pilot"), arns)
    assert settings
    assert settings["awsAuthRefresh"] == PORTAL_SIGN_IN == "aws sso login --profile claude-code-portal"
    text = portal_profile(rollout, HERE, "pilot")
    assert text
    assert "sso_start_url = https://d-1234567890.awsapps.com/start" in text
    assert "sso_role_name = claude-code-pilot\n" in text
    assert "credential_process = aws configure export-credentials --profile claude-code-portal --format process" in text
