"""The document of an IAM policy that stops people until their day or month ends.

This runs in AWS Lambda too, where there is no pydantic: standard library only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

# What a stopped person is denied until their period ends: as suspended, but for the date.
DENIED = ["bedrock:*", "bedrock-mantle:*"]


@dataclass(frozen=True, kw_only=True)
class Stop:
    """Who is denied everything: from `since` on, at once where there is none, until `until`. `sessions`: as STS names
    them; None for everybody."""

    sessions: frozenset[str] | None
    until: datetime
    since: datetime | None = None


def quota_document(stops: Iterable[Stop], sessions: Iterable[str] = ()) -> dict[str, Any]:
    """Denies everything on Bedrock to whom these stop, of the sessions of this policy alone; to nobody where there are
    none. Each statement ends by its date, without anybody lifting it.

    `aws:userid` of a federated session is the role's id, a colon, and the session's name. A name stands in one
    statement: of several stops at once, in that which lasts longest.
    """
    ours, whole = {one.lower() for one in sessions}, list[Stop]()
    longest: dict[str, Stop] = {}
    for stop in stops:
        if stop.sessions is None:
            whole.append(stop)
        for one in stop.sessions or ():
            if one.lower() in ours:
                longest[one] = _joined(longest.get(one), stop)
    groups: defaultdict[tuple[datetime | None, datetime], list[str]] = defaultdict(list)
    for one, stop in longest.items():
        groups[stop.since, stop.until].append(one)
    statements = [_deny("Everybody", None, None, max(stop.until for stop in whole))] if whole else []
    for number, ((since, until), named) in enumerate(sorted(groups.items(), key=_order), 1):
        statements.append(_deny(f"Stopped{number}", sorted(named), since, until))
    nobody = {"StringEquals": {"aws:userid": "nobody"}}
    return {"Version": "2012-10-17", "Statement": statements or [_statement("Nobody", nobody)]}


def _joined(known: Stop | None, stop: Stop) -> Stop:
    """One stop for one person. At once goes before later: what begins after the other has ended is written then, with
    the next request that is counted."""
    if known is None:
        return stop
    now, later = sorted((known, stop), key=lambda one: one.since or datetime.min.replace(tzinfo=UTC))
    reaches = later.since is None or later.since <= now.until
    return Stop(sessions=now.sessions, since=now.since, until=max(now.until, later.until)) if reaches else now


def _order(item: tuple[tuple[datetime | None, datetime], list[str]]) -> tuple[str, str]:
    (since, until), _ = item
    return (stamp(since) if since else "", stamp(until))


def _deny(sid: str, named: Sequence[str] | None, since: datetime | None, until: datetime) -> dict[str, Any]:
    condition: dict[str, Any] = {"DateLessThan": {"aws:CurrentTime": stamp(until)}}
    if named is not None:
        condition = {"StringLike": {"aws:userid": [f"*:{one}" for one in named]}, **condition}
    if since:
        condition["DateGreaterThanEquals"] = {"aws:CurrentTime": stamp(since)}
    return _statement(sid, condition)


def _statement(sid: str, condition: Mapping[str, Any]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Deny", "Action": DENIED, "Resource": "*", "Condition": dict(condition)}


def stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
