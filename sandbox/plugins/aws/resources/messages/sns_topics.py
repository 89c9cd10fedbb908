"""SNS topics and their policies."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import PROPAGATION_SECONDS, Aws, code, says
from sandbox.plugins.aws.policies import same_json, same_policy, sorted_json
from sandbox.plugins.aws.resources.iam_role import prefixed
from sandbox.plugins.framework.constraints import arn, between, json_text, one_of, unsupported
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.errors import Failure, PluginError
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry

_FEEDBACK = {"application": "Application", "firehose": "Firehose", "http": "HTTP", "lambda": "Lambda", "sqs": "SQS"}
_ROLES = {
    f"{ours}{outcome}FeedbackRoleArn": f"{theirs}{outcome}FeedbackRoleArn"
    for ours, theirs in _FEEDBACK.items()
    for outcome in ("Success", "Failure")
}
_RATES = {
    f"{ours}SuccessFeedbackSampleRate": f"{theirs}SuccessFeedbackSampleRate" for ours, theirs in _FEEDBACK.items()
}
# Input -> SNS's attribute; SNS takes and tells each as text.
_TOPIC_TEXTS = {
    "archivePolicy": "ArchivePolicy",
    "deliveryPolicy": "DeliveryPolicy",
    "displayName": "DisplayName",
    "fifoThroughputScope": "FifoThroughputScope",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "policy": "Policy",
    "tracingConfig": "TracingConfig",
    **_ROLES,
}
_TOPIC_NUMBERS = {"signatureVersion": "SignatureVersion", **_RATES}
_TOPIC_SWITCHES = {"contentBasedDeduplication": "ContentBasedDeduplication"}
_TOPIC_ATTRIBUTES = _TOPIC_TEXTS | _TOPIC_NUMBERS | _TOPIC_SWITCHES
Same = Callable[[Any, Any], bool]
_NAME = r"[0-9A-Za-z_-]{1,256}"
_FIFO_NAME = r"[0-9A-Za-z_-]{1,251}\.fifo"


def _sns(call: Call[Aws]) -> Any:
    return call.cloud.client("sns", call.region)


def _told(value: Any) -> str:
    """The value as SNS takes it: an attribute is always text."""
    return str(value).lower() if isinstance(value, bool) else str(value or "")


def _attributes(sns: Any, topic_arn: str) -> dict[str, str]:
    """An empty answer when there is no such topic."""
    try:
        return sns.get_topic_attributes(TopicArn=topic_arn)["Attributes"]
    except Exception as error:
        if code(error) == "NotFound":
            return {}
        raise


def _put(sns: Any, topic_arn: str, attribute: str, value: str) -> None:
    """A principal made a moment ago may not be believed in yet."""
    retry(
        lambda: sns.set_topic_attributes(TopicArn=topic_arn, AttributeName=attribute, AttributeValue=value),
        lambda error: says(error, "InvalidParameter", "PrincipalNotFound", "Invalid principal"),
        seconds=PROPAGATION_SECONDS,
    )


def _create_topic(call: Call[Aws]) -> str:
    """AWS would hand out a topic of that name; the official plug-in looks first and refuses."""
    sns, new, name = _sns(call), call.new, _topic_name(call.new)
    region = call.region or call.cloud.region
    topic_arn = f"arn:{call.cloud.partition}:sns:{region}:{call.cloud.account_id}:{name}"
    if _attributes(sns, topic_arn):
        raise PluginError(f"SNS topic already exists: {topic_arn}: import it, or choose another name")
    wanted: Props = {
        "Name": name,
        "Attributes": {"FifoTopic": "true"} if new.get("fifoTopic") else None,
        "Tags": tags.listed(new.get("tagsAll")),
    }
    call.id = sns.create_topic(**{key: value for key, value in wanted.items() if value})["TopicArn"]
    for field, attribute in _TOPIC_ATTRIBUTES.items():
        if new.get(field):
            _put(sns, call.id, attribute, _told(new[field]))
    return call.id


def _topic_name(props: Props) -> str:
    name = prefixed(props)
    return f"{name}.fifo" if props.get("fifoTopic") and not props.get("name") else name


def _read_topic(call: Call[Aws]) -> Props | None:
    sns = _sns(call)
    found = _attributes(sns, call.id)
    if not found:
        return None
    listed = sns.list_tags_for_resource(ResourceArn=call.id)["Tags"]
    return {
        "arn": found["TopicArn"],
        "name": found["TopicArn"].rsplit(":", maxsplit=1)[-1],
        "owner": found.get("Owner", ""),
        "beginningArchiveTime": found.get("BeginningArchiveTime", ""),
        "fifoTopic": found.get("FifoTopic") == "true",
        **{field: found.get(attribute, "") for field, attribute in _TOPIC_TEXTS.items()},
        **{field: int(found.get(attribute) or 0) for field, attribute in _TOPIC_NUMBERS.items()},
        **{field: found.get(attribute) == "true" for field, attribute in _TOPIC_SWITCHES.items()},
        "policy": sorted_json(found.get("Policy", "")),
        "region": call.region or call.cloud.region,
        **tags.found(call, tags.mapped_from(listed)),
    }


def _update_topic(call: Call[Aws]) -> None:
    sns = _sns(call)
    tags.update(
        call,
        lambda keys: sns.untag_resource(ResourceArn=call.id, TagKeys=keys),
        lambda changed: sns.tag_resource(ResourceArn=call.id, Tags=tags.listed(changed)),
    )
    for field, attribute in _TOPIC_ATTRIBUTES.items():
        if _differs(call, field, _TOPIC_SAME):
            value = call.new.get(field)
            _put(sns, call.id, attribute, _told(value or False) if field in _TOPIC_SWITCHES else _told(value))


def _differs(call: Call[Aws], field: str, same: Mapping[str, Same]) -> bool:
    equal = same.get(field)
    return call.changed(field) and not (equal and equal(call.old.get(field), call.new.get(field)))


def _delete_topic(call: Call[Aws]) -> None:
    """SNS finds nothing wrong with deleting what is gone."""
    _sns(call).delete_topic(TopicArn=call.id)


def _topic_rules(inputs: Props) -> Iterable[Failure]:
    name, fifo = inputs.get("name"), inputs.get("fifoTopic", False)
    if isinstance(name, str) and isinstance(fifo, bool) and not re.fullmatch(_FIFO_NAME if fifo else _NAME, name):
        ending = ", and end with .fifo" if fifo else ""
        yield Failure("name", f"must be up to 256 letters, digits, hyphens and underscores{ending}: {name}")
    if fifo is False and inputs.get("archivePolicy") not in (None, ""):
        yield Failure("archivePolicy", "is for FIFO topics only: remove it, or set fifoTopic")
    if fifo is False and inputs.get("contentBasedDeduplication") is True:
        yield Failure("contentBasedDeduplication", "is for FIFO topics only: remove it, or set fifoTopic")


_TOPIC_SAME = {"policy": same_policy, "deliveryPolicy": same_json, "archivePolicy": same_json}


def _put_policy(call: Call[Aws]) -> str:
    _put(_sns(call), call.new["arn"], "Policy", call.new["policy"])
    return call.new["arn"]


def _update_policy(call: Call[Aws]) -> None:
    _put_policy(call)


def _read_policy(call: Call[Aws]) -> Props | None:
    found = _attributes(_sns(call), call.id)
    if not found.get("Policy"):
        return None
    return {
        "arn": found["TopicArn"],
        "owner": found.get("Owner", ""),
        "policy": sorted_json(found["Policy"]),
        "region": call.region or call.cloud.region,
    }


def _reset_policy(call: Call[Aws]) -> None:
    """A topic always has a policy: what is deleted gives way to the one AWS starts with."""
    owner = call.old.get("owner") or call.cloud.account_id
    try:
        _put(_sns(call), call.id, "Policy", json.dumps(default_policy(call.id, owner)))
    except Exception as error:
        if code(error) != "NotFound":
            raise


_OWNER_ACTIONS = (
    *("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission"),
    *("DeleteTopic", "Subscribe", "ListSubscriptionsByTopic", "Publish"),
)


def default_policy(topic_arn: str, owner: str) -> Props:
    """The topic's owner may do everything, nobody else anything."""
    return {
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [
            {
                "Sid": "__default_statement_ID",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": [f"SNS:{action}" for action in _OWNER_ACTIONS],
                "Resource": topic_arn,
                "Condition": {"StringEquals": {"AWS:SourceOwner": owner}},
            }
        ],
    }


