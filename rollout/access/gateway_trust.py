"""Whom a cohort's role lets in by a gateway: its role, under the name of a member and no other.

The names are those by which members are denied (`rollout.incidents.cut_record`): IAM compares the name of a session
with regard to case, so one that was let in under another spelling would be denied by no name of a Deny, and counted as
somebody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from string import ascii_uppercase
from typing import Any

from rollout.account import Account
from rollout.iam_limits import TRUST_CHARACTERS, characters
from rollout.incidents.cut_record import Record
from rollout.model.gateway import Gateway
from rollout.names import GATEWAY_ROLE

Document = dict[str, Any]

SID, NAME = "PeopleByGateway", "sts:RoleSessionName"
# Of a cohort without members: a session's name has two characters at least (STS API reference, AssumeRole).
NOBODY = "-"
# A pattern of a domain takes any spelling of it; Denies know each address in lower case.
CAPITALS = [f"*{letter}*" for letter in ascii_uppercase]


def role_of(gateway: Gateway, account: Account) -> str:
    """The ARN of what a gateway runs with."""
    return gateway.role_arn or account.iam(f"role/{GATEWAY_ROLE}")


def spellings(members: Iterable[str], record: Record | None) -> tuple[str, ...]:
    """Every address as sessions may be called by it: in lower case, as the stack file has it, and as Okta spells it."""
    return tuple(
        sorted(
            {
                name
                for email in members
                for name in (record.names(email) if record else (email,))
                if name.lower() == email
            }
        )
    )


def statements(role_arn: str, names: Sequence[str]) -> list[Document]:
    """`names`: as `spellings`. Each exactly, while they have room; of a cohort that is too large for that any address
    of their domains in lower case, and besides each that Okta spells otherwise."""
    exact = [_statement(role_arn, SID, {"StringEquals": {NAME: list(names) or [NOBODY]}})]
    if characters(_document(exact)) <= TRUST_CHARACTERS:
        return exact
    domains = sorted({f"*@{name.lower().rpartition('@')[2]}" for name in names})
    any_of = _statement(role_arn, SID, {"StringLike": {NAME: domains}, "StringNotLike": {NAME: CAPITALS}})
    return [any_of, *_otherwise(role_arn, any_of, names)]


def left_out(role_arn: str, names: Sequence[str]) -> tuple[str, ...]:
    """Of a cohort that is too large: the addresses that Okta spells with capitals and that have no room. Their sessions
    are refused until Okta spells them in lower case, or the cohort is divided."""
    first, *others = statements(role_arn, names)
    if "StringEquals" in first["Condition"]:
        return ()
    listed = {name for each in others for name in each["Condition"]["StringEquals"][NAME]}
    return tuple(name for name in names if name != name.lower() and name not in listed)


def _otherwise(role_arn: str, any_of: Document, names: Sequence[str]) -> list[Document]:
    """Of those that have capitals as many as there is room for."""
    spelled = [name for name in names if name != name.lower()]
    while spelled:
        found = _statement(role_arn, f"{SID}Spelled", {"StringEquals": {NAME: spelled}})
        if characters(_document([any_of, found])) <= TRUST_CHARACTERS:
            return [found]
        spelled.pop()
    return []


def _document(made: list[Document]) -> Document:
    return {"Version": "2012-10-17", "Statement": made}


def _statement(role_arn: str, sid: str, condition: Document) -> Document:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": role_arn},
        "Action": "sts:AssumeRole",
        "Condition": condition,
    }
