"""E-mail identities and Slack channels behave as `pulumi-aws` has them, over the sandbox's AWS."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from botocore.exceptions import ClientError

from sandbox.plugins.framework.values import UNKNOWN, Props, Secret
from sandbox.tests.cloud_harness import ACCOUNT, Cloud, check_identity, plugged
from sandbox.tests.plugins.plugin_harness import Engine, Refused, Resource, kinds, said

IDENTITY = "aws:sesv2/emailIdentity:EmailIdentity"
CHANNEL = "aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration"
TOPIC = "aws:sns/topic:Topic"

ALERTS = f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/chatbot"
LEAD: Props = {"emailIdentity": "claude-code@acme.example"}
SLACK: Props = {
    "configurationName": "engineering-alerts",
    "iamRoleArn": ROLE,
    "slackChannelId": "C0123456789",
    "slackTeamId": "T0123456789",
}
SLACK_ARN = f"arn:aws:chatbot::{ACCOUNT}:chat-configuration/slack-channel/engineering-alerts"
KEY = {"domainSigningPrivateKey": "c2VjcmV0", "domainSigningSelector": "okta"}


@pytest.fixture
def ses(cloud: Cloud) -> Any:
    return cloud.aws.client("sesv2")


@pytest.fixture
def chatbot(cloud: Cloud) -> Any:
    return cloud.aws.client("chatbot")


REFUSED = [
    (IDENTITY, {"emailIdentity": "a" * 321}, "emailIdentity takes at most 320"),
    (IDENTITY, {"email": "x"}, "email is not an input of this type"),
    (IDENTITY, {"emailIdentity": "acme.example", "dkimSigningAttributes": {"domainSigningSelector": "x"}}, "needs domainSigningPrivateKey and domainSigningSelector together"),
    (IDENTITY, {"emailIdentity": "acme.example", "dkimSigningAttributes": KEY | {"nextSigningKeyLength": "RSA_2048_BIT"}}, "nextSigningKeyLength conflicts with domainSigningPrivateKey"),
    (IDENTITY, {"emailIdentity": "acme.example", "dkimSigningAttributes": {"nextSigningKeyLength": "4096"}}, "must be one of RSA_1024_BIT"),
    (CHANNEL, SLACK | {"configurationName": "engineering alerts"}, "configurationName must match"),
    (CHANNEL, SLACK | {"iamRoleArn": "chatbot"}, "iamRoleArn is not an ARN: chatbot"),
    (CHANNEL, SLACK | {"slackTeamId": "acme"}, "slackTeamId must match"),
    (CHANNEL, SLACK | {"slackChannelId": "#alerts"}, "slackChannelId must match"),
    (CHANNEL, SLACK | {"loggingLevel": "DEBUG"}, "loggingLevel must match"),
    (CHANNEL, SLACK | {"snsTopicArns": ["alerts"]}, "snsTopicArns is not an ARN: alerts"),
    (CHANNEL, SLACK | {"snsTopicArns": [ALERTS.replace("aws", "aws-us-gov", 1)]}, "snsTopicArns must be an ARN in the partition aws"),
    (CHANNEL, {"configurationName": "x"}, "slackTeamId is required"),
]  # fmt: skip


@pytest.mark.parametrize(("token", "inputs", "reason"), REFUSED)
def test_values_the_provider_refuses_are_refused_before_any_call(planner, token, inputs, reason):
    with pytest.raises(Refused) as refused:
        planner.check(token, "x", inputs)

    assert any(reason in failure for failure in refused.value.failures.values())


def test_a_private_key_is_not_repeated_in_its_refusal(planner):
    wrong = {
        "emailIdentity": "acme.example",
        "dkimSigningAttributes": KEY | {"domainSigningPrivateKey": "-- s3cret --"},
    }

    with pytest.raises(Refused) as refused:
        planner.check(IDENTITY, "x", wrong)

    assert list(refused.value.failures) == ["dkimSigningAttributes.domainSigningPrivateKey"]
    assert "s3cret" not in str(refused.value.failures)


def test_each_type_replaces_and_updates_as_in_the_identity_table(planner):
    check_identity(
        planner,
        IDENTITY,
        LEAD,
        forcing={"emailIdentity": "other@acme.example", "region": "eu-west-1"},
        updating={"configurationSetName": "x", "tags": {"team": "a"}},
        delete_first=False,
    )
    check_identity(
        planner,
        CHANNEL,
        SLACK,
        forcing={"region": "eu-west-1"},
        updating={"slackChannelId": "C1", "loggingLevel": "ERROR", "snsTopicArns": [ALERTS], "iamRoleArn": f"{ROLE}2"},
        delete_first=False,
    )


def test_a_preview_knows_nothing_that_only_aws_can_tell(planner):
    identity = planner.preview(IDENTITY, "lead", LEAD)
    channel = planner.preview(CHANNEL, "alerts", SLACK | {"snsTopicArns": [UNKNOWN]})

    assert {name for name, value in identity.items() if value is UNKNOWN} == {
        *("arn", "identityType", "verificationStatus", "verifiedForSendingStatus", "dkimSigningAttributes"),
    }
    assert {name for name, value in channel.items() if value is UNKNOWN} == {
        *("chatConfigurationArn", "slackChannelName", "slackTeamName", "guardrailPolicyArns"),
    }
    assert channel["loggingLevel"] == "NONE"
    assert "__defaults" not in planner.check(CHANNEL, "alerts", SLACK)


def test_an_identity_lives(engine, ses):
    created = engine.create(IDENTITY, "lead", LEAD | {"tags": {"team": "a"}})
    ses.create_configuration_set(ConfigurationSetName="rollout")
    wanted = LEAD | {"configurationSetName": "rollout", "tags": {"team": "b", "owner": "it"}}
    updated = engine.update(created, wanted)

    assert created.id == "claude-code@acme.example"
    assert created.outputs["arn"] == f"arn:aws:ses:us-east-1:{ACCOUNT}:identity/claude-code@acme.example"
    assert created.outputs["identityType"] == "EMAIL_ADDRESS"
    assert (created.outputs["verificationStatus"], created.outputs["verifiedForSendingStatus"]) == ("SUCCESS", True)
    assert updated.outputs["configurationSetName"] == "rollout"
    assert updated.outputs["tags"] == {"team": "b", "owner": "it"}
    bare = engine.update(updated, LEAD)
    assert "tags" not in bare.outputs
    assert bare.outputs["configurationSetName"] == ""
    imported = engine.import_(IDENTITY, "lead", created.id)
    assert imported
    assert kinds(engine.changes(imported, LEAD)) == {}
    engine.delete(bare)
    engine.delete(bare)
    assert engine.refresh(bare) is None


def test_a_domain_is_signed_for_by_aws_or_by_a_key_of_its_owner(engine):
    domain: Props = {"emailIdentity": "acme.example"}
    secret = KEY | {"domainSigningPrivateKey": Secret(KEY["domainSigningPrivateKey"])}
    created = engine.create(IDENTITY, "acme", domain)
    owned = engine.update(created, domain | {"dkimSigningAttributes": secret})

    assert created.outputs["identityType"] == "DOMAIN"
    assert len(created.outputs["dkimSigningAttributes"]["tokens"]) == 3
    dkim = owned.outputs["dkimSigningAttributes"]
    assert dkim["signingAttributesOrigin"] == "EXTERNAL"
    assert dkim["domainSigningPrivateKey"] == secret["domainSigningPrivateKey"]
    refreshed = engine.refresh(owned)
    assert refreshed
    assert kinds(engine.changes(refreshed, domain | {"dkimSigningAttributes": secret})) == {}


@pytest.mark.parametrize(
    ("inputs", "said_by_aws"),
    [
        ({"emailIdentity": "no address"}, "CreateEmailIdentity: BadRequestException: Invalid email address or domain"),
        (
            {"emailIdentity": "x@acme.example", "configurationSetName": "none"},
            "CreateEmailIdentity: NotFoundException: Configuration set <none>",
        ),
        (LEAD, "CreateEmailIdentity: AlreadyExistsException: Email identity claude-code@acme.example already exist."),
    ],
)
def test_an_identity_aws_cannot_make_is_an_error_in_its_words(engine, ses, inputs, said_by_aws):
    ses.create_email_identity(EmailIdentity=LEAD["emailIdentity"])

    with pytest.raises(grpc.RpcError) as error:
        engine.create(IDENTITY, "lead", inputs)

    assert said(error.value).startswith(said_by_aws)


@pytest.fixture
def channel(engine: Engine) -> Resource:
    engine.create(TOPIC, "alerts", {"name": "alerts"})
    return engine.create(CHANNEL, "alerts", SLACK | {"snsTopicArns": [ALERTS], "tags": {"team": "a"}})


def test_a_slack_channel_lives(engine, chatbot, channel):
    wanted = SLACK | {"slackChannelId": "C999", "userAuthorizationRequired": True, "tags": {"team": "b"}}
    updated = engine.update(channel, wanted)

    assert channel.id == "engineering-alerts"
    assert channel.outputs["chatConfigurationArn"] == SLACK_ARN
    assert channel.outputs["guardrailPolicyArns"] == ["arn:aws:iam::aws:policy/AdministratorAccess"]
    assert channel.outputs["tags"] == {"team": "a"}
    assert updated.outputs["snsTopicArns"] == [ALERTS], "what is left out stays"
    found = chatbot.describe_slack_channel_configurations()["SlackChannelConfigurations"][0]
    assert (found["SlackChannelId"], found["UserAuthorizationRequired"]) == ("C999", True)
    assert found["Tags"] == [{"TagKey": "team", "TagValue": "b"}]
    imported = engine.import_(CHANNEL, "alerts", SLACK_ARN)
    assert imported
    assert imported.id == "engineering-alerts"
    assert kinds(engine.changes(imported, wanted)) == {}
    engine.delete(updated)
    engine.delete(updated)
    assert engine.refresh(updated) is None


def test_a_topic_of_a_channel_can_be_taken_away(engine, channel):
    updated = engine.update(channel, SLACK | {"snsTopicArns": []})

    assert updated.outputs["snsTopicArns"] == []


@pytest.mark.parametrize("change", [{"configurationName": "other"}, {"slackTeamId": "T1"}])
def test_a_channels_name_and_workspace_cannot_change(engine, channel, change):
    with pytest.raises(grpc.RpcError) as error:
        engine.update(channel, SLACK | change)

    assert f"{next(iter(change))} of a Slack channel configuration cannot change" in said(error.value)


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        (SLACK, "ConflictException: A configuration with this name already exists: engineering-alerts"),
        (SLACK | {"configurationName": "other"}, "ConflictException: The Slack channel is already configured: C0123456789"),
        (SLACK | {"configurationName": "b", "slackChannelId": "C1", "snsTopicArns": [f"{ALERTS}2"]}, "InvalidParameterException: Could not subscribe"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("channel")
def test_a_channel_aws_cannot_make_is_an_error(engine, inputs, reason):
    with pytest.raises(grpc.RpcError) as error:
        engine.create(CHANNEL, "again", inputs)

    assert f"CreateSlackChannelConfiguration: {reason}" in said(error.value)


def test_chatbot_is_held_to_its_service_model(chatbot):
    with pytest.raises(ClientError, match="failed to satisfy constraint"):
        chatbot.create_slack_channel_configuration(
            ConfigurationName="x y", IamRoleArn=ROLE, SlackChannelId="C1", SlackTeamId="T1"
        )
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        chatbot.delete_slack_channel_configuration(ChatConfigurationArn=SLACK_ARN)
    with pytest.raises(ClientError, match="The sandbox lacks this"):
        chatbot.describe_slack_workspaces()


def test_identities_and_channels_survive_a_restart(tmp_path):
    with plugged(tmp_path) as cloud:
        cloud.engine.create(TOPIC, "alerts", {"name": "alerts"})
        made = [cloud.engine.create(IDENTITY, "lead", LEAD | {"tags": {"team": "a"}})]
        made += [cloud.engine.create(CHANNEL, "alerts", SLACK | {"snsTopicArns": [ALERTS]})]
    with plugged(tmp_path) as cloud:
        found = [cloud.engine.refresh(resource) for resource in made]

    assert [resource and resource.outputs for resource in found] == [resource.outputs for resource in made]