ENTRIES = (
    Entry(
        token="aws:sns/topic:Topic",
        replaces=("name", "namePrefix", "fifoTopic"),
        autoname=AutoName(longest=80, suffix=lambda inputs: ".fifo" if inputs.get("fifoTopic") is True else ""),
        defaults={"contentBasedDeduplication": False, "fifoTopic": False},
        computed=("fifoThroughputScope", "policy", "signatureVersion", "tracingConfig"),
        checks={
            "archivePolicy": json_text,
            "deliveryPolicy": json_text,
            "fifoThroughputScope": one_of("Topic", "MessageGroup"),
            "maximumMessageSize": unsupported,
            "policy": json_text,
            "signatureVersion": between(1, 2),
            "tracingConfig": one_of("Active", "PassThrough"),
            **dict.fromkeys(_ROLES, arn),
            **dict.fromkeys(_RATES, between(0, 100)),
        },
        rules=(_topic_rules,),
        same=_TOPIC_SAME,
        keeps=("policy",),
        stored={"policy": sorted_json},
        tags=True,
        create=_create_topic,
        read=_read_topic,
        update=_update_topic,
        delete=_delete_topic,
    ),
    Entry(
        token="aws:sns/topicPolicy:TopicPolicy",
        replaces=("arn",),
        documents=("policy",),
        checks={"arn": arn, "policy": json_text},
        same={"policy": same_policy},
        keeps=("policy",),
        stored={"policy": sorted_json},
        create=_put_policy,
        read=_read_policy,
        update=_update_policy,
        delete=_reset_policy,
    ),
)
