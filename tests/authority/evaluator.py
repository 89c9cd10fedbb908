"""Who may do what, decided by an IAM evaluator that others wrote (design 5.0), on documents as they are in a state."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ACCOUNT = "123456789012"
SCRIPT = Path(__file__).with_name("simulate.mjs")


@dataclass(frozen=True)
class Request:
    """A question to IAM. `identity`: the caller's policies by name. `resource_policy`: of a role, its trust policy.
    `boundary`: of the caller's role."""

    principal: str
    action: str
    resource: str
    context: Mapping[str, Any] = field(default_factory=dict)
    identity: Mapping[str, Any] = field(default_factory=dict)
    resource_policy: Any = None
    boundary: Any = None

    def as_simulation(self) -> dict[str, Any]:
        simulation: dict[str, Any] = {
            "request": {
                "principal": self.principal,
                "action": self.action,
                "resource": {"resource": self.resource, "accountId": ACCOUNT},
                "contextVariables": dict(self.context),
            },
            "identityPolicies": [{"name": name, "policy": policy} for name, policy in self.identity.items()],
            "serviceControlPolicies": [],
            "resourceControlPolicies": [],
        }
        if self.boundary is not None:
            simulation["permissionBoundaryPolicies"] = [{"name": "boundary", "policy": self.boundary}]
        if self.resource_policy is not None:
            simulation["resourcePolicy"] = self.resource_policy
        return simulation


def invocation(
    role: str, session: str, profile: str, issued: str, at: str, held: Mapping[str, Any], most: Any
) -> Request:
    """A call of a model by somebody's session of a role: issued when, at what moment, with what on the role, and at
    most what."""
    return Request(
        f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}",
        "bedrock:InvokeModelWithResponseStream",
        profile,
        {"aws:TokenIssueTime": issued, "aws:userid": f"AROAEXAMPLE:{session}", "aws:CurrentTime": at},
        held,
        boundary=most,
    )


def verdicts(requests: Sequence[Request]) -> list[bool]:
    """Whether each request is allowed. An evaluator that cannot judge one is a failure, never a denial."""
    lines = "\n".join(json.dumps(request.as_simulation()) for request in requests)
    result = subprocess.run(
        ["node", str(SCRIPT)], input=lines, capture_output=True, text=True, check=True, timeout=1200
    )
    words = result.stdout.splitlines()
    known = {"Allowed": True, "ImplicitlyDenied": False, "ExplicitlyDenied": False}
    assert len(words) == len(requests), result.stderr
    unknown = {word for word in words if word not in known}
    assert not unknown, unknown
    return [known[word] for word in words]
