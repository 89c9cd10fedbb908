"""Proves that whoever is past a stop is counted and denied, by a person who does not exist (`rollout.usage.canary`).

What the canary uses is read, priced and counted by the meter's own code, and stopped by the code that stops everybody.
Then IAM is asked two things: what each quota policy says, and what it decides of a call by the canary with each
cohort's role. Nothing of the canary is in a usage log, a metric of people, a notice, or a counter of a team, a cohort
or a month. Its counter and its name in the policies are taken away again, whatever happened; what a proof that was
killed has left is taken away by the next.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from functions.attempts import Attempts
from functions.budget_actions import enforce, let_go
from functions.canary_decision import name_of, naming, why_not, with_role, words
from functions.canary_lease import LEASE, alone, remember, until
from functions.clients import client
from functions.counting.counters import Entry, count, mark_key
from functions.quota_policy import TableItem
from rollout.usage import canary
from rollout.usage.canary import Plan
from rollout.usage.thresholds import Limits

if TYPE_CHECKING:
    from functions.dead_records import Dead

# Of a wait for IAM to say everywhere what was written.
SPREADING = 20.0
# What is kept for cleaning up: a lease of the policies, and writes.
CLEANING_SECONDS = 20.0
# Where nobody says how long there is.
SECONDS = 50.0

# The meter's own: what can be counted of log events, and what cannot.
Read = Callable[[Iterable[Mapping[str, Any]]], "tuple[list[Entry], list[Dead]]"]

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)


@dataclass(kw_only=True)
class Proof:
    """`proven`: None where nothing could be, by `nothing_to_prove` or `not_now`.

    `stop`: what was reached. `tokens`, `usd`: what was counted. `seconds`: from the record to the last Deny.
    `policies`: the names of those that were seen to deny. `why`: what does not hold, a line each.
    """

    proven: bool | None = None
    nothing_to_prove: str | None = None
    not_now: str | None = None
    stop: str | None = None
    tokens: int | None = None
    usd: str | None = None
    seconds: float | None = None
    policies: list[str] = field(default_factory=list[str])
    why: list[str] = field(default_factory=list[str])

    def document(self) -> dict[str, Any]:
        return asdict(self)

    def metrics(self) -> dict[str, float]:
        """None of them where nothing is known."""
        if self.proven is None:
            return {}
        took = {"EnforcementSeconds": self.seconds} if self.proven and self.seconds is not None else {}
        return {canary.METRIC: float(self.proven), **took}


@dataclass(frozen=True, kw_only=True)
class Stack:
    """`table`: the counters'. `region`: of the records. `log_group`: Bedrock's invocation log, and `function`: to whom
    it hands its records. `reserved`: cohorts' roles that are IAM Identity Center's, by the name they would have if they
    were ours."""

    table: str
    limits: Limits
    prices: Mapping[str, Mapping[str, Any]]
    foundations: Mapping[str, str]
    region: str
    log_group: str | None
    function: str
    reserved: frozenset[str] = frozenset()


def prove(stack: Stack, read: Read, seconds_left: float = SECONDS) -> Proof:
    """Raises nothing: what fails is a line of `why`."""
    proof = Proof()
    if not stack.limits.quota_policies:
        proof.nothing_to_prove = "no stop is configured, and nobody is throttled"
        return proof
    if _is_near_midnight(datetime.now(UTC)):
        proof.not_now = "the day ends, in UTC, and its stops with it"
        return proof
    run, end = uuid.uuid4().hex, time.monotonic() + seconds_left - CLEANING_SECONDS
    try:
        with alone(stack.table, run) as left:
            if left is None:
                proof.not_now = "another proof is under way, or was killed"
                return proof
            _run(proof, stack, read, run, left, end)
    except Exception as error:
        _failed(proof, "the meter's table", error)
    if not proof.nothing_to_prove:
        proof.proven = not proof.why
    log.info("canary: %s", proof)
    return proof


def _is_near_midnight(now: datetime) -> bool:
    """A stop that ends within a proof would look like one that is not in force."""
    return (now + LEASE).date() != now.date()


def _run(proof: Proof, stack: Stack, read: Read, run: str, left: str, end: float) -> None:
    """`left`: the counter of the proof before, empty where it was taken away."""
    found, now = None, datetime.now(UTC)
    try:
        found = canary.plan(stack.limits, stack.prices, stack.foundations, now)
    except ValueError as error:
        proof.why.append(str(error))
    with _said(proof, "what a proof before has left was not taken away"):
        _clean(stack, {left, found.counter if found else ""} - {""}, ())
        if named := until(end, lambda: naming(stack.limits.quota_policies), lambda named: not named):
            proof.why.append(f"before anything was used, these deny the canary: {', '.join(named)}")
    policies = list[str]()
    with _said(proof, "IAM does not say which roles there are"):
        policies = with_role(stack.limits.quota_policies, stack.reserved)
    if found is None or proof.why:
        return
    if not policies:
        proof.nothing_to_prove = "no role is there that could call"
        return
    proof.stop = found.stop
    numbers = [f"{run}-{number}" for number in range(len(found.below) + len(found.over))]
    try:
        with _said(proof, "what the canary used was not counted"):
            remember(stack.table, run, found.counter)
            began = _use(proof, stack, read, found, numbers, now)
            _denied(proof, policies, end, began, stack.reserved)
        with _said(proof, "CloudWatch Logs does not say who gets its records"):
            _handed_over(proof, stack)
    finally:
        with _said(proof, "the canary was not taken away; the next proof does, and its Deny ends by itself"):
            _clean(stack, {found.counter}, numbers)
            remember(stack.table, run, "")


# What it uses


def _use(proof: Proof, stack: Stack, read: Read, found: Plan, numbers: Sequence[str], now: datetime) -> float:
    """Up to one token below the stop, and to it; each handed over twice. When the record was there that reaches it."""
    role = canary.role_arn(min(stack.limits.quota_policies))
    attempts, place = Attempts(), iter(numbers)
    began = time.monotonic()
    for tokens in (found.below, found.over):
        began = time.monotonic()
        records = [canary.record(found, each, next(place), role, stack.region, now) for each in tokens]
        for _ in range(2):
            _use_up(read, found, records, numbers[0], stack.table)
        held = enforce([found.counter], stack.table, stack.limits, attempts).get(found.counter)
        if tokens is found.below and (named := naming(stack.limits.quota_policies)):
            proof.why.append(f"one token below its stop, these deny the canary already: {', '.join(named)}")
    amounts = held.held if held else {}
    proof.tokens, proof.usd = int(amounts.get(found.kind_of_token, 0)), _usd(amounts)
    if (proof.tokens, amounts.get("usd")) != (found.tokens, found.usd):
        proof.why.append(
            f"counted {proof.tokens:,} tokens and USD {proof.usd}, not {found.tokens:,} and USD {found.usd:f}"
        )
    for failure in attempts.failures:
        _failed(proof, "the stop was not written", failure)
    return began


def _use_up(read: Read, found: Plan, records: Sequence[Mapping[str, Any]], invocation: str, table: str) -> None:
    events = [{"id": str(n), "timestamp": 0, "message": json.dumps(one)} for n, one in enumerate(records)]
    entries, dead = read(events)
    if dead:
        raise ValueError(f"the meter does not know its record: {dead[0].reason}")
    for entry in entries:
        # Its own counter alone: no team, no cohort and no month has used it.
        entry.adds = {key: adds for key, adds in entry.adds.items() if key == found.counter}
        count([entry], invocation, table)


# What IAM says


def _denied(proof: Proof, policies: Sequence[str], end: float, began: float, reserved: frozenset[str]) -> None:
    """Each policy must name the canary, and IAM decide by that policy that its role's session may not call."""
    waiting = list(policies)

    def still() -> list[tuple[str, str]]:
        found = [(policy, why) for policy in waiting if (why := why_not(policy, reserved))]
        waiting[:] = [policy for policy, _ in found]
        return found

    missing = until(min(end, time.monotonic() + SPREADING), still, lambda found: not found)
    proof.seconds = round(time.monotonic() - began, 2)
    proof.policies = [name_of(policy) for policy in policies if policy not in waiting]
    proof.why += [f"{name_of(policy)}: {why}" for policy, why in missing]


