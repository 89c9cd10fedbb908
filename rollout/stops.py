"""The Deny statements of an incident (domain 2.3): the whole cohort, sessions from before it, single members.

A Deny acts on sessions that exist already, within seconds to a few minutes; leaving an Okta group does not. Sizes hold
by construction: the cohort's own stop is one small inline policy, and what concerns single members is cut into managed
policies by the length of their session names, each below IAM's 6,144 characters (IAM user guide, quotas).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from rollout import names
from rollout.account import Account
from rollout.config import Cohort, Model
from rollout.documents import INVOKE, Document
from rollout.levels import Level

BEDROCK = ["bedrock:*", "bedrock-mantle:*"]
# Of all session names in one policy; the rest, with the throttle model's ARNs, takes at most 800. Not cut by the whole
# document, since how many there are must be known in a preview, where ARNs are not.
NAMES_CHARACTERS = 5_000
# Managed policies that fit on a role (IAM user guide, quotas).
MANAGED_PER_ROLE = 10
# Of what 200 members need, each with a level and an older incident of their own.
MAX_STOPPED, MOST_STOPS = 200, 7


def cohort_stop(cohort: Cohort) -> Document | None:
    """Of the whole role; none while nothing is stopped."""
    statements: list[dict[str, Any]] = []
    if cohort.level.rank >= Level.SUSPENDED.rank:
        statements.append({"Sid": "Suspended", "Effect": "Deny", "Action": BEDROCK, "Resource": "*"})
    if valid_from := cohort.valid_from():
        statements.append(_older_sessions(valid_from))
    return _document(statements) if statements else None


def member_stops(
    cohort: Cohort,
    session_names: Mapping[str, str],
    account: Account,
    throttle: Mapping[str, Model],
    profile_arns: Mapping[str, str],
) -> list[Document]:
    """One document per managed policy, in a fixed order.

    `session_names`: by e-mail address, as Okta signs them. One that STS refuses is left out: no session is called so,
    and a wildcard in it would stop others. `throttle`: the one model left to a throttled member, by
    label; empty where the cohort has no such model, and then nothing is left.
    """
    suspended = [email for email in sorted(cohort.members) if cohort.level_of(email).rank >= Level.SUSPENDED.rank]
    throttled = [email for email in sorted(cohort.members) if cohort.level_of(email) is Level.THROTTLED]
    resumed = {
        email: valid_from
        for email in sorted(cohort.members)
        if email not in suspended and (valid_from := cohort.member_valid_from(email))
    }
    statements: list[tuple[list[str], Document]] = []
    if cohort.level.rank < Level.SUSPENDED.rank:
        statements.append((suspended, _everything("MemberSuspended")))
    if cohort.level.rank < Level.THROTTLED.rank:
        left = [profile_arns[label] for label in throttle]
        left += sorted({arn for model in throttle.values() for arn in account.foundation_model_arns(model)})
        scope: Document = {"NotResource": left} if left else {"Resource": "*"}
        statements.append((throttled, {"Sid": "MemberThrottled", "Effect": "Deny", "Action": INVOKE, **scope}))
    if resumed:
        # One time for all of them: at worst somebody signs in once more than needed.
        statements.append((list(resumed), _older_sessions(max(resumed.values()))))
    return [
        _document([{**statement, "Condition": {**statement.get("Condition", {}), **_sessions(named)}}])
        for emails, statement in statements
        for named in name_chunks(session_names[email] for email in emails)
    ]


def _everything(sid: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Deny", "Action": "*", "Resource": "*"}


def _older_sessions(valid_from: datetime) -> dict[str, Any]:
    """The form of AWS's own `AWSRevokeOlderSessions`."""
    time = valid_from.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
    return {**_everything("SessionsFromBefore"), "Condition": {"DateLessThan": {"aws:TokenIssueTime": time}}}


def _sessions(named: list[str]) -> dict[str, Any]:
    """`aws:userid` of a federated session is the role's id, a colon, and the session's name."""
    return {"StringLike": {"aws:userid": [f"*:{name}" for name in named]}}


def name_chunks(session_names: Iterable[str]) -> Iterator[list[str]]:
    """As many to each policy as it has room for. One that STS refuses is left out."""
    chunk: list[str] = []
    room = NAMES_CHARACTERS
    for name in filter(names.SESSION.fullmatch, session_names):
        length = len(f'"*:{name}",')
        if length > room:
            yield chunk
            chunk, room = [], NAMES_CHARACTERS
        chunk.append(name)
        room -= length
    if chunk:
        yield chunk


def _document(statements: list[dict[str, Any]]) -> Document:
    return {"Version": "2012-10-17", "Statement": statements}
