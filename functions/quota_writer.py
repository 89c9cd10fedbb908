"""How many invocations write one IAM policy, so that none undoes what another one stopped.

Who is stopped is kept in a table, which gives every reader what was last written; IAM does not, and is only written to.
One invocation at a time holds the policy's lease, takes all that is in the table by then, and writes it; those who came
meanwhile wait for a write that began after theirs was in the table, or for the lease. What IAM says of itself is never
a reason to leave a write out, unless it says exactly what the table has on record as the last write.

A lease has a number that only grows. Whoever was held up beyond theirs finds another number when they put their write
on record, and then everything is written anew. Whoever takes over a lease that ran out trusts no record for a while:
the one before them may be held up in the middle of a write.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

# Longer than the writes of a holder take: three tries of 8 seconds for each of two or three calls to AWS. The rest of
# it must be long enough when the write begins, or it is left to the next try.
LEASE, WRITING = timedelta(seconds=45), timedelta(seconds=25)
# How long nothing is taken as written after a lease that ran out. Lambda ends an invocation after a minute.
DOUBTED = timedelta(minutes=10)
# Of a wait for others; an invocation has a minute in all.
PATIENCE = timedelta(seconds=20)


@dataclass(frozen=True, kw_only=True)
class Held:
    """A lease, and the table's item as it was when it was taken. `revision`: grows with each request to stop somebody.
    `keys`: of the counters that are past a stop. `digest` and `in_force`: of the last write on record; None where none
    can be relied on. `was_late`: the holder before never gave it back."""

    fence: int
    until: datetime
    revision: int
    keys: frozenset[str]
    digest: str | None
    in_force: str | None
    was_late: bool


class Truth(Protocol):
    """The item of one policy. Each method is one conditional write or consistent read."""

    def take(self, now: datetime, until: datetime) -> Held | None:
        """None while somebody else holds it."""
        ...

    def written(self) -> int:
        """The revision that was last written to IAM."""
        ...

    def begin(self, held: Held) -> bool:
        """Nothing is taken as written from here on; False where the lease is lost."""
        ...

    def finish(
        self, held: Held, digest: str, in_force: str, over: frozenset[str], doubted_until: datetime | None
    ) -> int | None:
        """Gives the lease back with what was written, without the keys that are `over`. The revision by now; None where
        the lease is lost."""
        ...

    def release(self, held: Held) -> None:
        """Gives the lease back with nothing written; nothing where it is lost."""
        ...

    def soil(self) -> int:
        """Nothing is taken as written, and a write is asked for; its revision."""
        ...


class Policy(Protocol):
    def in_force(self) -> str | None:
        """What tells one version of the policy from every other, maybe an older one than there is; None where there is
        no such policy."""
        ...

    def put(self, document: Mapping[str, Any], before: str) -> str:
        """What `in_force` will say of it; `before`: what it said."""
        ...


# Of the keys: the document, and those keys whose period is over.
Render = Callable[[frozenset[str]], tuple[Mapping[str, Any], frozenset[str]]]


@dataclass(frozen=True, kw_only=True)
class Clock:
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep


class BusyError(TimeoutError):
    """Others held the policy for all the time there was. Lambda calls again."""


def bring_into_force(truth: Truth, policy: Policy, render: Render, wanted: int, clock: Clock) -> bool:
    """Until a write is in IAM that began after revision `wanted` was in the table. Whether there is such a policy."""
    give_up, pause = clock.now() + PATIENCE, 0.05
    while clock.now() < give_up:
        now = clock.now()
        held = truth.take(now, now + LEASE)
        if held is None:
            if truth.written() >= wanted:
                return True
            clock.sleep(random.uniform(0, pause))  # noqa: S311
            pause = min(2 * pause, 1.0)
            continue
        done, is_there = False, True
        try:
            done, is_there = _write(truth, policy, render, held, clock)
        finally:
            if not done:
                truth.release(held)
        if done or not is_there:
            return is_there
        wanted = max(wanted, truth.soil())
    raise BusyError("others held the policy all the while")


def _write(truth: Truth, policy: Policy, render: Render, held: Held, clock: Clock) -> tuple[bool, bool]:
    """Whether it is on record, and whether there is such a policy."""
    document, over = render(held.keys)
    in_force = policy.in_force()
    if in_force is None:
        return False, False
    digest = digest_of(document)
    if (digest, in_force) != (held.digest, held.in_force):
        if held.until - clock.now() < WRITING or not truth.begin(held):
            return False, True
        in_force = policy.put(document, in_force)
    doubted = clock.now() + DOUBTED if held.was_late else None
    return truth.finish(held, digest, in_force, over, doubted) is not None, True


def digest_of(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