def _handed_over(proof: Proof, stack: Stack) -> None:
    """Without a subscription no record comes, and nothing else would say so."""
    if not stack.log_group:
        return
    found = client("logs").describe_subscription_filters(logGroupName=stack.log_group)["subscriptionFilters"]
    if not any(each["destinationArn"].endswith(f":function:{stack.function}") for each in found):
        proof.why.append(f"no subscription hands the records of {stack.log_group} to {stack.function}")


# Taking it away


def _clean(stack: Stack, counters: Collection[str], numbers: Iterable[str]) -> None:
    attempts = Attempts()
    for policy in sorted(stack.limits.quota_policies):
        with attempts.each():
            item = TableItem(stack.table, policy)
            known = {key for key in item.keys() if canary.is_canarys(key)}  # noqa: SIM118
            if known or naming([policy]):
                let_go({*known, *counters}, policy, stack.table, stack.limits)
    for key in (*counters, *(mark_key(f"{canary.REQUEST}{number}") for number in numbers)):
        with attempts.each():
            client("dynamodb").delete_item(TableName=stack.table, Key={"id": {"S": key}})
    attempts.require()


# Words


@contextmanager
def _said(proof: Proof, what: str) -> Generator[None]:
    try:
        yield
    except Exception as error:
        _failed(proof, what, error)


def _failed(proof: Proof, what: str, error: Exception) -> None:
    log.warning("%s: %a", what, error)
    several = error.exceptions if isinstance(error, ExceptionGroup) else (error,)
    proof.why += [f"{what}: {words(one)}" for one in several]


def _usd(amounts: Mapping[str, Decimal]) -> str:
    return format(amounts.get("usd", Decimal(0)).normalize(), "f")
