"""Slack channels that AWS Chatbot brings a topic's messages to."""

from __future__ import annotations

from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.framework.constraints import arn, each, every, matches, model
from sandbox.plugins.framework.entry import Call, Constraint, Entry
from sandbox.plugins.framework.errors import InputsRefusedError
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import settle, wait_until

_MINUTES_20 = 1200
# Before the official plug-in first looks whether Chatbot is done.
_DELAY_SECONDS = 30

# Input -> parameter of creation and update alike.
_CHANGEABLE = {
    "guardrailPolicyArns": "GuardrailPolicyArns",
    "iamRoleArn": "IamRoleArn",
    "loggingLevel": "LoggingLevel",
    "slackChannelId": "SlackChannelId",
    "snsTopicArns": "SnsTopicArns",
    "userAuthorizationRequired": "UserAuthorizationRequired",
}
_FIXED = {"configurationName": "ConfigurationName", "slackTeamId": "SlackTeamId"}


def _chatbot(call: Call[Aws]) -> Any:
    return call.cloud.client("chatbot", call.region)


def _create(call: Call[Aws]) -> str:
    new, chatbot = call.new, _chatbot(call)
    wanted = {parameter: new[field] for field, parameter in (_FIXED | _CHANGEABLE).items() if new.get(field)}
    listed = tags.listed(new.get("tagsAll"), "TagKey", "TagValue")
    created = chatbot.create_slack_channel_configuration(**wanted, **({"Tags": listed} if listed else {}))
    made = created["ChannelConfiguration"]["ChatConfigurationArn"]
    call.new["chatConfigurationArn"] = made  # the read that follows finds it by nothing else
    settle(_DELAY_SECONDS)
    wait_until(
        lambda: bool(_channel(chatbot, made)), seconds=_MINUTES_20, what=f"Slack channel configuration {made} to exist"
    )
    return new["configurationName"]


def _channel(chatbot: Any, channel_arn: str) -> Props:
    """An empty answer when there is none."""
    try:
        answer = chatbot.describe_slack_channel_configurations(ChatConfigurationArn=channel_arn)
    except Exception as error:
        if code(error) == "ResourceNotFoundException":
            return {}
        raise
    return next(iter(answer.get("SlackChannelConfigurations", [])), {})


def _read(call: Call[Aws]) -> Props | None:
    found = _channel(_chatbot(call), call.old["chatConfigurationArn"])
    if not found:
        return None
    return {
        "chatConfigurationArn": found["ChatConfigurationArn"],
        **{field: found.get(parameter) for field, parameter in (_FIXED | _CHANGEABLE).items()},
        "slackChannelName": found.get("SlackChannelName", ""),
        "slackTeamName": found.get("SlackTeamName", ""),
        "region": call.region or call.cloud.region,
        **tags.found(call, tags.mapped_from(found.get("Tags", []), "TagKey", "TagValue")),
    }


def _update(call: Call[Aws]) -> None:
    """Chatbot can change neither the name nor the workspace, and the official plug-in does not replace either."""
    for field in _FIXED:
        if call.changed(field):
            raise InputsRefusedError(
                f"{field} of a Slack channel configuration cannot change: {call.old.get(field)}; "
                "give the resource another name, so that a new one is made"
            )
    chatbot, channel_arn = _chatbot(call), call.old["chatConfigurationArn"]
    tags.update(
        call,
        lambda keys: chatbot.untag_resource(ResourceARN=channel_arn, TagKeys=keys),
        lambda changed: chatbot.tag_resource(ResourceARN=channel_arn, Tags=tags.listed(changed, "TagKey", "TagValue")),
    )
    if call.changed(*_CHANGEABLE):
        wanted = {parameter: call.new[field] for field, parameter in _CHANGEABLE.items() if field in call.new}
        chatbot.update_slack_channel_configuration(ChatConfigurationArn=channel_arn, **wanted)
        settle(_DELAY_SECONDS)


def _delete(call: Call[Aws]) -> None:
    chatbot, channel_arn = _chatbot(call), call.old["chatConfigurationArn"]
    try:
        chatbot.delete_slack_channel_configuration(ChatConfigurationArn=channel_arn)
    except Exception as error:
        if code(error) == "ResourceNotFoundException":
            return
        raise
    settle(_DELAY_SECONDS)
    wait_until(
        lambda: not _channel(chatbot, channel_arn),
        seconds=_MINUTES_20,
        what=f"Slack channel configuration {channel_arn} to be gone",
    )


def _model(member: str) -> Constraint:
    return model("chatbot", "CreateSlackChannelConfiguration", member)


def _import(channel_arn: str) -> tuple[str, Props]:
    """By ARN, although state calls it by its name."""
    return channel_arn.rsplit("/", maxsplit=1)[-1], {"chatConfigurationArn": channel_arn}


# Chatbot's patterns know no other partition.
_ARN = every(arn, matches(r"arn:aws:.+", "be an ARN in the partition aws"))


ENTRIES = (
    Entry(
        token="aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration",
        engine="PF",
        defaults={"loggingLevel": "NONE", "userAuthorizationRequired": False},
        computed=("guardrailPolicyArns", "snsTopicArns"),
        checks={
            "configurationName": _model("ConfigurationName"),
            "iamRoleArn": every(arn, _model("IamRoleArn")),
            "loggingLevel": _model("LoggingLevel"),
            "slackChannelId": _model("SlackChannelId"),
            "slackTeamId": _model("SlackTeamId"),
            "snsTopicArns": each(_ARN),
            "guardrailPolicyArns": each(_ARN),
        },
        sets=("snsTopicArns",),
        tags=True,
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
        imports=_import,
    ),
)
