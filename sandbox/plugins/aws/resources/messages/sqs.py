"""SQS queues and their policies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.aws.policies import same_policy, sorted_json
from sandbox.plugins.aws.resources.iam_role import prefixed
from sandbox.plugins.framework.constraints import between, json_text, one_of
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.errors import Failure
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry, settle, wait_until

_GONE = {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}
_SECONDS = 180
# Six equal answers, five seconds apart.
_SETTLED_SECONDS = 25

# Input -> SQS's attribute, which is always text.
_NUMBERS = {
    "delaySeconds": "DelaySeconds",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}
_SWITCHES = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "fifoQueue": "FifoQueue",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
}
_TEXTS = {
    "deduplicationScope": "DeduplicationScope",
    "fifoThroughputLimit": "FifoThroughputLimit",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "policy": "Policy",
    "redriveAllowPolicy": "RedriveAllowPolicy",
    "redrivePolicy": "RedrivePolicy",
}
_ATTRIBUTES = _NUMBERS | _SWITCHES | _TEXTS


def _same_text(found: Any, wanted: Any) -> bool:
    """The official plug-in words the input anew and then compares letter by letter with what SQS answers."""
    return (found or "") == sorted_json(wanted or "")


_SAME = {"policy": same_policy, "redrivePolicy": _same_text, "redriveAllowPolicy": _same_text}


def _sqs(call: Call[Aws]) -> Any:
    return call.cloud.client("sqs", call.region)


def _told(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _attributes(call: Call[Aws], url: str) -> Mapping[str, str]:
    """An empty answer when there is no such queue."""
    try:
        return _sqs(call).get_queue_attributes(QueueUrl=url, AttributeNames=["All"]).get("Attributes", {})
    except Exception as error:
        if code(error) in _GONE:
            return {}
        raise


def _create(call: Call[Aws]) -> str:
    """A name that was deleted a minute ago is not free yet."""
    new = call.new
    wanted = {
        theirs: _told(new[ours]) for ours, theirs in _ATTRIBUTES.items() if new.get(ours) not in (None, "", False)
    }
    made = retry(
        lambda: _sqs(call).create_queue(
            QueueName=_name(new), Attributes=wanted, **({"tags": new["tagsAll"]} if new.get("tagsAll") else {})
        ),
        lambda error: code(error) in {"AWS.SimpleQueueService.QueueDeletedRecently", "QueueDeletedRecently"},
        seconds=_SECONDS,
    )
    call.id = made["QueueUrl"]
    wait_until(lambda: bool(_attributes(call, call.id)), seconds=_SECONDS, what=f"queue {call.id}")
    settle(_SETTLED_SECONDS)
    return call.id


def _name(props: Props) -> str:
    name = prefixed(props)
    return f"{name}.fifo" if props.get("fifoQueue") and not props.get("name") else name


def _read(call: Call[Aws]) -> Props | None:
    found = _attributes(call, call.id)
    if not found:
        return None
    return {
        "arn": found["QueueArn"],
        "url": call.id,
        "name": found["QueueArn"].rpartition(":")[2],
        **{ours: int(found[theirs]) for ours, theirs in _NUMBERS.items() if theirs in found},
        **{ours: found.get(theirs, "false").lower() == "true" for ours, theirs in _SWITCHES.items()},
        **{ours: found.get(theirs, "") for ours, theirs in _TEXTS.items()},
        "policy": sorted_json(found.get("Policy", "")),
        "region": call.region or call.cloud.region,
        **tags.found(call, _sqs(call).list_queue_tags(QueueUrl=call.id).get("Tags", {})),
    }


def _update(call: Call[Aws]) -> None:
    sqs = _sqs(call)
    tags.update(
        call,
        lambda keys: sqs.untag_queue(QueueUrl=call.id, TagKeys=keys),
        lambda changed: sqs.tag_queue(QueueUrl=call.id, Tags=changed),
    )
    changed = {
        theirs: _told(call.new.get(ours) or ("" if ours in _TEXTS else False if ours in _SWITCHES else 0))
        for ours, theirs in _ATTRIBUTES.items()
        if call.changed(ours) and not _equal(call, ours)
    }
    if changed:
        sqs.set_queue_attributes(QueueUrl=call.id, Attributes=changed)
        settle(_SETTLED_SECONDS)


def _equal(call: Call[Aws], field: str) -> bool:
    same = _SAME.get(field)
    return bool(same and same(call.old.get(field), call.new.get(field)))


def _delete(call: Call[Aws]) -> None:
    try:
        _sqs(call).delete_queue(QueueUrl=call.id)
    except Exception as error:
        if code(error) not in _GONE:
            raise
    wait_until(lambda: not _attributes(call, call.id), seconds=_SECONDS, what=f"queue {call.id} to be gone")


def _rules(inputs: Props) -> Iterable[Failure]:
    name, fifo = inputs.get("name"), inputs.get("fifoQueue", False)
    if isinstance(name, str) and isinstance(fifo, bool):
        pattern = r"[a-zA-Z0-9_-]{1,75}\.fifo" if fifo else r"[a-zA-Z0-9_-]{1,80}"
        if not re.fullmatch(pattern, name):
            ending = ", and end with .fifo" if fifo else ""
            yield Failure("name", f"must be up to 80 letters, digits, hyphens and underscores{ending}: {name}")
    if fifo is False:
        for field in ("contentBasedDeduplication", "deduplicationScope", "fifoThroughputLimit"):
            if inputs.get(field):
                yield Failure(field, "is for FIFO queues only: remove it, or set fifoQueue")
    if inputs.get("fifoThroughputLimit") == "perMessageGroupId" and inputs.get("deduplicationScope") == "queue":
        yield Failure("fifoThroughputLimit", "perMessageGroupId needs deduplicationScope messageGroup")
    if inputs.get("kmsMasterKeyId") and inputs.get("sqsManagedSseEnabled"):
        yield Failure("kmsMasterKeyId", "conflicts with sqsManagedSseEnabled")


def _put_policy(call: Call[Aws]) -> str:
    url = call.new["queueUrl"]
    _sqs(call).set_queue_attributes(QueueUrl=url, Attributes={"Policy": call.new["policy"]})
    return url


def _update_policy(call: Call[Aws]) -> None:
    _put_policy(call)


def _read_policy(call: Call[Aws]) -> Props | None:
    policy = _attributes(call, call.id).get("Policy")
    if not policy:
        return None
    return {"queueUrl": call.id, "policy": sorted_json(policy), "region": call.region or call.cloud.region}


def _empty_policy(call: Call[Aws]) -> None:
    try:
        _sqs(call).set_queue_attributes(QueueUrl=call.id, Attributes={"Policy": ""})
    except Exception as error:
        if code(error) not in _GONE:
            raise


ENTRIES = (
    Entry(
        token="aws:sqs/queue:Queue",
        replaces=("name", "namePrefix", "fifoQueue"),
        autoname=AutoName(longest=80, suffix=lambda inputs: ".fifo" if inputs.get("fifoQueue") is True else ""),
        defaults={
            "contentBasedDeduplication": False,
            "delaySeconds": 0,
            "fifoQueue": False,
            "maxMessageSize": 262_144,
            "messageRetentionSeconds": 345_600,
            "receiveWaitTimeSeconds": 0,
            "visibilityTimeoutSeconds": 30,
        },
        computed=(
            *("deduplicationScope", "fifoThroughputLimit", "kmsDataKeyReusePeriodSeconds"),
            *("policy", "redriveAllowPolicy", "redrivePolicy", "sqsManagedSseEnabled"),
        ),
        checks={
            "deduplicationScope": one_of("messageGroup", "queue"),
            "fifoThroughputLimit": one_of("perQueue", "perMessageGroupId"),
            "delaySeconds": between(0, 900),
            "kmsDataKeyReusePeriodSeconds": between(60, 86_400),
            "maxMessageSize": between(1024, 1_048_576),
            "messageRetentionSeconds": between(60, 1_209_600),
            "receiveWaitTimeSeconds": between(0, 20),
            "visibilityTimeoutSeconds": between(0, 43_200),
            **dict.fromkeys(("policy", "redriveAllowPolicy", "redrivePolicy"), json_text),
        },
        rules=(_rules,),
        same=_SAME,
        keeps=("policy",),
        stored=dict.fromkeys(("redrivePolicy", "redriveAllowPolicy"), sorted_json),
        tags=True,
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
    Entry(
        token="aws:sqs/queuePolicy:QueuePolicy",
        replaces=("queueUrl",),
        documents=("policy",),
        checks={"policy": json_text},
        same={"policy": same_policy},
        keeps=("policy",),
        stored={"policy": sorted_json},
        create=_put_policy,
        read=_read_policy,
        update=_update_policy,
        delete=_empty_policy,
    ),
)
