"""The emergency Deny on a cohort's role, put, read back and lifted by AWS alone; and what of all is in force there.

Nothing else is asked: no engine, no Okta, no state, no stack file. IAM shows a change to readers within seconds
(IAM user guide, eventual consistency), so that what was put is read until it is seen.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import unquote

from botocore.exceptions import BotoCoreError, ClientError

from cli.live.aws import Clients
from cli.terminal.errors import CommandError
from rollout import names
from rollout.access import emergency

TRIES, PAUSE_SECONDS = 8, 0.25


class NoRoleError(CommandError):
    """A cohort has no role in this account: never deployed, rolled back, or in another account."""


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
    with _explained(clients, cohort, "iam:PutRolePolicy") as iam:
        for _ in range(TRIES):
            found = _inline(iam, role, policy)
            there = emergency.read(policy, found) if found else None
            if there and there.covers(wanted):
                return _emergency(cohort, policy, there)
            since = (there and there.since) or now
            every = emergency.grown(there.names if there else emergency.named(found), wanted) if subject else None
            try:
                _put(iam, role, policy, emergency.document(every, since))
            except ClientError as error:
                if subject or _code(error) != "LimitExceeded" or not (other := _widened(iam, cohort, now)):
                    raise
                return other
            # Another person may have written the same policy in between: what counts is what is there now.
            if (there := _seen(iam, role, policy)) and there.covers(wanted):
                return _emergency(cohort, policy, there)
    raise CommandError(
        f"{role}: IAM took the policy {policy} and does not show it; look with "
        f"`aws iam get-role-policy --role-name {role} --policy-name {policy}`, and repeat the command"
    )


def _put(iam: Any, role: str, policy: str, document: Mapping[str, Any]) -> None:
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))


def _widened(iam: Any, cohort: str, now: datetime) -> Emergency | None:
    """Many persons' cuts may have used up the role's room: one of them then denies everybody, which is shorter."""
    role = names.role(cohort)
    for policy in sorted(name for name in _inline_names(iam, role) if names.cut_subject(name)):
        found = _inline(iam, role, policy)
        there = emergency.read(policy, found) if found else None
        if there is None or there.names:
            _put(iam, role, policy, emergency.document(None, now))
            there = _seen(iam, role, policy)
        if there and not there.names:
            return _emergency(cohort, policy, there)
    return None


def emergencies(clients: Clients, cohort: str) -> list[Emergency]:
    """What of `rollout cut` IAM holds on that role, everybody's first; none where the role is not there."""
    role = names.role(cohort)
    with _explained(clients, cohort, "iam:ListRolePolicies") as iam:
        try:
            listed = sorted(filter(names.is_cut_policy, _inline_names(iam, role)))
        except NoRoleError:
            return []
        return list(_emergencies(cohort, {name: _inline(iam, role, name) for name in listed}))


def lift(clients: Clients, found: Emergency) -> None:
    """Take it away, and see that it is gone; one that is gone already is no error."""
    role, policy = names.role(found.cohort), found.policy
    with _explained(clients, found.cohort, "iam:DeleteRolePolicy") as iam:
        try:
            iam.delete_role_policy(RoleName=role, PolicyName=policy)
        except ClientError as error:
            if _code(error) != "NoSuchEntity":
                raise
        for _ in range(TRIES):
            if _inline(iam, role, policy) is None:
                return
            time.sleep(PAUSE_SECONDS)
    raise CommandError(f"{role}: IAM still shows the policy {policy}; repeat the command")


def role_state(clients: Clients, cohort: str) -> RoleState:
    """What is in force on a cohort's role, as IAM itself has it. CommandError where AWS does not tell."""
    role = names.role(cohort)
    with _explained(clients, cohort, "iam:ListRolePolicies") as iam:
        try:
            inline = {name: _inline(iam, role, name) for name in _inline_names(iam, role)}
            stops = [_managed(iam, arn) for arn in _member_stops(iam, cohort)]
        except NoRoleError:
            return RoleState(exists=False)
    own = tuple(_emergencies(cohort, {name: found for name, found in inline.items() if names.is_cut_policy(name)}))
    known = {names.INVOKE_POLICY, names.STOP_POLICY, names.ENDS_POLICY, *(each.policy for each in own)}
    every = [statement for found in inline.values() if found for statement in emergency.statements(found)]
    stopped = emergency.statements(inline.get(names.STOP_POLICY) or {})
    single = [emergency.sessions(statement) or () for found in stops for statement in emergency.statements(found)]
    return RoleState(
        exists=True,
        allows=inline.get(names.INVOKE_POLICY) is not None,
        suspended=any(emergency.denies(each, "bedrock:*") and not each.get("Condition") for each in stopped),
        older_sessions_before=max(filter(None, map(emergency.issued_before, every)), default=None),
        denied_names=frozenset(name for found in single for name in found),
        emergencies=own,
        others=tuple(sorted(set(inline) - known)),
    )


