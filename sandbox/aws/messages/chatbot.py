"""AWS Chatbot's Slack channels, a service moto does not have: where a topic's messages would be read.

Nothing is sent to Slack. The configurations live in moto's SNS backend, whose topics they name, and so in its snapshot.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.sns.models import sns_backends

from sandbox.aws.models.catalogue import PARTITION
from sandbox.aws.refusals import RestRefusal
from sandbox.aws.validation import mistakes
from sandbox.settings import REGION, served_account

SERVICE = "chatbot"
STORED_WITH = "sns"
READS = frozenset({"/describe-slack-channel-configurations", "/list-tags-for-resource"})
_WIDEST = f"arn:{PARTITION}:iam::aws:policy/AdministratorAccess"

Given = dict[str, Any]


def answer(path: str, body: bytes) -> tuple[int, bytes]:
    """Status and body of one call; RestRefusal where AWS would refuse."""
    if path not in _OPERATIONS:
        raise NotImplementedError(f"chatbot {path}")
    operation, status, work = _OPERATIONS[path]
    try:
        given: Given = json.loads(body or b"{}")
    except ValueError as error:
        raise RestRefusal("InvalidParameterException", f"The request could not be read: {error}") from error
    if found := mistakes(SERVICE, operation, given):
        raise RestRefusal("InvalidParameterException", found)
    return status, json.dumps(work(given)).encode()


def _channels() -> dict[str, Given]:
    """By ARN. The service is one for all regions."""
    return vars(sns_backends[served_account()][REGION]).setdefault("slack_channels", {})


def _find(arn: str) -> Given:
    if arn not in _channels():
        raise RestRefusal("ResourceNotFoundException", f"Could not find the configuration: {arn}", 404)
    return _channels()[arn]


def _create(given: Given) -> Given:
    name = given["ConfigurationName"]
    arn = f"arn:{PARTITION}:chatbot::{served_account()}:chat-configuration/slack-channel/{name}"
    if arn in _channels():
        raise RestRefusal("ConflictException", f"A configuration with this name already exists: {name}", 409)
    place = (given["SlackTeamId"], given["SlackChannelId"])
    if any((other["SlackTeamId"], other["SlackChannelId"]) == place for other in _channels().values()):
        raise RestRefusal("ConflictException", f"The Slack channel is already configured: {place[1]}", 409)
    defaults: Given = {
        "SnsTopicArns": [],
        "LoggingLevel": "NONE",
        "GuardrailPolicyArns": [_WIDEST],
        "UserAuthorizationRequired": False,
        "SlackTeamName": f"workspace-{given['SlackTeamId'].lower()}",
        "SlackChannelName": f"channel-{given['SlackChannelId'].lower()}",
        "Tags": [],
        "ChatConfigurationArn": arn,
        "State": "ENABLED",
    }
    _check_topics(given)
    _channels()[arn] = defaults | given
    return {"ChannelConfiguration": _channels()[arn]}


def _check_topics(given: Given) -> None:
    for arn in given.get("SnsTopicArns") or ():
        region = arn.split(":")[3]
        if arn not in sns_backends[served_account()][region].topics:
            raise RestRefusal("InvalidParameterException", f"Could not subscribe to the SNS topic: {arn}")


def _update(given: Given) -> Given:
    channel = _find(given["ChatConfigurationArn"])
    _check_topics(given)
    channel |= {name: value for name, value in given.items() if value is not None}
    return {"ChannelConfiguration": channel}


def _describe(given: Given) -> Given:
    wanted = given.get("ChatConfigurationArn")
    found = [channel for arn, channel in _channels().items() if wanted in {None, arn}]
    return {"SlackChannelConfigurations": found}


def _delete(given: Given) -> Given:
    _find(given["ChatConfigurationArn"])
    del _channels()[given["ChatConfigurationArn"]]
    return {}


def _tag(given: Given) -> Given:
    channel = _find(given["ResourceARN"])
    tags = {tag["TagKey"]: tag["TagValue"] for tag in [*channel["Tags"], *given["Tags"]]}
    channel["Tags"] = [{"TagKey": key, "TagValue": value} for key, value in tags.items()]
    return {}


def _untag(given: Given) -> Given:
    channel = _find(given["ResourceARN"])
    channel["Tags"] = [tag for tag in channel["Tags"] if tag["TagKey"] not in given["TagKeys"]]
    return {}


def _list_tags(given: Given) -> Given:
    return {"Tags": _find(given["ResourceARN"])["Tags"]}


# Path -> (operation, status, work).
_OPERATIONS: dict[str, tuple[str, int, Callable[[Given], Given]]] = {
    "/create-slack-channel-configuration": ("CreateSlackChannelConfiguration", 201, _create),
    "/update-slack-channel-configuration": ("UpdateSlackChannelConfiguration", 200, _update),
    "/describe-slack-channel-configurations": ("DescribeSlackChannelConfigurations", 200, _describe),
    "/delete-slack-channel-configuration": ("DeleteSlackChannelConfiguration", 204, _delete),
    "/tag-resource": ("TagResource", 200, _tag),
    "/untag-resource": ("UntagResource", 200, _untag),
    "/list-tags-for-resource": ("ListTagsForResource", 200, _list_tags),
}
