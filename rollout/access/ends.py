"""The Deny of access that ends at a time: written when somebody comes, in force by AWS's clock alone.

One inline policy of a cohort's role, so that no name is ever between two policies. `aws:CurrentTime` is when AWS takes
the request (IAM user guide, global condition keys): from `until` on nothing is allowed any more, with whatever session,
and no update has to run: residual access is 0 seconds in IAM.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from rollout.access.documents import Document
from rollout.iam_limits import INLINE_CHARACTERS, characters
from rollout.incidents.ends import Ends

# What a member is denied by, as far as a stack file tells: an address, and a login or an id in Okta as long.
NAMES_OF_ONE = 2


def ends_document(ends: Ends, taken_characters: int) -> Document | None:
    """None where nothing ends. `taken_characters`: what the role's other inline policies may need.

    Okta may have more names than a stack file tells, so what `rollout check` let pass may not fit one day. Then older
    names are left out, and if that is not enough, those who end last go together, at the earlier time: somebody ends
    early, and nobody late.
    """
    room = INLINE_CHARACTERS - taken_characters
    groups = _groups(ends.sessions)
    if characters(_document(ends.whole, groups)) > room:
        groups = _groups(ends.newest)
    while len(groups) > 1 and characters(_document(ends.whole, groups)) > room:
        *kept, (earlier, names), (_, later) = groups
        groups = [*kept, (earlier, sorted({*names, *later}))]
    if groups and characters(_document(ends.whole, groups)) > room:
        # Logins of twice the length of their addresses: everybody of the cohort ends with the first of them.
        first = min(filter(None, (ends.whole, groups[0][0])))
        return _document(first, [])
    return _document(ends.whole, groups) if ends else None


def ends_characters(whole: datetime | None, until: Mapping[str, datetime]) -> int:
    """What the document takes at most, as far as a stack file tells. `until`: by e-mail address."""
    named = {f"{email}{number}"[-64:]: at for email, at in until.items() for number in range(NAMES_OF_ONE)}
    return characters(_document(whole, _groups(named))) if whole or until else 0


def _groups(sessions: Mapping[str, datetime]) -> list[tuple[datetime, list[str]]]:
    by_time: dict[datetime, list[str]] = {}
    for name, at in sorted(sessions.items()):
        by_time.setdefault(at, []).append(name)
    return sorted(by_time.items())


def _document(whole: datetime | None, groups: Iterable[tuple[datetime, list[str]]]) -> Document:
    statements = [{"Sid": "CohortEnds", **_from(whole, {})}] if whole else []
    for at, names in groups:
        statements.append(_from(at, {"StringLike": {"aws:userid": [f"*:{name}" for name in names]}}))
    return {"Version": "2012-10-17", "Statement": statements}


def _from(at: datetime, whose: Mapping[str, Any]) -> Document:
    """Without a Sid, so that more ends fit."""
    time = {"DateGreaterThanEquals": {"aws:CurrentTime": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}}
    return {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {**time, **whose}}
