"""What the program registers, with the options that decide what a rollback takes and what it leaves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollout.incidents.cut_record import NAME
from tests import stacks
from tests.graph.resources import COHORT, recorded, with_level
from tests.registrations import Recorded


def test_log_groups_are_protected_and_kept_and_under_no_cohort(pilot: Recorded) -> None:
    groups = pilot.of("aws:cloudwatch/logGroup:LogGroup")
    assert {group.inputs["name"]: group.inputs["retentionInDays"] for group in groups} == {
        "/aws/lambda/claude-code-announcer": 90,
        "/aws/lambda/claude-code-delivery": 90,
        "/aws/lambda/claude-code-github-webhook": 90,
        "/aws/lambda/claude-code-mac-findings": 90,
        "/aws/lambda/claude-code-meter": 90,
        "/claude-code/delivery": 90,
        "/claude-code/findings": 90,
        "/claude-code/incidents": 365,
        "/claude-code/invocations": 90,
        "/claude-code/pilot/usage": 90,
    }
    for group in groups:
        assert group.inputs["deletionProtectionEnabled"] is True
        assert group.protect
        assert group.retain
        assert COHORT not in group.urn


def test_an_alarms_metrics_stand_in_the_order_of_their_ids_before_what_is_made_of_them(pilot: Recorded) -> None:
    """As in state. A refresh by the official plug-in takes the inputs from there place by place."""
    alarms = [alarm.inputs["metricQueries"] for alarm in pilot.of("aws:cloudwatch/metricAlarm:MetricAlarm")]
    places = [[("expression" in query, query["id"]) for query in queries] for queries in alarms]
    assert [len(found) > 2 for found in places].count(True) > 1
    assert places == [sorted(found) for found in places]


def test_the_logs_of_a_retired_cohort_may_be_deleted_by_hand_and_no_others() -> None:
    run = recorded({**stacks.small(), "logs": {"retired": ["beta"]}})
    groups = run.of("aws:cloudwatch/logGroup:LogGroup")
    open_ = {group.inputs["name"] for group in groups if not group.inputs["deletionProtectionEnabled"]}
    assert open_ == {"/claude-code/beta/usage"}


def test_what_no_rollback_removes_is_protected_and_what_one_removes_is_not(pilot: Recorded) -> None:
    protected = {registration.name for registration in pilot.order if registration.protect}
    names = (
        "announcer",
        "delivery",
        "delivery-figures",
        "findings",
        "github-webhook",
        "incidents",
        "invocations",
        "mac-findings",
        "meter",
        "pilot-usage",
    )
    logs = {f"audit-trail-{name}" for name in names}
    assert protected == {*logs, "findings-pilot-guard", "federation-saml", "federation-umbrella", "meter-table"}
    assert {r.type for r in pilot.order if COHORT in r.urn and r.retain} == {"aws:dynamodb/tableItem:TableItem"}


def test_nothing_shared_depends_on_a_cohort(pilot: Recorded) -> None:
    for registration in pilot.order:
        if COHORT not in registration.urn:
            assert not [urn for urn in registration.depends_on if COHORT in urn], registration.urn


def test_a_cohort_of_three_models_has_at_most_twenty_one_resources_and_five_alarms(pilot: Recorded) -> None:
    of_the_cohort = [r for r in pilot.order if COHORT in r.urn or r.inputs.get("tags", {}).get("cohort") == "pilot"]
    alarms = [r for r in of_the_cohort if r.type == "aws:cloudwatch/metricAlarm:MetricAlarm"]
    assert len(pilot.of("aws:bedrock/inferenceProfile:InferenceProfile")) == 3
    assert len(alarms) == 5
    macs = [r for r in of_the_cohort if "claude:rollout:MacSettings" in r.urn]
    assert len(of_the_cohort) - len(alarms) - len(macs) <= 21
    assert len(macs) == 3  # a document's group and files, below one component


def test_whatever_costs_money_or_holds_rights_is_tagged(pilot: Recorded) -> None:
    for profile in pilot.of("aws:bedrock/inferenceProfile:InferenceProfile"):
        assert set(profile.inputs["tags"]) == {"cohort", "organization", "model"}
    assert pilot.one("pilot-access-role").inputs["tags"] == {"cohort": "pilot", "organization": "acme"}


def test_a_role_lasts_an_hour_and_trusts_okta_alone(pilot: Recorded) -> None:
    role = pilot.one("pilot-access-role").inputs
    assert role["maxSessionDuration"] == 3600
    [statement] = json.loads(role["assumeRolePolicy"])["Statement"]
    assert statement["Principal"] == {"Federated": "arn:aws:iam::123456789012:saml-provider/claude-code-okta"}
    assert statement["Action"] == "sts:AssumeRoleWithSAML"
    assert statement["Condition"] == {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}


def test_prompts_are_not_logged_unless_a_stack_says_so() -> None:
    kinds = ("text", "image", "embedding", "video")
    for wanted in (False, True):
        document = stacks.small()
        document["logs"] = {"prompt_text": wanted}
        [configuration] = recorded(document).of(
            "aws:bedrockmodel/invocationLoggingConfiguration:InvocationLoggingConfiguration"
        )
        given = configuration.inputs["loggingConfig"]
        assert [given[f"{kind}DataDeliveryEnabled"] for kind in kinds] == [wanted] * 4


def test_settings_of_the_aws_app_have_no_empty_value(pilot: Recorded) -> None:
    settings = json.loads(pilot.one("federation-aws").inputs["appSettingsJson"])
    assert not [key for key, value in settings.items() if value in (None, "")]
    assert settings["appFilter"] == "okta"
    assert settings["identityProviderArn"] == "arn:aws:iam::123456789012:saml-provider/claude-code-okta"


def test_oidc_binds_the_role_to_the_cohorts_own_app_and_the_session_to_the_person() -> None:
    run = recorded({**stacks.small(), "federation": "oidc"})
    [statement] = json.loads(run.one("pilot-access-role").inputs["assumeRolePolicy"])["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"]["StringEquals"] == {
        "acme.okta.com:aud": "claude-code-123456789012-pilot",
        "sts:RoleSessionName": "${acme.okta.com:sub}",
    }
    [provider] = run.of("aws:iam/openIdConnectProvider:OpenIdConnectProvider")
    app = run.one("pilot-membership-app").inputs
    assert provider.inputs["clientIdLists"] == [app["clientId"]]
    assert (app["pkceRequired"], app["tokenEndpointAuthMethod"]) == (True, "none")
    assert not provider.depends_on


def test_what_exists_already_is_adopted_and_never_changed() -> None:
    document = stacks.small()
    document["adopt"] = {
        "saml_provider_arn": "arn:aws:iam::123456789012:saml-provider/corporate",
        "okta_app_id": "0oa" + "a" * 17,
        "okta_sign_in_app_id": "0oa" + "b" * 17,
        "umbrella_group_id": "00g" + "c" * 17,
        "invocation_log_group": "/corporate/bedrock",
        "announcer": True,
        "meter": True,
    }
    run = recorded(document)
    shared = [r for r in run.order if COHORT not in r.urn and not r.type.startswith("claude:")]
    assert {r.name for r in shared if not r.read} == {
        *("audit-trail-pilot-usage", "dashboards-one-cohort", NAME),
        *("meter-pilot-told", "meter-counted-1", "meter-counted-1-attached"),
    }
    allow = run.one("pilot-access-invoke").depends_on
    for name in ("meter-pilot-told", "meter-counted-1-attached"):
        assert run.one(name).urn in allow, "the other stack's meter knows of it before anybody uses it"
    assert {r.name: r.inputs["id"] for r in shared if r.read} == {
        "federation-aws": "0oa" + "a" * 17,
        "federation-sign-in": "0oa" + "b" * 17,
        "federation-umbrella": "00g" + "c" * 17,
    }
    trust = json.loads(run.one("pilot-access-role").inputs["assumeRolePolicy"])
    assert trust["Statement"][0]["Principal"] == {"Federated": "arn:aws:iam::123456789012:saml-provider/corporate"}


def test_a_model_of_one_region_is_copied_from_the_foundation_model() -> None:
    document = stacks.small()
    document["models"]["haiku"]["source"] = "anthropic.claude-haiku-4-5-20251001-v1:0"
    run = recorded(document)
    assert run.one("pilot-haiku").inputs["modelSource"] == {
        "copyFrom": "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0"
    }
    assert run.one("pilot-sonnet").inputs["modelSource"] == {
        "copyFrom": "arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-sonnet-4-6"
    }


def test_a_changed_source_changes_the_profiles_name_so_that_both_can_exist() -> None:
    document = stacks.small()
    before = recorded(document).one("pilot-sonnet").inputs["name"]
    document["models"]["sonnet"]["source"] = "us.anthropic.claude-sonnet-4-6"
    assert recorded(document).one("pilot-sonnet").inputs["name"] != before


def test_whatever_the_meter_writes_a_role_can_do_no_more_than_its_boundary(pilot: Recorded) -> None:
    boundary = json.loads(pilot.one("pilot-access-boundary").inputs["policy"])
    assert pilot.one("pilot-access-role").inputs["permissionsBoundary"].endswith("policy/claude-code-pilot-boundary")
    *bedrock, renew, reports, own = boundary["Statement"]
    actions = {action for statement in bedrock for action in statement["Action"]}
    assert actions == {"bedrock:GetInferenceProfile", "bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"}
    assert renew == {"Effect": "Deny", "Action": "sts:GetScopedCredentials", "Resource": "*"}
    assert reports == {
        "Effect": "Allow",
        "Action": "sqs:SendMessage",
        "Resource": "arn:aws:sqs:us-east-1:123456789012:claude-code-mac-findings",
    }
    assert (own["Action"], own["Resource"].rpartition(":")[2]) == ("dynamodb:GetItem", "table/claude-code-usage")
    assert own["Condition"]["ForAllValues:StringEquals"] == {"dynamodb:LeadingKeys": "me#${aws:userid}"}


@pytest.mark.parametrize(
    ("billed_as", "filters"),
    [
        ("marketplace", [{"name": "BillingEntity", "values": ["AWS Marketplace"]}]),
        ("tags", [{"name": "TagKeyValue", "values": ["user:organization$acme"]}]),
        ("account", []),
    ],
)
def test_awss_own_budget_counts_what_claude_is_billed_as(billed_as: str, filters: list[Any]) -> None:
    document = stacks.small()
    document["budgets"] = {"monthly_usd": 9_000.5, "alert_at": 0.75, "billed_as": billed_as}
    document["notify"] = {"email": {"finance": ["finance@acme.example"]}}
    budget = recorded(document).one("budget-month").inputs
    assert (budget["limitAmount"], budget["timeUnit"]) == ("9000.50", "MONTHLY")
    assert budget.get("costFilters", []) == filters
    assert [(n["notificationType"], n["threshold"]) for n in budget["notifications"]] == [
        ("ACTUAL", 75),
        ("FORECASTED", 100),
    ]
    assert {address for n in budget["notifications"] for address in n["subscriberEmailAddresses"]} == {
        "finance@acme.example"
    }


def test_outputs_are_names_and_numbers_and_no_documents(pilot: Recorded) -> None:
    assert set(pilot.outputs) == {"cuts_on_record", "github_webhook", "residual_access", "sign_in_apps"}
    assert "cuts" in recorded(with_level("suspended")).outputs
    assert len(json.dumps(pilot.outputs)) < 2_000
