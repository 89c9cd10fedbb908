"""AWS's managed policies grant what AWS thinks of next, too, and others' what they think of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, cast

from policies.engine.iam import NAMED_POLICY, ROLE
from policies.engine.resources import UNKNOWN, Resource
from policies.engine.rules import Breach, Finding, Later, ResourceRule, Severity
from rollout.names import PREFIX, workflow_role

ATTACHMENTS = {
    f"aws:iam/{name[0].lower()}{name[1:]}:{name}"
    for name in ("RolePolicyAttachment", "PolicyAttachment", "RolePolicyAttachmentsExclusive")
}
# A boundary is the most that something may be granted, and is wide by intent.
OURS = re.compile(rf"arn:[a-z-]+:iam::\d{{12}}:policy/(?:{PREFIX}-|{workflow_role('')})[a-z0-9-]+")


def judge(resource: Resource) -> Iterator[Finding]:
    if resource.type == NAMED_POLICY:
        said: Any = resource.props.get("customerManagedPolicyReference")
        name: Any = UNKNOWN if said is UNKNOWN else cast("dict[str, Any]", said or {}).get("name")
        if name is UNKNOWN:
            yield Later("customerManagedPolicyReference")
        elif not str(name).startswith(f"{PREFIX}-") or str(name).endswith("-boundary"):
            yield Breach(f"a permission set names {name}, which is no policy of ours to grant or deny by")
        return
    for key in ("policyArn", "policyArns", "managedPolicyArns"):
        value: Any = resource.props.get(key) or ()
        for arn in cast("Sequence[Any]", value if isinstance(value, list) else [value] if value else []):
            if arn is UNKNOWN:
                yield Later(key)
            elif not OURS.fullmatch(str(arn)) or str(arn).endswith("-boundary"):
                yield Breach(
                    f"attaches {arn}, which grants what is not said here; say in a policy of ours what it needs"
                )


RULE = ResourceRule(
    name="own-policies-only",
    severity=Severity.HIGH,
    description="Only policies of this program are attached to a role: others grant more than it needs, and change.",
    remediation="Write the actions and resources into a policy of the role's own.",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html",
    types={*ATTACHMENTS, NAMED_POLICY, ROLE},
    applies=lambda resource: (
        resource.type in {*ATTACHMENTS, NAMED_POLICY} or bool(resource.props.get("managedPolicyArns"))
    ),
    judge=judge,
)
