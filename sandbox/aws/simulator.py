"""IAM's policy simulator: what the policies that stand on a role decide of calls that nobody makes.

As AWS has it: every policy of the role counts, inline and attached, and its boundary; a condition's key that is not
given is absent, and named in `MissingContextValues`; what decided is named by its policy (IAM API reference,
SimulatePrincipalPolicy, EvaluationResult, Statement).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from moto.iam.models import IAMBackend, Role

from sandbox.aws import trust
from sandbox.aws.conditions import Values
from sandbox.aws.invocation_logging import default_document
from sandbox.aws.refusals import QueryRefusal

_WORDS = {
    trust.Verdict.ALLOWED: "allowed",
    trust.Verdict.IMPLICIT_DENY: "implicitDeny",
    trust.Verdict.EXPLICIT_DENY: "explicitDeny",
}


def evaluated(
    backend: IAMBackend,
    source_arn: str,
    actions: Sequence[str],
    resources: Sequence[str],
    entries: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """`EvaluationResults`, one for each action and resource."""
    role = _role(backend, source_arn)
    documents = dict(_policies(role))
    bounds = [*_boundary(backend, role)]
    keys = {key for document in [*documents.values(), *bounds] for key in _keys(document)}
    given: dict[str, Values] = {
        str(entry["ContextKeyName"]).lower(): tuple(map(str, entry.get("ContextKeyValues") or ())) for entry in entries
    }
    context: dict[str, Values] = {**{key.lower(): () for key in keys}, **given}
    return [
        {
            "EvalActionName": action,
            "EvalResourceName": resource,
            **_decided(documents, bounds, trust.Request(action=action, resource=resource, context=context)),
            "MissingContextValues": sorted(key for key in keys if key.lower() not in given),
        }
        for action in actions
        for resource in resources
    ]


def _decided(
    documents: Mapping[str, Mapping[str, Any]], bounds: Sequence[Mapping[str, Any]], request: trust.Request
) -> dict[str, Any]:
    verdict = trust.judge(documents.values(), request)
    decided_by = [name for name, document in documents.items() if trust.judge([document], request) is verdict]
    if verdict is trust.Verdict.IMPLICIT_DENY:
        decided_by = []
    bounded = trust.judge(bounds, request) if bounds else trust.Verdict.ALLOWED
    if verdict is trust.Verdict.ALLOWED or bounded is trust.Verdict.EXPLICIT_DENY:
        verdict = bounded
    boundary = {"AllowedByPermissionsBoundary": bounded is trust.Verdict.ALLOWED}
    return {
        "EvalDecision": _WORDS[verdict],
        "MatchedStatements": [{"SourcePolicyId": name, "SourcePolicyType": "IAM Policy"} for name in decided_by],
        **({"PermissionsBoundaryDecisionDetail": boundary} if bounds else {}),
    }


def _role(backend: IAMBackend, arn: str) -> Role:
    for role in backend.roles.values():
        if role.arn == arn:
            return role
    raise QueryRefusal("NoSuchEntity", f"Entity {arn} does not exist.", 404)


def _policies(role: Role) -> Iterator[tuple[str, dict[str, Any]]]:
    """An inline policy is named with whose it is, a managed one by its own name."""
    for name, text in role.policies.items():
        yield f"role_{role.name}_{name}", json.loads(text)
    for arn, policy in role.managed_policies.items():
        yield str(arn).rpartition("/")[2], default_document(policy)


def _boundary(backend: IAMBackend, role: Role) -> Iterator[dict[str, Any]]:
    if role.permissions_boundary_arn:
        policy = backend.managed_policies.get(role.permissions_boundary_arn)
        yield default_document(policy) if policy else {}


def _keys(document: Mapping[str, Any]) -> Iterator[str]:
    statements: Any = document.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        for block in statement.get("Condition", {}).values():
            yield from block
