"""What `rollout cut` has put on a cohort whose role is IAM Identity Center's: all of it in one policy that is attached.

Each statement is what is a policy of its own on a role of ours (`rollout.access.emergency`), so here a policy's name is
the name that it would have there. Whom it is for is the first of its names. What is of another form, in whatever it
says, is somebody's by hand: it is kept as it is, and has a name that no policy has. Standard library only, as there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollout import names
from rollout.access import emergency

Document = Mapping[str, Any]
# A policy of IAM must say something, and this says it to nobody: an id of a caller has a colon, or is an account's.
NOBODY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Nobody",
            "Effect": "Deny",
            "Action": ["bedrock:*", "bedrock-mantle:*"],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:userid": "nobody"}},
        }
    ],
}
# A Sid is one of a kind within a policy, so a number follows what `emergency` says.
_SID = re.compile(rf"({emergency.SINCE.pattern}|Cut)(?:N\d+)?")
_KEYS = {"Sid", "Effect", "Action", "Resource", "Condition"}


def parts(found: Document) -> dict[str, dict[str, Any]]:
    """By name, documents as `emergency.read` takes them, and those by hand; nobody's statement is none."""
    made: dict[str, dict[str, Any]] = {}
    for statement in _statements(found):
        if _is_ours(statement):
            policy, part = _ours(statement)
            made[policy] = _either(policy, made[policy], part) if policy in made else part
    for number, statement in enumerate(_by_hand(found), 1):
        made[f"statement {statement.get('Sid') or number}"] = _alone(statement)
    return made


def with_part(found: Document, policy: str, part: Document) -> dict[str, Any]:
    return _joined({**_cuts(found), policy: dict(part)}, found, _by_hand(found))


def without_part(found: Document, policy: str) -> dict[str, Any]:
    return _joined({name: each for name, each in _cuts(found).items() if name != policy}, found, _by_hand(found))


def united(one: Document, other: Document) -> dict[str, Any]:
    """What either denies: of two who wrote at once, neither may undo the other's."""
    both = _cuts(one)
    for policy, part in _cuts(other).items():
        both[policy] = _either(policy, both[policy], part) if policy in both else part
    by_hand = _by_hand(one)
    said = {each.get("Sid") for each in by_hand}
    for each in _by_hand(other):
        if each not in by_hand:
            again = {key: value for key, value in each.items() if key != "Sid" or value not in said}
            by_hand.append(again)
    return _joined(both, one, by_hand)


def _either(policy: str, one: Document, other: Document) -> dict[str, Any]:
    """Everybody's where either is; else every name of both, since the earlier time."""
    cuts = [cut for each in (one, other) if (cut := emergency.read(policy, each))]
    since = min(filter(None, (cut.since for cut in cuts)), default=None)
    every = None if any(not cut.names for cut in cuts) else {name for cut in cuts for name in cut.names}
    return emergency.document(every, since)


def _cuts(found: Document) -> dict[str, dict[str, Any]]:
    return {name: part for name, part in parts(found).items() if names.is_cut_policy(name)}


def _joined(made: Mapping[str, Document], found: Document, by_hand: Sequence[Document]) -> dict[str, Any]:
    """Everybody's first, and each person's own name first in their list; before them what is somebody's by hand."""
    statements: list[dict[str, Any]] = [dict(each) for each in by_hand]
    taken = {each.get("Sid") for each in by_hand}
    number = 0
    for policy in sorted(made):
        [statement] = emergency.statements(made[policy])
        number += 1
        while (sid := f"{statement.get('Sid') or 'Cut'}N{number}") in taken:
            number += 1
        one = {**statement, "Sid": sid}
        if (subject := names.cut_subject(policy)) and statement.get("Condition"):
            others = [name for name in emergency.named(made[policy]) if name != subject]
            patterns = [f"{emergency.ANY_ROLE}{name}" for name in (subject, *others)]
            one["Condition"] = {"StringLike": {emergency.USER_ID: patterns}}
        statements.append(one)
    return {"Version": str(found.get("Version") or "2012-10-17"), "Statement": statements} if statements else NOBODY


def _ours(statement: Document) -> tuple[str, dict[str, Any]]:
    sid = _SID.fullmatch(str(statement.get("Sid") or "Cut"))
    patterns = emergency.named({"Statement": [statement]})
    part = _alone({**statement, "Sid": sid[1] if sid else "Cut"})
    return names.cut_policy(patterns[0] if patterns else None), part


def _is_ours(statement: Document) -> bool:
    """A Deny of everything as `emergency.document` writes it: of everybody, or of sessions by name and nothing else."""
    if set(statement) - _KEYS or not _SID.fullmatch(str(statement.get("Sid") or "Cut")):
        return False
    denied = emergency.sessions(statement)
    if not denied:
        return denied is not None
    said = emergency.patterns(statement)
    plain = all(each.startswith(emergency.ANY_ROLE) for each in said)
    return plain and all(names.SESSION.fullmatch(each.removeprefix(emergency.ANY_ROLE)) for each in said)


def _by_hand(found: Document) -> list[Document]:
    return [statement for statement in _statements(found) if not _is_ours(statement)]


def _statements(found: Document) -> Iterator[Document]:
    yield from (statement for statement in emergency.statements(found) if statement != NOBODY["Statement"][0])


def _alone(statement: Document) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [dict(statement)]}
