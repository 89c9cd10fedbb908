"""The Deny statements of an incident (domain 2.3): the whole cohort, sessions from before it, single members.

A Deny acts on sessions that exist already, within seconds to a few minutes; leaving an Okta group does not. Sizes hold
by construction: the cohort's own stop is one small inline policy, and what concerns single members is cut into managed
policies by the length of their session names (`rollout.incidents.cut_rules`), each below IAM's 6,144 characters (IAM
user guide, quotas).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rollout.access.documents import INVOKE, Document
from rollout.account import Account
from rollout.incidents.cut_record import CohortRecord
from rollout.incidents.named_stops import NamedStops
from rollout.model.models import Model

BEDROCK = ["bedrock:*", "bedrock-mantle:*"]


def cohort_stop(cohort: CohortRecord) -> Document | None:
    """Of the whole role; none while nothing is stopped."""
    statements: list[dict[str, Any]] = []
    if cohort.is_cut or cohort.overfull:
        statements.append({"Sid": "Suspended", "Effect": "Deny", "Action": BEDROCK, "Resource": "*"})
    if cohort.dead_before:
        statements.append(_older_sessions(cohort.dead_before))
    return _document(statements) if statements else None


def member_stops(
    shards: Sequence[Sequence[str]],
    stops: NamedStops,
    account: Account,
    throttle: Mapping[str, Model],
    profile_arns: Mapping[str, str],
) -> list[Document | None]:
    """The document of each managed policy, by its place in `shards`; none where it stops nobody.

    `throttle`: the one model left to a throttled member, by label; empty where the cohort has no such model, and then
    nothing is left.
    """
    left = [profile_arns[label] for label in throttle]
    left += sorted({arn for model in throttle.values() for arn in account.foundation_model_arns(model)})
    scope: Document = {"NotResource": left} if left else {"Resource": "*"}
    throttled = {"Sid": "MemberThrottled", "Effect": "Deny", "Action": INVOKE, **scope}
    return [_member_stop(shard, stops, throttled) for shard in shards]


def _member_stop(shard: Sequence[str], stops: NamedStops, throttled: Document) -> Document | None:
    older = {name: stops.dead_before[name] for name in shard if name in stops.dead_before}
    statements: list[tuple[list[str], Document]] = [
        ([name for name in shard if name in stops.suspended], _everything("MemberSuspended")),
        ([name for name in shard if name in stops.throttled], throttled),
    ]
    if older:
        # One time for all of them: at worst somebody signs in once more than needed.
        statements.append((list(older), _older_sessions(max(older.values()))))
    made = [
        {**statement, "Condition": {**statement.get("Condition", {}), **_sessions(named)}}
        for named, statement in statements
        if named
    ]
    return _document(made) if made else None


def _everything(sid: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Deny", "Action": "*", "Resource": "*"}


def _older_sessions(valid_from: datetime) -> dict[str, Any]:
    """The form of AWS's own `AWSRevokeOlderSessions`."""
    time = valid_from.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
    return {**_everything("SessionsFromBefore"), "Condition": {"DateLessThan": {"aws:TokenIssueTime": time}}}


def _sessions(named: list[str]) -> dict[str, Any]:
    """`aws:userid` of a federated session is the role's id, a colon, and the session's name."""
    return {"StringLike": {"aws:userid": [f"*:{name}" for name in named]}}


def _document(statements: list[dict[str, Any]]) -> Document:
    return {"Version": "2012-10-17", "Statement": statements}
