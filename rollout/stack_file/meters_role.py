"""What all stacks of an account put on the role of the one meter that counts them: IAM takes so many managed policies
on a role, and no stack's own file tells the sum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rollout.access.parts import in_parts
from rollout.access.sizes import LONGEST
from rollout.account import Account
from rollout.iam_limits import MANAGED_PER_ROLE
from rollout.incidents.cut_record import Record
from rollout.incidents.cut_rules import advance
from rollout.stack_file.beside import Clash, Place, Where, shared
from rollout.usage.meter_input import counted_policies, meter_policy

# No clock is read: nothing of a first record's size depends on it.
ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)


def too_much_for_the_meter(places: Sequence[Place]) -> Iterator[Clash]:
    """A mistake of the stack that takes the role beyond what it holds. Session names are counted as the files tell
    them, by e-mail addresses: Okta may know more, so the sum is the least that it will be."""
    for first in (place for place in places if not place.rollout.adopt.meter):
        beside = [place for place in places if place.rollout.adopt.meter and shared(place, first) is Where.ACCOUNT]
        count = _own(first)
        for second in sorted(beside, key=lambda place: place.stack):
            theirs = len(counted_policies(_account(first), second.rollout.logged))
            count += theirs
            if count > MANAGED_PER_ROLE and theirs:
                text = (
                    f"adopt.meter: {len(second.rollout.logged)} cohorts take {theirs} managed policies on the role of "
                    f"the meter of stack {first.stack}, which come to {count} with all that adopt it, and IAM takes "
                    f"{MANAGED_PER_ROLE}: put the cohorts into fewer stacks, or give this one an account of its own"
                )
                yield Clash(second=second.stack, first=first.stack, text=text, is_mistake=True)


def _own(first: Place) -> int:
    record = advance(Record(), first.rollout, {}, ANY_TIME)
    return len(in_parts(meter_policy(_account(first), first.rollout, record))[1])


def _account(place: Place) -> Account:
    """As far as the file tells; else the one with the longest ARNs."""
    return Account(min(place.accounts, default=LONGEST.id), place.region or LONGEST.region)
