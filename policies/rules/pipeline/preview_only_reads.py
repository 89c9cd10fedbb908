"""The role that a pull request's code has changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from policies.engine.iam import MANAGED_POLICY, POLICIES, ROLE_POLICY, Statement, each_allow
from policies.engine.resources import UNKNOWN, Resource
from policies.engine.rules import Breach, Finding, Later, ResourceRule, Severity
from policies.engine.workflows import of_workflows
from rollout.names import workflow_role

ATTACHMENT: Final = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
READING = re.compile(r"[\w-]+:(Get|List|Describe|View)\w*|kms:Decrypt")
PREVIEW = re.compile(re.escape(workflow_role("")) + r"[a-z0-9-]+-preview")


def applies(resource: Resource) -> bool:
    return of_workflows(resource) and (_role(resource) is UNKNOWN or bool(PREVIEW.fullmatch(_role(resource))))


def judge(resource: Resource) -> Iterator[Finding]:
    role = _role(resource)
    if role is UNKNOWN:
        yield Breach("whose it is, is not known in a preview; give the name plainly")
    elif resource.type == ATTACHMENT:
        arn: Any = resource.props.get("policyArn") or ""
        if arn is UNKNOWN:
            yield Later("policyArn")
        elif not re.fullmatch(rf"arn:[a-z-]+:iam::\d{{12}}:policy/{re.escape(role)}-\d+", arn):
            yield Breach(f"a preview is given a policy that is not its own: {arn}")
    else:
        yield from each_allow(resource, _writes)


def _writes(statement: Statement) -> Iterator[str]:
    if statement.excluding:
        yield "a preview may do whatever is not excluded"
    elif writing := [action for action in statement.actions if not READING.fullmatch(action)]:
        yield f"a preview may {', '.join(writing)}"


def _role(resource: Resource) -> Any:
    """The name of the role that a policy is for; a managed one is called as its role, with a number."""
    props = resource.props
    name: Any = props.get("role" if resource.type in {ROLE_POLICY, ATTACHMENT} else "name") or ""
    return re.sub(r"-\d+$", "", name) if resource.type == MANAGED_POLICY and name is not UNKNOWN else name


RULE = ResourceRule(
    name="preview-only-reads",
    severity=Severity.CRITICAL,
    description="The role that workflows preview with reads, and decrypts the state; it has no other policy.",
    remediation="Give what writes to the role that deploys (`rollout.pipeline.rights`).",
    url="https://docs.github.com/en/actions/reference/security/secure-use",
    types={*POLICIES, ATTACHMENT},
    applies=applies,
    judge=judge,
)