def _emergencies(cohort: str, inline: Mapping[str, Mapping[str, Any] | None]) -> Iterator[Emergency]:
    """Those of a form that this program knows; everybody's first, since `cut` sorts before `cut-...`."""
    for policy in sorted(inline):
        found = inline[policy]
        if found and (there := emergency.read(policy, found)):
            yield _emergency(cohort, policy, there)


def _emergency(cohort: str, policy: str, found: emergency.Cut) -> Emergency:
    subject = names.cut_subject(policy)
    return Emergency(cohort=cohort, subject=subject, names=found.names, since=found.since, policy=policy)


def _member_stops(iam: Any, cohort: str) -> list[str]:
    """ARNs of the file's own policies that stop single members."""
    beginning = names.member_stop_policy(cohort, 0).removesuffix("0")
    attached = _listed(iam, "list_attached_role_policies", "AttachedPolicies", names.role(cohort))
    return [str(each["PolicyArn"]) for each in attached if str(each["PolicyName"]).startswith(beginning)]


def _managed(iam: Any, arn: str) -> Mapping[str, Any]:
    """The version that is in force; nothing where it went in the meantime."""
    try:
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    except ClientError as error:
        if _code(error) == "NoSuchEntity":
            return {}
        raise
    return _document(found) or {}


def _inline_names(iam: Any, role: str) -> list[str]:
    return [str(name) for name in _listed(iam, "list_role_policies", "PolicyNames", role)]


def _listed(iam: Any, operation: str, key: str, role: str) -> list[Any]:
    try:
        return [each for page in iam.get_paginator(operation).paginate(RoleName=role) for each in page[key]]
    except ClientError as error:
        if _code(error) == "NoSuchEntity":
            raise NoRoleError(_no_role(role)) from None
        raise


def _inline(iam: Any, role: str, policy: str) -> Mapping[str, Any] | None:
    """None where the role has no such policy, or is not there: what is put next tells the one from the other."""
    try:
        return _document(iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]) or {}
    except ClientError as error:
        if _code(error) == "NoSuchEntity":
            return None
        raise


def _document(found: object) -> Mapping[str, Any] | None:
    """IAM sends them URL-encoded (API reference); boto3 decodes them into a mapping, in most calls."""
    if isinstance(found, str):
        try:
            found = json.loads(unquote(found))
        except ValueError:
            return None
    return cast("Mapping[str, Any]", found) if isinstance(found, Mapping) else None


def _seen(iam: Any, role: str, policy: str) -> emergency.Cut | None:
    for _ in range(TRIES):
        found = _inline(iam, role, policy)
        if found and (there := emergency.read(policy, found)):
            return there
        time.sleep(PAUSE_SECONDS)
    return None


@contextmanager
def _explained(clients: Clients, cohort: str, action: str) -> Generator[Any]:
    """IAM's client; what AWS refuses comes in words that tell whoever is on call what to do. `action`: the right that
    is needed most."""
    role = names.role(cohort)
    try:
        yield clients("iam")
    except ClientError as error:
        code, said = _code(error), str(cast("dict[str, Any]", error.response.get("Error", {})).get("Message"))
        match code:
            case "NoSuchEntity":
                text = _no_role(role)
                raise NoRoleError(text) from None
            case "AccessDenied":
                text = f"{role}: AWS refuses these credentials {action}; take the role for on-call. {said}"
            case "LimitExceeded":
                text = f"{role}: its inline policies are full (IAM takes 10,240 characters on a role); "
                text += f"`rollout cut {cohort}` cuts everybody of it. {said}"
            case "ExpiredToken" | "InvalidClientTokenId" | "ExpiredTokenException" | "UnrecognizedClientException":
                text = f"AWS refuses these credentials: {said}; sign in to AWS again, or set AWS_PROFILE"
            case _:
                text = f"{role}: {error.operation_name}: {code}: {said}; repeat the command"
        raise CommandError(" ".join(text.split())) from None
    except BotoCoreError as error:
        text = (
            f"AWS cannot be asked: {' '.join(str(error).split())}; sign in to AWS, set AWS_PROFILE, check the network"
        )
        raise CommandError(text) from None


def _no_role(role: str) -> str:
    return f"there is no role {role} in the account of these credentials"


def _code(error: ClientError) -> str:
    return str(cast("dict[str, Any]", error.response.get("Error", {})).get("Code", ""))
