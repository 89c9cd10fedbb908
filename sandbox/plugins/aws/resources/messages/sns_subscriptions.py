"""Subscriptions to SNS topics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sandbox.plugins.aws.client import Aws, code, says
from sandbox.plugins.aws.policies import same_json
from sandbox.plugins.framework.constraints import arn, json_text, one_of
from sandbox.plugins.framework.entry import Call, Entry
from sandbox.plugins.framework.errors import Failure
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import wait_until

Same = Callable[[Any, Any], bool]


def _sns(call: Call[Aws]) -> Any:
    return call.cloud.client("sns", call.region)


def _told(value: Any) -> str:
    """The value as SNS takes it: an attribute is always text."""
    return str(value).lower() if isinstance(value, bool) else str(value or "")


def _differs(call: Call[Aws], field: str, same: Mapping[str, Same]) -> bool:
    equal = same.get(field)
    return call.changed(field) and not (equal and equal(call.old.get(field), call.new.get(field)))


# In the order in which a change is sent.
_SUBSCRIPTION_ATTRIBUTES = {
    "deliveryPolicy": "DeliveryPolicy",
    "filterPolicyScope": "FilterPolicyScope",
    "filterPolicy": "FilterPolicy",
    "rawMessageDelivery": "RawMessageDelivery",
    "redrivePolicy": "RedrivePolicy",
    "replayPolicy": "ReplayPolicy",
    "subscriptionRoleArn": "SubscriptionRoleArn",
}
_PROTOCOLS = ("application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs")
_SUBSCRIPTION_JSON = ("deliveryPolicy", "filterPolicy", "redrivePolicy", "replayPolicy")
_SUBSCRIPTION_SAME: dict[str, Same] = dict.fromkeys(_SUBSCRIPTION_JSON, same_json)


def _subscribe(call: Call[Aws]) -> str:
    """Ends when the endpoint has confirmed, unless a person or a foreign server has to."""
    sns, new = _sns(call), call.new
    attributes = {a: _told(new[f]) for f, a in _SUBSCRIPTION_ATTRIBUTES.items() if new.get(f)}
    call.id = sns.subscribe(
        TopicArn=new["topic"],
        Protocol=new["protocol"],
        Endpoint=new["endpoint"],
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    over_http = new["protocol"].startswith("http")
    by_hand = new["protocol"].startswith("email") or (over_http and not new.get("endpointAutoConfirms"))
    if not by_hand:
        wait_until(
            lambda: _subscription(sns, call.id).get("PendingConfirmation") == "false",
            seconds=60 * new["confirmationTimeoutInMinutes"] if over_http else 120,
            what=f"subscription {call.id} to be confirmed",
        )
    return call.id


def _subscription(sns: Any, subscription_arn: str) -> dict[str, str]:
    """An empty answer when there is none."""
    try:
        return sns.get_subscription_attributes(SubscriptionArn=subscription_arn)["Attributes"]
    except Exception as error:
        if code(error) == "NotFound":
            return {}
        raise


def _read_subscription(call: Call[Aws]) -> Props | None:
    found = _subscription(_sns(call), call.id)
    if not found:
        return None
    return {
        "arn": found["SubscriptionArn"],
        "topic": found["TopicArn"],
        "protocol": found["Protocol"],
        "endpoint": found["Endpoint"],
        "ownerId": found.get("Owner", ""),
        "pendingConfirmation": found.get("PendingConfirmation") == "true",
        "confirmationWasAuthenticated": found.get("ConfirmationWasAuthenticated") == "true",
        "rawMessageDelivery": found.get("RawMessageDelivery") == "true",
        "region": call.region or call.cloud.region,
        **{
            field: found.get(attribute, "")
            for field, attribute in _SUBSCRIPTION_ATTRIBUTES.items()
            if field != "rawMessageDelivery"
        },
    }


def _update_subscription(call: Call[Aws]) -> None:
    """A body's filter needs the scope first; the scope of attributes must not meet the body's filter."""
    sns = _sns(call)
    order = list(_SUBSCRIPTION_ATTRIBUTES)
    if call.new.get("filterPolicyScope") != "MessageBody":
        order.remove("filterPolicyScope")
        order.insert(order.index("filterPolicy") + 1, "filterPolicyScope")
    for field in order:
        if not _differs(call, field, _SUBSCRIPTION_SAME):
            continue
        value = _told(call.new.get(field) or (False if field == "rawMessageDelivery" else ""))
        if field == "filterPolicyScope" and not value:
            continue  # computed: AWS keeps its own
        wanted = {"SubscriptionArn": call.id, "AttributeName": _SUBSCRIPTION_ATTRIBUTES[field]}
        if value or field != "redrivePolicy":  # which SNS wants left out, not empty
            empty = "{}" if field in {"filterPolicy", "deliveryPolicy"} else ""
            wanted["AttributeValue"] = value or empty
        sns.set_subscription_attributes(**wanted)


def _unsubscribe(call: Call[Aws]) -> None:
    """One that nobody has confirmed cannot be removed: AWS drops it after some days."""
    try:
        _sns(call).unsubscribe(SubscriptionArn=call.id)
    except Exception as error:
        if code(error) != "NotFound" and not says(error, "InvalidParameter", "pending confirmation"):
            raise


def _scope_needs_filter(inputs: Props) -> Iterable[Failure]:
    if isinstance(inputs.get("filterPolicyScope"), str) and not inputs.get("filterPolicy"):
        yield Failure("filterPolicyScope", "needs a filter: set filterPolicy, or remove it")


ENTRIES = (
    Entry(
        token="aws:sns/topicSubscription:TopicSubscription",
        replaces=("topic", "protocol", "endpoint"),
        defaults={"confirmationTimeoutInMinutes": 1, "endpointAutoConfirms": False, "rawMessageDelivery": False},
        computed=("filterPolicyScope",),
        checks={
            "topic": arn,
            "protocol": one_of(*_PROTOCOLS),
            "filterPolicyScope": one_of("MessageAttributes", "MessageBody"),
            "subscriptionRoleArn": arn,
            **dict.fromkeys(_SUBSCRIPTION_JSON, json_text),
        },
        rules=(_scope_needs_filter,),
        same=_SUBSCRIPTION_SAME,
        keeps=_SUBSCRIPTION_JSON,
        create=_subscribe,
        read=_read_subscription,
        update=_update_subscription,
        delete=_unsubscribe,
    ),
)
