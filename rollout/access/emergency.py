"""The emergency Deny of `rollout cut`: an inline policy of its own per subject, so that two people who cut two others
at once never write one document. Standard library only: it is loaded before anything that takes time.

What is in force can be read back from IAM alone: the policy's name says who it is for, the statement's `Sid` since
when, its condition which sessions.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from rollout import names

# A Sid has letters and digits only (IAM user guide, policy elements).
SID = "CutSince"
TIME = "%Y%m%dT%H%M%SZ"
# The id of a federated session is the role's id, a colon, and the session's name.
USER_ID = "aws:userid"
ISSUE_TIME = "aws:TokenIssueTime"
ANY_ROLE = "*:"
SINCE = re.compile(rf"{SID}(\d{{8}}T\d{{6}}Z)")


@dataclass(frozen=True, kw_only=True)
class Cut:
    """What a document denies everything. `names`: of sessions, sorted; empty for everybody. `since`: None where the
    document does not say, as one put by hand need not."""

    names: tuple[str, ...]
    since: datetime | None

    def covers(self, wanted: Collection[str]) -> bool:
        """Whether all of these sessions are denied; of none, everybody."""
        return not self.names or (bool(wanted) and set(wanted) <= set(self.names))


def document(session_names: Collection[str] | None, since: datetime | None) -> dict[str, Any]:
    """`session_names`: as STS takes them, at least one; None for everybody. Without `since` the Sid says no time."""
    sid = f"{SID}{since.astimezone(UTC).strftime(TIME)}" if since else "Cut"
    statement: dict[str, Any] = {"Sid": sid, "Effect": "Deny", "Action": "*", "Resource": "*"}
    if session_names is not None:
        if not session_names or not all(map(names.SESSION.fullmatch, session_names)):
            raise ValueError(f"no names of sessions: {sorted(session_names)}")
        wanted = [f"{ANY_ROLE}{name}" for name in sorted(set(session_names))]
        statement["Condition"] = {"StringLike": {USER_ID: wanted}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def read(policy: str, found: Mapping[str, Any]) -> Cut | None:
    """What an inline policy of a cut denies; None where it is of another form, of which nobody should claim anything.

    Everybody's has no condition; a person's has session names and nothing else, or denies everybody as well.
    """
    statements = _list(found.get("Statement"))
    if len(statements) != 1 or not isinstance(statements[0], Mapping):
        return None
    statement = cast("Mapping[str, Any]", statements[0])
    denied = sessions(statement)
    if denied is None or (denied and names.cut_subject(policy) is None):
        return None
    said = SINCE.fullmatch(str(statement.get("Sid")))
    since = datetime.strptime(said[1], TIME).replace(tzinfo=UTC) if said else None
    return Cut(names=denied, since=since)


def sessions(statement: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Whom a statement denies everything, whenever they signed in: names of sessions, sorted; empty for everybody; None
    where it is no such Deny."""
    if not denies(statement, "*"):
        return None
    condition = cast("Mapping[str, Any]", statement.get("Condition") or {})
    if not condition:
        return ()
    wanted = condition.get("StringLike")
    if len(condition) != 1 or not isinstance(wanted, Mapping) or list(cast("Mapping[str, Any]", wanted)) != [USER_ID]:
        return None
    patterns = _list(cast("Mapping[str, Any]", wanted)[USER_ID])
    found = sorted({str(each).removeprefix(ANY_ROLE) for each in patterns if str(each).startswith(ANY_ROLE)})
    return tuple(found) or None


def denies(statement: Mapping[str, Any], action: str) -> bool:
    """Whether it is a Deny of `action`, or of everything, on every resource; its condition is another's to judge."""
    return (
        statement.get("Effect") == "Deny"
        and not {"NotAction", "NotResource"} & statement.keys()
        and "*" in _list(statement.get("Resource"))
        and bool({"*", action} & {str(each) for each in _list(statement.get("Action"))})
    )


def statements(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Of any policy document."""
    each = _list(found.get("Statement"))
    return [cast("Mapping[str, Any]", one) for one in each if isinstance(one, Mapping)]


def spellings(person: str) -> list[str]:
    """What a session of theirs may be called, as far as what was typed tells: IAM tells capital letters apart. Empty
    where STS would call no session so."""
    typed = person.strip()
    return [name for name in dict.fromkeys((typed, typed.lower())) if names.SESSION.fullmatch(name)]


def grown(known: Iterable[str], more: Iterable[str]) -> tuple[str, ...]:
    """A Deny only grows in names. One that STS refuses calls no session, and a wildcard in it would stop others."""
    return tuple(sorted({*known, *filter(names.SESSION.fullmatch, more)}))


def _list(value: object) -> Sequence[object]:
    """IAM takes one thing where it takes a list of them."""
    if value is None:
        return []
    return cast("list[object]", value) if isinstance(value, list) else [value]


def named(found: Mapping[str, Any] | None) -> list[str]:
    """Names in a person's policy that somebody changed by hand: none of them may be lost."""
    told = [value for each in statements(found or {}) for value in patterns(each)]
    return [value.removeprefix(ANY_ROLE) for value in told if value.startswith(ANY_ROLE)]


def patterns(statement: Mapping[str, Any]) -> list[str]:
    """What a statement's condition says of who calls, by whatever operator."""
    return list(_values(cast("Mapping[str, Any]", statement.get("Condition") or {}), USER_ID))


def _values(condition: Mapping[str, Any], key: str) -> Iterator[str]:
    for operands in condition.values():
        if isinstance(operands, Mapping) and key in operands:
            value = cast("Mapping[str, Any]", operands)[key]
            yield from map(str, cast("list[Any]", value) if isinstance(value, list) else [value])


def issued_before(statement: Mapping[str, Any]) -> datetime | None:
    """Of a Deny of all sessions from before a time, in the form of AWS's own AWSRevokeOlderSessions."""
    condition = cast("Mapping[str, Any]", statement.get("Condition") or {})
    if not denies(statement, "bedrock:*") or list(condition) != ["DateLessThan"]:
        return None
    times = list(_values(condition, ISSUE_TIME))
    if len(times) != 1 or len(condition["DateLessThan"]) != 1:
        return None
    try:
        found = datetime.fromisoformat(times[0])
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
