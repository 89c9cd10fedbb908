"""What moto lacks of SNS: attributes it forgets, names it does not know, and subscriptions that wait for a person.

The sandbox sends no e-mail. Whoever plays the reader confirms with `ConfirmSubscription`; the token is the last part of
the subscription's ARN.
"""

from __future__ import annotations

import json
from typing import Any, cast

from moto.core.responses import ActionResult, EmptyResult
from moto.sns.models import Subscription, Topic
from moto.sns.responses import SNSResponse

from sandbox.aws.refusals import QueryRefusal

_FEEDBACK = ("Application", "Firehose", "HTTP", "Lambda", "SQS")
TOPIC_ATTRIBUTES = frozenset(
    {
        *("ArchivePolicy", "ContentBasedDeduplication", "DeliveryPolicy", "DisplayName", "FifoThroughputScope"),
        *("KmsMasterKeyId", "Policy", "SignatureVersion", "TracingConfig"),
        *(
            f"{protocol}{kind}"
            for protocol in _FEEDBACK
            for kind in ("SuccessFeedbackRoleArn", "FailureFeedbackRoleArn")
        ),
        *(f"{protocol}SuccessFeedbackSampleRate" for protocol in _FEEDBACK),
    }
)
# Those moto answers with by itself.
_KNOWN_TO_MOTO = frozenset({"ContentBasedDeduplication", "DeliveryPolicy", "DisplayName", "KmsMasterKeyId", "Policy"})
_PREFIXES = {"http": "http://", "https": "https://"}


def invalid(message: str) -> QueryRefusal:
    return QueryRefusal("InvalidParameter", f"Invalid parameter: {message}")


class Awaiting(Subscription):
    """Gets no message before its endpoint has confirmed."""

    def publish(self, *args: Any, **kwargs: Any) -> None:
        if self.confirmed:
            super().publish(*args, **kwargs)


class Sns(SNSResponse):
    """moto's SNS with these operations in place of its own."""

    def create_topic(self) -> ActionResult:
        name, tags = self._get_param("Name"), self._get_tags()
        known = [topic for topic in self.backend.topics.values() if topic.name == name]
        if known and tags and known[0]._tags != tags:
            raise invalid("Tags Reason: Topic already exists with different tags")
        return super().create_topic()

    def get_topic_attributes(self) -> ActionResult:
        attributes = cast("dict[str, Any]", super().get_topic_attributes().result)["Attributes"]
        shown = {name: value for name, value in attributes.items() if value != "" or name == "DisplayName"}
        return ActionResult({"Attributes": shown | self._more(self._topic())})

    def set_topic_attributes(self) -> ActionResult:
        topic, name = self._topic(), self._get_param("AttributeName")
        value: str = self._get_param("AttributeValue") or ""
        if name not in TOPIC_ATTRIBUTES:
            raise invalid("AttributeName")
        if name == "Policy":
            _check_policy(value, topic.arn)
        if name in _KNOWN_TO_MOTO:
            return super().set_topic_attributes()
        self._more(topic).pop(name, None)
        if value:
            self._more(topic)[name] = value
        return EmptyResult()

    def subscribe(self) -> ActionResult:
        protocol, endpoint = self._get_param("Protocol"), self._get_param("Endpoint") or ""
        _check_endpoint(protocol, endpoint)
        self._topic()
        before = set(self.backend.subscriptions)
        arn = cast("dict[str, str]", super().subscribe().result)["SubscriptionArn"]
        if arn not in before and protocol in {"email", "email-json", "http", "https"}:
            self._hold(arn)
        pending = self.backend.subscriptions[arn].attributes["PendingConfirmation"]
        told = arn if not pending or self._get_param("ReturnSubscriptionArn") else "pending confirmation"
        return ActionResult({"SubscriptionArn": told})

    def _hold(self, arn: str) -> None:
        """Puts one that waits where moto has put one that is confirmed."""
        made = self.backend.subscriptions[arn]
        held = Awaiting(made.account_id, made.topic, made.endpoint, made.protocol)
        vars(held).update(vars(made))
        held.attributes |= {"PendingConfirmation": True, "ConfirmationWasAuthenticated": False}
        self.backend.subscriptions[arn] = cast("Subscription", held)

    def confirm_subscription(self) -> ActionResult:
        topic, token = self._topic(), self._get_param("Token")
        found = self.backend.subscriptions.get(f"{topic.arn}:{token}")
        if found is None:
            raise invalid("Token")
        found.confirmed = True
        found.attributes["PendingConfirmation"] = False
        return ActionResult({"SubscriptionArn": found.arn})

    def unsubscribe(self) -> ActionResult:
        found = self.backend.subscriptions.get(self._get_param("SubscriptionArn"))
        if found is not None and found.attributes["PendingConfirmation"]:
            raise invalid("SubscriptionArn Reason: Cannot unsubscribe a subscription that is pending confirmation")
        return super().unsubscribe()

    def get_subscription_attributes(self) -> ActionResult:
        """A filter that was set to nothing is none."""
        attributes = cast("dict[str, Any]", super().get_subscription_attributes().result)["Attributes"]
        if attributes.get("FilterPolicy") in {"", "{}"}:
            attributes = {n: v for n, v in attributes.items() if n not in {"FilterPolicy", "FilterPolicyScope"}}
        shown = {name: value for name, value in attributes.items() if value not in {"", "{}", None}}
        return ActionResult({"Attributes": shown})

    def _topic(self) -> Topic:
        return self.backend.get_topic(self._get_param("TopicArn"))

    @staticmethod
    def _more(topic: Topic) -> dict[str, str]:
        """Kept on moto's own object, and so in its snapshot."""
        return vars(topic).setdefault("more_attributes", {})


def _check_policy(text: str, topic_arn: str) -> None:
    """SNS wants a document whose every statement is about this topic."""
    try:
        statements = json.loads(text)["Statement"]
    except (ValueError, KeyError, TypeError):
        raise invalid("Policy Error: null") from None
    for statement in statements if isinstance(statements, list) else [statements]:
        resources = statement.get("Resource", [])
        if not resources or any(r != topic_arn for r in ([resources] if isinstance(resources, str) else resources)):
            raise invalid("Policy statement resource is out of service scope!")
        if statement.get("Effect") not in {"Allow", "Deny"} or not statement.keys() & {"Principal", "NotPrincipal"}:
            raise invalid("Policy Error: null")


def _check_endpoint(protocol: str, endpoint: str) -> None:
    if protocol.startswith("email") and "@" not in endpoint:
        raise invalid("Email address")
    if protocol in _PREFIXES and not endpoint.startswith(_PREFIXES[protocol]):
        raise invalid("Endpoint must match the specified protocol")
    if protocol == "lambda" and not endpoint.startswith("arn:"):
        raise invalid("Lambda endpoint ARN")
