"""AWS's managed policies grant what AWS thinks of next, too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from policies.judging.iam import ROLE
from policies.judging.resources import UNKNOWN, Resource
from policies.judging.rules import Breach, Finding, Later, ResourceRule, Severity

ATTACHMENTS = {
    f"aws:iam/{name[0].lower()}{name[1:]}:{name}"
    for name in ("RolePolicyAttachment", "PolicyAttachment", "RolePolicyAttachmentsExclusive")
}


def judge(resource: Resource) -> Iterator[Finding]:
    for key in ("policyArn", "policyArns", "managedPolicyArns"):
        value: Any = resource.props.get(key) or ()
        for arn in cast("Sequence[Any]", value if isinstance(value, list) else [value] if value else []):
            if arn is UNKNOWN:
                yield Later(key)
            elif ":iam::aws:policy/" in str(arn):
                yield Breach(f"attaches AWS's own {str(arn).rpartition('/')[2]}; say in a policy of ours what it needs")


RULE = ResourceRule(
    name="own-policies-only",
    severity=Severity.HIGH,
    description="No policy that AWS manages is attached to a role: it grants more than the code needs, and changes.",
    remediation="Write the actions and resources into a policy of the role's own.",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html",
    types={*ATTACHMENTS, ROLE},
    applies=lambda resource: resource.type in ATTACHMENTS or bool(resource.props.get("managedPolicyArns")),
    judge=judge,
)
