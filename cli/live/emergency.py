"""The emergency Deny on a cohort's role, put, read back and lifted by AWS alone; and what of all is in force there.

Nothing else is asked: no engine, no Okta, no state, no stack file. IAM shows a change to readers within seconds
(IAM user guide, eventual consistency), so that what was put is read until it is seen.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from cli.live.aws import Clients
from cli.live.cut_store import CutStore, InPolicy, OnRole, code, document_of, in_policy, role_of
from cli.live.iam_words import NoRoleError, explained, no_role
from cli.terminal.errors import CommandError
from rollout import names
from rollout.access import emergency

TRIES, PAUSE_SECONDS = 8, 0.25


@dataclass(frozen=True, kw_only=True)
class Emergency:
    """One Deny as IAM holds it. `subject`: the person as the policy's name has them; None for everybody. `names`: of
    the sessions denied, empty for everybody, which a person's may deny as well: see `_widened`. `since`: None where it
    was put by hand without a time."""

    cohort: str
    subject: str | None
    names: tuple[str, ...]
    since: datetime | None
    policy: str


@dataclass(frozen=True, kw_only=True)
class RoleState:
    """What IAM has in force for a cohort, whoever put it there; without a role, nothing is.

    `allows`: an `invoke` policy is there. `suspended`: the file's own stop denies Bedrock to everybody.
    `older_sessions_before`: sessions from before it are dead. `denied_names`: sessions of single members that the
    file's own policies deny everything. `emergencies`: what `rollout cut` put. `others`: names of inline policies that
    are neither, such as AWS's `AWSRevokeOlderSessions`, or a `cut` that somebody changed by hand.
    """

    exists: bool
    allows: bool = False
    suspended: bool = False
    older_sessions_before: datetime | None = None
    denied_names: frozenset[str] = frozenset()
    emergencies: tuple[Emergency, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def cut(self) -> Emergency | None:
        """Of everybody."""
        return next((each for each in self.emergencies if not each.names), None)


def deny(
    clients: Clients, cohort: str, subject: str | None, session_names: Collection[str], now: datetime
) -> Emergency:
    """Deny everybody of a cohort everything, or the sessions of one person: put, and seen in IAM.

    `subject`: None for everybody, else the person by a name of theirs. May be repeated: what is there keeps its time,
    and only grows in names. NoRoleError; CommandError in plain words for all else that AWS refuses.
    """
    policy = names.cut_policy(subject)
    wanted = emergency.grown([], session_names) if subject else ()
    if subject and not wanted:
        raise CommandError(f"{subject}: no session can be called so; give the name that Okta signs, or cut the cohort")
    role = names.role(cohort)
    with explained(clients, cohort, "iam:PutRolePolicy") as iam:
        store: CutStore = OnRole(iam, role)
        for _ in range(TRIES):
            found = store.read(policy)
            there = emergency.read(policy, found) if found else None
            if there and there.covers(wanted):
                return _emergency(cohort, policy, there)
            since = (there and there.since) or now
            every = emergency.grown(there.names if there else emergency.named(found), wanted) if subject else None
            try:
                store.put(policy, emergency.document(every, since))
            except ClientError as error:
                if (
                    isinstance(store, OnRole)
                    and code(error) == "NoSuchEntity"
                    and (other := in_policy(clients, cohort))
                ):
                    store = other  # the role is Identity Center's
                    continue
                if subject or code(error) != "LimitExceeded" or not (widened := _widened(store, cohort, now)):
                    raise
                return widened
            # Another person may have written the same policy in between: what counts is what is there now.
            if (there := _seen(store, policy)) and there.covers(wanted):
                return _emergency(cohort, policy, there)
    raise CommandError(
        f"{role}: IAM took the policy {policy} and does not show it; look with "
        f"`aws iam get-role-policy --role-name {role} --policy-name {policy}`, and repeat the command"
    )


def _widened(store: CutStore, cohort: str, now: datetime) -> Emergency | None:
    """Many persons' cuts may have used up the role's room: one of them then denies everybody, which is shorter."""
    for person in sorted(name for name in store.policies() if names.cut_subject(name)):
        policy, found = person, store.read(person)
        there = emergency.read(policy, found) if found else None
        if there is None or there.names:
            policy = store.widen(person, emergency.document(None, now))
            there = _seen(store, policy)
        if there and not there.names:
            return _emergency(cohort, policy, there)
    return None


def emergencies(clients: Clients, cohort: str) -> list[Emergency]:
    """What of `rollout cut` IAM holds on that role, everybody's first; none where the role is not there."""
    with explained(clients, cohort, "iam:ListRolePolicies") as iam:
        try:
            store = _store(clients, iam, cohort)
        except NoRoleError:
            return []
        listed = sorted(filter(names.is_cut_policy, store.policies()))
        return list(_emergencies(cohort, {name: store.read(name) for name in listed}))


def lift(clients: Clients, found: Emergency) -> None:
    """Take it away, and see that it is gone; one that is gone already is no error."""
    role, policy = names.role(found.cohort), found.policy
    with explained(clients, found.cohort, "iam:DeleteRolePolicy") as iam:
        try:
            store = _store(clients, iam, found.cohort)
            store.delete(policy)
        except NoRoleError:
            return
        except ClientError as error:
            if code(error) != "NoSuchEntity":
                raise
            return
        for _ in range(TRIES):
            if store.read(policy) is None:
                return
            time.sleep(PAUSE_SECONDS)
    raise CommandError(f"{role}: IAM still shows the policy {policy}; repeat the command")


