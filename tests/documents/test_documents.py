"""The IAM documents, to the letter."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from rollout import names, okta_names
from rollout.access.documents import invoke_policy, logging_policy, logging_trust_policy
from rollout.access.federation import aws_app_settings, trust_policy
from rollout.account import Account
from rollout.levels import Level
from rollout.model.cohort import Cohort, Member
from rollout.model.models import Model
from rollout.stack_file.load import load
from tests import stacks
from tests.cut_documents import single_stops, whole_stop

ACCOUNT = Account("111122223333", "us-east-1")
ARN = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123def456"


def model(source: str) -> Model:
    return Model(source=source, input=1, output=1, cache_read=1, cache_write=1)


def test_the_invoke_policy_is_the_one_that_was_decided() -> None:
    sonnet = model("global.anthropic.claude-sonnet-4-6")
    calls = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
    assert invoke_policy(ACCOUNT, {"sonnet": sonnet}, {"sonnet": ARN}) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "CohortProfiles",
                "Effect": "Allow",
                "Action": [*calls, "bedrock:GetInferenceProfile"],
                "Resource": [ARN],
            },
            {
                "Sid": "ModelsOnlyThroughProfile",
                "Effect": "Allow",
                "Action": calls,
                "Resource": [
                    "arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet-4-6",
                    "arn:aws:bedrock:::foundation-model/anthropic.claude-sonnet-4-6",
                ],
                "Condition": {"ArnEquals": {"bedrock:InferenceProfileArn": [ARN]}},
            },
        ],
    }


def test_only_a_global_profile_reaches_a_model_without_a_region() -> None:
    def resources(source: str) -> list[str]:
        return invoke_policy(ACCOUNT, {"m": model(source)}, {"m": ARN})["Statement"][1]["Resource"]

    assert len(resources("us.anthropic.claude-sonnet-4-6")) == 1
    assert len(resources("anthropic.claude-sonnet-4-6")) == 1


@pytest.mark.parametrize(
    "document", [logging_policy(ACCOUNT, "/claude-code/invocations"), logging_trust_policy(ACCOUNT)]
)
def test_bedrock_may_write_one_stream_for_this_account_alone(document: dict[str, Any]) -> None:
    [statement] = document["Statement"]
    assert "111122223333" in str(statement)
    assert statement.get("Resource") != "*"


@pytest.mark.parametrize(
    ("region", "partition", "audience"),
    [
        ("eu-central-1", "aws", "https://signin.aws.amazon.com/saml"),
        ("us-gov-west-1", "aws-us-gov", "https://signin.amazonaws-us-gov.com/saml"),
        ("cn-north-1", "aws-cn", "https://signin.amazonaws.cn/saml"),
    ],
)
def test_each_partition_has_its_own_names(region: str, partition: str, audience: str) -> None:
    account = Account("111122223333", region)
    assert account.role_arn("pilot") == f"arn:{partition}:iam::111122223333:role/claude-code-pilot"
    assert account.saml_audience == audience


@pytest.mark.parametrize("region", ["eu-central-1", "us-gov-west-1", "cn-north-1"])
def test_a_role_trusts_what_okta_addresses_to_its_own_partition(region: str) -> None:
    account = Account("111122223333", region)
    rollout = load(stacks.config(stacks.small()), stacks.COMPANY, datetime(2026, 11, 23, tzinfo=UTC))
    [statement] = trust_policy(rollout, account, "pilot")["Statement"]
    assert statement["Condition"] == {"StringEquals": {"SAML:aud": account.saml_audience}}


def test_the_group_filter_reads_this_accounts_cohorts_and_nothing_else() -> None:
    rollout = load(stacks.config(stacks.small()), stacks.COMPANY, datetime(2026, 11, 23, tzinfo=UTC))
    settings = aws_app_settings(rollout, ACCOUNT, "client")
    pattern = re.compile(settings["groupFilter"].replace("(?{{", "(?P<").replace("}}", ">"))
    match = pattern.fullmatch(names.okta_group(ACCOUNT.id, "pilot"))
    assert match is not None
    assert match.groupdict() == {"accountid": "111122223333", "role": "claude-code-pilot"}
    for other in (
        "aws_111122223333_admin",
        "aws_999999999999_claude-code-pilot",
        "aws_111122223333_claude-code-pilot_x",
        "Everyone",
    ):
        assert not pattern.fullmatch(other)


def test_names_fit_where_they_go_at_their_longest() -> None:
    cohort, label = "c" * 16, "l" * 16
    assert len(names.role(cohort)) <= 32
    profile = names.inference_profile(cohort, label, "global.anthropic.claude-sonnet-4-6")
    assert re.fullmatch(r"([0-9a-zA-Z][ _-]?)+", profile)
    assert len(profile) <= 64
    assert len(names.member_stop_policy(cohort, 10)) <= 64
    assert 6 <= len(okta_names.cohort_app("1" * 12, cohort)) <= 100


@pytest.mark.parametrize("written", ["2026-11-23T14:05:00Z", "0001-01-01T00:00:00Z"])
def test_times_are_compared_as_iam_writes_them(written: str) -> None:
    stop = whole_stop(
        Cohort(level=Level.ACTIVE, models=("haiku",), sessions_valid_from=datetime.fromisoformat(written))
    )
    assert stop["Statement"][0]["Condition"] == {"DateLessThan": {"aws:TokenIssueTime": written}}


def test_of_several_members_who_came_back_the_latest_incident_counts_for_all() -> None:
    hours = {"a@acme.example": 9, "b@acme.example": 11, "c@acme.example": 10}
    members = {
        email: Member(name="x", team="t", sessions_valid_from=datetime(2026, 11, 23, hour, tzinfo=UTC))
        for email, hour in hours.items()
    }
    cohort = Cohort(level=Level.ACTIVE, models=("haiku",), members=members)
    [document] = single_stops(cohort, {email: email for email in hours}, ACCOUNT, {}, {})
    assert document["Statement"][0]["Condition"] == {
        "DateLessThan": {"aws:TokenIssueTime": "2026-11-23T11:00:00Z"},
        "StringLike": {"aws:userid": [f"*:{email}" for email in hours]},
    }
