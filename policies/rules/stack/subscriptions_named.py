"""Whom a topic tells: people by e-mail, and what is ours by its ARN. An address on the internet can be anybody's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from policies.engine.resources import UNKNOWN, Resource
from policies.engine.rules import Breach, Finding, ResourceRule, Severity

SUBSCRIPTION: Final = "aws:sns/topicSubscription:TopicSubscription"
# Of which account an ARN is, `stays-in-its-account` asks.
PROTOCOLS: Final = ("email", "lambda", "sqs")


def judge(resource: Resource) -> Iterator[Finding]:
    protocol: Any = resource.props.get("protocol")
    if protocol is UNKNOWN:
        yield Breach("how it is told is not known in a preview; give its protocol plainly")
    elif protocol not in PROTOCOLS:
        yield Breach(f"is told by {protocol}; only by {', '.join(PROTOCOLS)}")


RULE = ResourceRule(
    name="subscriptions-are-named",
    severity=Severity.HIGH,
    description="A topic tells people by e-mail, or a queue or function by its ARN: no web address and no telephone.",
    remediation="Name people in `notify.email`; Slack and an incident's webhook are told by the announcer.",
    url="https://docs.aws.amazon.com/sns/latest/dg/sns-create-subscribe-endpoint-to-topic.html",
    types={SUBSCRIPTION},
    judge=judge,
)
