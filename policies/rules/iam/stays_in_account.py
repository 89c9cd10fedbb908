"""Nothing goes to another account than the stack's, and no service acts here for another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from policies.engine.accounts import accounts, own
from policies.engine.iam import ROLE, statements
from policies.engine.resources import UNKNOWN, Resource, Stack
from policies.engine.rules import Breach, Finding, Later, Severity, StackRule
from policies.rules.stack.no_public_ingress import DOCUMENTS, PERMISSION

# Where data or notices go, and on whose behalf a service may call: each key's ARNs and numbers are of our account.
ENDS: Final = {
    "aws:cloudwatch/eventTarget:EventTarget": ("arn", "deadLetterConfig"),
    "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter": ("destinationArn",),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("alarmActions", "okActions", "insufficientDataActions"),
    "aws:lambda/eventSourceMapping:EventSourceMapping": ("eventSourceArn",),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": ("destinationConfig",),
    "aws:scheduler/schedule:Schedule": ("target.arn", "target.deadLetterConfig"),
    "aws:sns/topicSubscription:TopicSubscription": ("topic", "endpoint"),
    PERMISSION: ("sourceAccount", "sourceArn"),
}
# Whom a policy that somebody is bound by names.
BINDING: Final = {"aws:sourceaccount", "aws:sourcearn", "aws:principalaccount", "aws:principalarn"}


def judge(stack: Stack) -> Iterator[Finding]:
    ours = own(stack)
    for resource in stack.resources:
        for key, value in _said(resource):
            named = set(accounts(value))
            if _unknown(value) or (named and not ours):
                yield Later(key, resource.urn)
            for account in sorted(named - ours if ours else ()):
                yield Breach(f"{key}: of account {account}; this stack is in {', '.join(sorted(ours))}", resource.urn)


def _said(resource: Resource) -> Iterator[tuple[str, Any]]:
    for key in ENDS.get(resource.type, ()):
        yield key, _at(resource.props, key)
    document = "assumeRolePolicy" if resource.type == ROLE else DOCUMENTS.get(resource.type)
    text: Any = resource.props.get(document) if document else None
    # `trust-is-named` and `no-public-ingress` have said what they make of one that is not known.
    for statement in statements(text) if isinstance(text, str) else ():
        for condition in statement.conditions if statement.allow else ():
            if condition.key in BINDING and "Not" not in condition.operator:
                yield f"{statement.sid}: {condition.key}", list(condition.values)


def _at(props: Any, key: str) -> Any:
    """What stands at a way of keys; not known where a map on it is not."""
    value = props
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else value if value is UNKNOWN else None  # pyright: ignore
    return value  # pyright: ignore[reportUnknownVariableType]


def _unknown(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_unknown, value.values()))  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
    if isinstance(value, list):
        return any(map(_unknown, value))  # pyright: ignore[reportUnknownArgumentType]
    return value is UNKNOWN


RULE = StackRule(
    name="stays-in-its-account",
    severity=Severity.CRITICAL,
    description=(
        "Records, events, alarms and notices go to ends in the stack's own account, and services act on behalf of it "
        "alone."
    ),
    remediation="Compose ARNs by `rollout.account`, which knows the account that the program runs in.",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
    applies=lambda stack: any(True for resource in stack.resources for _ in _said(resource)),
    judge=judge,
)
