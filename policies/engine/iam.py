"""IAM documents, read: statements of policies and of trust, wherever a resource holds one."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from policies.engine.resources import UNKNOWN, Resource, Unknown
from policies.engine.rules import Breach, Finding, Later
from rollout.names import SESSION

ROLE: Final = "aws:iam/role:Role"
ROLE_POLICY: Final = "aws:iam/rolePolicy:RolePolicy"
MANAGED_POLICY: Final = "aws:iam/policy:Policy"
ATTACHMENT: Final = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
# IAM Identity Center's: what its role of a cohort is made of.
PERMISSION_SET: Final = "aws:ssoadmin/permissionSet:PermissionSet"
NAMED_POLICY: Final = "aws:ssoadmin/customerManagedPolicyAttachment:CustomerManagedPolicyAttachment"
NAMED_BOUNDARY: Final = "aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment"
POLICIES: Final = frozenset(
    {ROLE_POLICY, MANAGED_POLICY, "aws:iam/userPolicy:UserPolicy", "aws:iam/groupPolicy:GroupPolicy", ROLE}
)


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One test of a statement; all of them must hold. `key`: in lower case. `values`: one of them must match."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Statement:
    """`resources`, `actions`: as written, of `NotResource` and `NotAction` too. `excluding`: it has one of these.
    `principal`: of `NotPrincipal` too, and then `all_but` it."""

    sid: str
    allow: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    excluding: bool
    principal: Any
    all_but: bool
    conditions: tuple[Condition, ...]

    @property
    def denies_everything(self) -> bool:
        """Every action on every resource, wherever its conditions hold."""
        return not self.allow and not self.excluding and "*" in self.actions and self.resources == ("*",)


def named_sessions(values: Collection[str]) -> frozenset[str]:
    """Of the values of `aws:userid`, which is the role's id, a colon and the session's name: those that name one."""
    return frozenset(value for value in values if value.startswith("*:") and SESSION.fullmatch(value[2:]))


def documents(resource: Resource) -> Iterator[tuple[str, str | Unknown]]:
    """Policies that a resource holds, by where they are; a role's inline ones too."""
    if resource.type != ROLE:
        yield "policy", resource.props.get("policy") or ""
        return
    inline: Any = resource.props.get("inlinePolicies") or ()
    if inline is UNKNOWN:
        yield "inlinePolicies", UNKNOWN
        return
    for index, each in enumerate(cast("Sequence[Mapping[str, Any]]", inline)):
        yield f"inlinePolicies[{index}]", each.get("policy") or ""


def allows(resource: Resource) -> Iterator[Statement | Later]:
    """The Allow statements of a resource's policies."""
    for where, text in documents(resource):
        if isinstance(text, Unknown):
            yield Later(where)
        else:
            yield from (statement for statement in statements(text) if statement.allow)


def each_allow(resource: Resource, judge: Any) -> Iterator[Finding]:
    """What `judge` has against each Allow, with the statement's name before it."""
    for statement in allows(resource):
        if isinstance(statement, Later):
            yield statement
        else:
            yield from (Breach(f"{statement.sid}: {text}") for text in judge(statement))


def each_trust(resource: Resource, judge: Callable[[Statement], Iterator[str]]) -> Iterator[Finding]:
    """What `judge` has against each Allow of a role's trust policy, with the statement's name before it.

    It is composed from names (design 5.8); one that is not known in a preview could say anything by the time it is.
    """
    text: Any = resource.props.get("assumeRolePolicy") or ""
    if text is UNKNOWN:
        yield Breach("whom it trusts is not known in a preview; compose ARNs from names")
        return
    found = [statement for statement in statements(text) if statement.allow]
    if not found:
        yield Breach("its trust policy has no Allow, or is no document")
    for statement in found:
        yield from (Breach(f"{statement.sid}: {mistake}") for mistake in judge(statement))


def sole_principal(statement: Statement, kind: str) -> Any:
    """What is named as `Federated` or `Service`, where it is that alone; None also where it is everybody but it."""
    principal = statement.principal
    if statement.all_but or not isinstance(principal, Mapping):
        return None
    named = cast("Mapping[str, Any]", principal)
    return named.get(kind) if len(named) == 1 else None


def statements(text: str) -> list[Statement]:
    """None where it is no document; `iam-documents-fit` says so."""
    try:
        document: Any = json.loads(text)
    except ValueError:
        return []
    if not isinstance(document, dict):
        return []
    found: Any = cast("dict[str, Any]", document).get("Statement") or []
    rows = cast("list[Any]", found if isinstance(found, list) else [found])
    return [_statement(cast("dict[str, Any]", row)) for row in rows if isinstance(row, dict)]


def _statement(row: Mapping[str, Any]) -> Statement:
    return Statement(
        sid=str(row.get("Sid") or "a statement without Sid"),
        allow=row.get("Effect") == "Allow",
        actions=many(row.get("Action") or row.get("NotAction") or ()),
        resources=many(row.get("Resource") or row.get("NotResource") or ()),
        excluding="NotAction" in row or "NotResource" in row,
        principal=row.get("Principal", row.get("NotPrincipal")),
        all_but="NotPrincipal" in row,
        conditions=tuple(
            Condition(operator=operator, key=key.lower(), values=many(value))
            for operator, keys in cast("Mapping[str, Mapping[str, Any]]", row.get("Condition") or {}).items()
            for key, value in keys.items()
        ),
    )


def equals(statement: Statement, key: str) -> tuple[str, ...]:
    """The values that a key must equal one of, by StringEquals; none where another operator tests it."""
    found = [condition for condition in statement.conditions if condition.key == key.lower()]
    return found[0].values if len(found) == 1 and found[0].operator == "StringEquals" else ()


def bound(statement: Statement, key: str, operators: Collection[str], holds: Callable[[str], bool]) -> bool:
    """Whether a statement is tied by a key to values that all `hold`, by one of these operators.

    Operators are named, not guessed: `...IfExists`, `Null`, `ForAllValues:` and each `Not` hold where the key is absent
    or anything else. One condition that binds is enough, since all must hold.
    """
    return any(
        condition.key == key.lower()
        and condition.operator in operators
        and bool(condition.values)
        and all(holds(value) for value in condition.values)
        for condition in statement.conditions
    )


def many(value: Any) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(str(each) for each in cast("Sequence[Any]", value))
    return (str(value),)


def matches(action: str, pattern: str) -> bool:
    """Whether a prefix such as `logs:delete` begins an action, or a wildcard may become one."""
    action = action.lower()
    return action.startswith(pattern) or ("*" in action and pattern.startswith(action.partition("*")[0]))