def role_state(clients: Clients, cohort: str) -> RoleState:
    """What is in force on a cohort's role, as IAM itself has it. CommandError where AWS does not tell."""
    with explained(clients, cohort, "iam:ListRolePolicies") as iam:
        try:
            store = _store(clients, iam, cohort)
        except NoRoleError:
            return RoleState(exists=False)
        if isinstance(store, InPolicy):
            return _state_of_policies(store, cohort)
        inline = {name: store.read(name) for name in store.policies()}
        try:
            attached = _listed(iam, "list_attached_role_policies", "AttachedPolicies", names.role(cohort))
        except NoRoleError:
            return RoleState(exists=False)
        return _state(iam, cohort, inline, attached, (names.INVOKE_POLICY, names.STOP_POLICY, names.ENDS_POLICY))


def _state_of_policies(store: InPolicy, cohort: str) -> RoleState:
    """Of a role that is Identity Center's: what is attached to it, read as if it stood on one of ours."""
    if (role := role_of(store)) is None:
        return RoleState(exists=False)
    iam = store.iam
    attached = _listed(iam, "list_attached_role_policies", "AttachedPolicies", role)
    held = {str(each["PolicyName"]): str(each["PolicyArn"]) for each in attached}
    called = {names.invoke_policy(cohort): names.INVOKE_POLICY, names.stop_policy(cohort): names.STOP_POLICY}
    inline = {ours: _managed(iam, held[name]) for name, ours in called.items() if name in held}
    cuts = {name: store.read(name) for name in store.policies()}
    return _state(iam, cohort, {**inline, **cuts}, attached, tuple(called.values()))


def _state(
    iam: Any,
    cohort: str,
    inline: Mapping[str, Mapping[str, Any] | None],
    attached: Iterable[Mapping[str, Any]],
    ours: Sequence[str],
) -> RoleState:
    """`inline`: documents by the names that they have, or would have, on a role of ours. `ours`: which of these the
    file's updates make."""
    own = tuple(_emergencies(cohort, {name: found for name, found in inline.items() if names.is_cut_policy(name)}))
    known = {*ours, *(each.policy for each in own)}
    every = [statement for found in inline.values() if found for statement in emergency.statements(found)]
    stopped = emergency.statements(inline.get(names.STOP_POLICY) or {})
    stops = [_managed(iam, arn) for arn in _member_stops(cohort, attached)]
    single = [emergency.sessions(statement) or () for found in stops for statement in emergency.statements(found)]
    allowed = emergency.statements(inline.get(names.INVOKE_POLICY) or {})
    return RoleState(
        exists=True,
        allows=any(each.get("Effect") == "Allow" for each in allowed),
        suspended=any(emergency.denies(each, "bedrock:*") and not each.get("Condition") for each in stopped),
        older_sessions_before=max(filter(None, map(emergency.issued_before, every)), default=None),
        denied_names=frozenset(name for found in single for name in found),
        emergencies=own,
        others=tuple(sorted(set(inline) - known)),
    )


def _store(clients: Clients, iam: Any, cohort: str) -> OnRole | InPolicy:
    """Where the account keeps the cohort's cuts. NoRoleError where it has no such cohort."""
    store = OnRole(iam, names.role(cohort))
    try:
        store.policies()
    except ClientError as error:
        if code(error) != "NoSuchEntity":
            raise
        if (other := in_policy(clients, cohort)) is None:
            raise NoRoleError(no_role(names.role(cohort))) from None
        return other
    return store


def _emergencies(cohort: str, inline: Mapping[str, Mapping[str, Any] | None]) -> Iterator[Emergency]:
    """Those of a form that this program knows; everybody's first, since `cut` sorts before `cut-...`."""
    for policy in sorted(inline):
        found = inline[policy]
        if found and (there := emergency.read(policy, found)):
            yield _emergency(cohort, policy, there)


def _emergency(cohort: str, policy: str, found: emergency.Cut) -> Emergency:
    subject = names.cut_subject(policy)
    return Emergency(cohort=cohort, subject=subject, names=found.names, since=found.since, policy=policy)


def _member_stops(cohort: str, attached: Iterable[Mapping[str, Any]]) -> list[str]:
    """ARNs of the file's own policies that stop single members."""
    beginning = names.member_stop_policy(cohort, 0).removesuffix("0")
    return [str(each["PolicyArn"]) for each in attached if str(each["PolicyName"]).startswith(beginning)]


def _managed(iam: Any, arn: str) -> Mapping[str, Any]:
    """The version that is in force; nothing where it went in the meantime."""
    try:
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    except ClientError as error:
        if code(error) == "NoSuchEntity":
            return {}
        raise
    return document_of(found) or {}


def _listed(iam: Any, operation: str, key: str, role: str) -> list[Any]:
    try:
        return [each for page in iam.get_paginator(operation).paginate(RoleName=role) for each in page[key]]
    except ClientError as error:
        if code(error) == "NoSuchEntity":
            raise NoRoleError(no_role(role)) from None
        raise


def _seen(store: CutStore, policy: str) -> emergency.Cut | None:
    for _ in range(TRIES):
        found = store.read(policy)
        if found and (there := emergency.read(policy, found)):
            return there
        time.sleep(PAUSE_SECONDS)
    return None
