"""What lets a machine in: one identity, exactly, under one name. Part of `trust-is-named`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from policies.engine.iam import Statement, equals, sole_principal
from rollout import names

ISSUER, AUDIENCE = names.WORKFLOW_ISSUER, "sts.amazonaws.com"
# A wildcard is of no character here, so a subject that has one is none; nor has a pull request's a part like these.
SUBJECT = re.compile(
    r"repo:[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9_.-]+"
    r":(environment:[A-Za-z0-9_./ -]+|ref:refs/(heads|tags)/[A-Za-z0-9_./-]+)"
)
# Not ours: whoever has one of these would be the machine.
OURS = "|".join(map(re.escape, (*names.OUR_ROLES, "awsreservedsso_")))


def role_but(*ours: str) -> re.Pattern[str]:
    """The ARN of a role that is none of ours, nor of those names exactly."""
    exactly = "|".join(map(re.escape, ours))
    return re.compile(rf"arn:aws:iam::[0-9]{{12}}:role/(?!(?:.*/)?(?i:{OURS}|(?:{exactly})$))[A-Za-z0-9_+=,.@/-]+")


ROLE = role_but(names.GATEWAY_ROLE, names.GATEWAY_START_ROLE)


def workflow(statement: Statement) -> Iterator[str]:
    """Of GitHub's provider."""
    if statement.actions != ("sts:AssumeRoleWithWebIdentity",):
        yield f"lets it {', '.join(statement.actions)}, not sts:AssumeRoleWithWebIdentity alone"
    if equals(statement, f"{ISSUER}:aud") != (AUDIENCE,):
        yield f"without {ISSUER}:aud = {AUDIENCE} under StringEquals: a token meant for others would do"
    subjects = equals(statement, f"{ISSUER}:sub")
    if len(subjects) != 1 or not SUBJECT.fullmatch(subjects[0]):
        yield f"without {ISSUER}:sub = repo:<owner>/<name>:environment:<one>, or ref:<one>, under StringEquals"
    yield from _named(statement)


def role(statement: Statement) -> Iterator[str]:
    yield from one_role(statement, ROLE)
    yield from _named(statement)


def one_role(statement: Statement, pattern: re.Pattern[str]) -> Iterator[str]:
    """A machine's, or a gateway's: under whose name it comes is told apart by others."""
    trusted = sole_principal(statement, "AWS")
    if not isinstance(trusted, str) or not pattern.fullmatch(trusted):
        yield f"trusts {json.dumps(statement.principal)}, not one named role that is none of ours"
    if statement.actions != ("sts:AssumeRole",):
        yield f"lets it {', '.join(statement.actions)}, not sts:AssumeRole alone"


def _named(statement: Statement) -> Iterator[str]:
    called = equals(statement, "sts:RoleSessionName")
    if len(called) != 1 or not names.MACHINE.fullmatch(called[0]):
        yield "without sts:RoleSessionName = one machine's name under StringEquals: it could take another's"


def is_machine(statement: Statement) -> bool:
    provider = sole_principal(statement, "Federated")
    return sole_principal(statement, "AWS") is not None or str(provider).endswith(f"/{ISSUER}")


def identity(statement: Statement) -> str:
    """What IAM tells a machine by; empty where nothing does."""
    if isinstance(trusted := sole_principal(statement, "AWS"), str):
        return trusted
    return ", ".join(equals(statement, f"{ISSUER}:sub"))
