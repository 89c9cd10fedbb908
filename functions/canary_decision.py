"""What IAM says of the canary: what each quota policy holds, and what it decides of a call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from functions.clients import client
from functions.quota_policy import IamPolicy
from rollout.usage import canary

ACTION = "bedrock:InvokeModel"


def with_role(policies: Iterable[str], reserved: frozenset[str] = frozenset()) -> list[str]:
    """Those whose role is there: another one went with its level, and nobody can call. `reserved`: see `Stack`."""
    return [policy for policy in sorted(policies) if _role(policy, reserved)]


def _role(policy: str, reserved: frozenset[str]) -> Mapping[str, Any] | None:
    """The role that the policy is for; one that is Identity Center's is found by what is attached to it."""
    name = canary.role_arn(policy).rpartition("/")[2]
    if name in reserved:
        found = IamPolicy(policy).role()
        if found is None:
            return None
        name = str(found["RoleName"])
    try:
        return client("iam").get_role(RoleName=name)["Role"]
    except client("iam").exceptions.NoSuchEntityException:
        return None


def why_not(policy: str, reserved: frozenset[str] = frozenset()) -> str | None:
    """Why the canary is not denied by this policy; None where it is."""
    try:
        if not _names(policy):
            return "the version in force does not name whom it is to stop"
        role = _role(policy, reserved)
        return _undecided(policy, role) if role else "its role is gone"
    except ClientError as error:
        return words(error)


def _undecided(policy: str, role: Mapping[str, Any]) -> str | None:
    """IAM's own decision, of all that stands on the role. The statement must be this policy's: a role that is suspended
    is denied by others as well."""
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    answer = client("iam").simulate_principal_policy(
        PolicySourceArn=role["Arn"],
        ActionNames=[ACTION],
        ContextEntries=[
            {
                "ContextKeyName": "aws:userid",
                "ContextKeyValues": [f"{role['RoleId']}:{canary.SESSION}"],
                "ContextKeyType": "string",
            },
            {"ContextKeyName": "aws:CurrentTime", "ContextKeyValues": [now], "ContextKeyType": "date"},
        ],
    )
    [result] = answer["EvaluationResults"]
    decided_by = {each.get("SourcePolicyId") for each in result.get("MatchedStatements") or ()}
    if result["EvalDecision"] == "explicitDeny" and name_of(policy) in decided_by:
        return None
    return (
        f"names whom it is to stop, and with role {role['RoleName']} IAM decides {result['EvalDecision']} without it: "
        "it is not attached"
    )


def naming(policies: Iterable[str]) -> list[str]:
    """The names of those policies whose version in force denies the canary."""
    return [name_of(policy) for policy in sorted(policies) if _is_there(policy) and _names(policy)]


def _names(policy: str) -> bool:
    """Whether the version in force has a statement for the canary by name."""
    statements = IamPolicy(policy).document()["Statement"]
    named = (each.get("Condition", {}).get("StringLike", {}).get("aws:userid", ()) for each in statements)
    return any(f"*:{canary.SESSION}" in names for names in named)


def _is_there(policy: str) -> bool:
    return IamPolicy(policy).in_force() is not None


def name_of(policy: str) -> str:
    return policy.rpartition("/")[2]


def words(error: Exception) -> str:
    """Without what AWS says of the caller."""
    if isinstance(error, ClientError):
        return f"{error.operation_name}: {error.response.get('Error', {}).get('Code')}"
    return f"{type(error).__name__}: {error}"
