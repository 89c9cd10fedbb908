"""What `rollout cut` has put on a cohort whose role is IAM Identity Center's: all of it in one policy that is attached.

Each statement is what is a policy of its own on a role of ours (`rollout.access.emergency`), so here a policy's name is
the name that it would have there. Whom it is for is the first of its names. What is of another form is kept as it is.
Standard library only, as there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
_SID = re.compile(r"(.+)N\d+")


def parts(found: Document) -> dict[str, dict[str, Any]]:
    """By name, documents as `emergency.read` takes them; nobody's statement is none."""
    made: dict[str, dict[str, Any]] = {}
    for statement in _own(found):
        sid = _SID.fullmatch(str(statement.get("Sid")))
        known = {**statement, "Sid": sid[1] if sid else statement.get("Sid")}
        patterns = emergency.named({"Statement": [statement]})
        made[names.cut_policy(patterns[0] if patterns else None)] = {"Version": "2012-10-17", "Statement": [known]}
    return made


def with_part(found: Document, policy: str, part: Document) -> dict[str, Any]:
    return _joined({**parts(found), policy: dict(part)}, found)


def without_part(found: Document, policy: str) -> dict[str, Any]:
    return _joined({name: each for name, each in parts(found).items() if name != policy}, found)


def united(one: Document, other: Document) -> dict[str, Any]:
    """What either denies: of two who wrote at once, neither may undo the other's."""
    both = parts(one)
    for policy, part in parts(other).items():
        ours, theirs = (emergency.read(policy, each) for each in (both.get(policy, part), part))
        if ours and theirs and ours.names and theirs.names:
            every = emergency.grown(ours.names, theirs.names)
            both[policy] = emergency.document(every, min(filter(None, (ours.since, theirs.since)), default=None))
        elif not (ours and not ours.names):
            both[policy] = part
    return _joined(both, one)


def _joined(made: Mapping[str, Document], found: Document) -> dict[str, Any]:
    """Everybody's first, and each person's own name first in their list."""
    statements: list[dict[str, Any]] = []
    for number, policy in enumerate(sorted(made), 1):
        [statement] = emergency.statements(made[policy])
        one = {**statement, "Sid": f"{statement.get('Sid') or 'Cut'}N{number}"}
        if (subject := names.cut_subject(policy)) and statement.get("Condition"):
            others = [name for name in emergency.named(made[policy]) if name != subject]
            patterns = [f"{emergency.ANY_ROLE}{name}" for name in (subject, *others)]
            one["Condition"] = {"StringLike": {emergency.USER_ID: patterns}}
        statements.append(one)
    return {"Version": str(found.get("Version") or "2012-10-17"), "Statement": statements} if statements else NOBODY


def _own(found: Document) -> Iterator[Mapping[str, Any]]:
    nobody = NOBODY["Statement"][0]["Sid"]
    yield from (statement for statement in emergency.statements(found) if statement.get("Sid") != nobody)
