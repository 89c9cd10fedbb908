"""A cohort's group is tracked whole, so that somebody who was added by hand is seen; the umbrella group never is, or
one cohort would put out the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine.resources import Stack
from policies.engine.rules import Breach, Finding, Severity, StackRule

MEMBERSHIP: Final = "claude:rollout:Membership"
MEMBERS: Final = "okta:index/groupMemberships:GroupMemberships"


def judge(stack: Stack) -> Iterator[Finding]:
    for component in stack.of(MEMBERSHIP):
        lists = stack.under(component, MEMBERS)
        whole = [each for each in lists if each.props.get("trackAllUsers") is True]
        if lists and len(whole) != 1:
            yield Breach(
                f"{len(whole)} of {len(lists)} groups are tracked whole; the cohort's own must be, and no other",
                component.urn,
            )


RULE = StackRule(
    name="groups-are-tracked",
    severity=Severity.HIGH,
    description="Of each cohort's own Okta group all members are tracked, of the umbrella group only the cohort's.",
    remediation="Set track_all_users=True on the cohort's own group alone.",
    url="https://www.pulumi.com/registry/packages/okta/api-docs/groupmemberships/",
    applies=lambda stack: bool(stack.of(MEMBERSHIP)),
    judge=judge,
)
