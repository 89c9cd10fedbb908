"""What is typed after `rollout cut`, with the names that are known by then; nothing is asked for it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from cli.cutting.cutting import accounts_of
from cli.cutting.lenient import Known
from rollout.names import MACHINE

# https://developer.okta.com/docs/api/openapi/okta-management/management/tag/User/: `id`.
OKTA_ID = re.compile(r"00u[0-9A-Za-z]+")


def lines(person: str | None, stacks: Sequence[str], cohorts: Sequence[str], incident: str | None) -> Iterator[str]:
    """What follows the Deny; it holds until then, whatever is updated in between. `person`: None for a whole cohort.
    `stacks`: each that may be meant. `cohorts`: whose roles have the Deny."""
    is_known = person and ("@" in person or MACHINE.fullmatch(person))
    who = person if person and is_known else cohorts[0] if len(cohorts) == 1 else "COHORT"
    member = f" --member {person}" if person and who != person else ""
    yield (
        "next, so that Okta, the Macs and the stack file follow: "
        f"rollout set-level -s {stacks[0] if len(stacks) == 1 else 'STACK'} {who} "
        f'suspended{member} --incident {incident or "ID"} --reason "..."'
    )
    if len(stacks) > 1:
        yield f"STACK is the one that is in this account: {' or '.join(stacks)}"


def stacks_of(known: Sequence[Known], cohorts: Collection[str], accounts: Collection[str]) -> list[str]:
    """Of the files here, those that have one of these cohorts; of these, those of the accounts that were called."""
    files = [each for each in known if {*each.cohorts} & {*cohorts}]
    near = [each.stack for each in files if accounts_of(each) & {*accounts}]
    return near or [each.stack for each in files]


def called(name: str) -> str:
    return f"{name} (their Okta id)" if OKTA_ID.fullmatch(name) else name
