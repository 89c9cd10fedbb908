"""A day's busiest minute of a company through the meter's own code: Lambda, its queue, and a table with limits."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from functions import budget_actions, log_lines, meter, own_usage
from functions.counting import counters
from functions.counting import shards as counter_shards
from functions.counting.shards import Memory
from rollout.usage.records import Profile
from rollout.usage.shards import amounts, counter_of
from tests.meter.test_usage import ARN
from tests.meter.world import delivery
from tests.simulation.company import Company, expected
from tests.simulation.table import Table
from tests.simulation.turns import BEGIN, Turns

# Lambda's: executions at once of an account, of which the meter reserves none (`components/functions/meter.py`), and
# how long until an asynchronous call that failed is made again (Lambda developer guide, quotas; asynchronous calls).
AT_ONCE, RETRY_SECONDS = 1_000, (60.0, 120.0)
# Seconds, assumed: a process that begins, and the meter's own work with the processor that 256 MB have.
COLD, A_DELIVERY, A_RECORD = 0.8, 0.010, 0.0015
PUT_LINES = 0.010
# Seconds, assumed, since CloudWatch Logs promises none: from a call's end to its record's delivery.
ON_ITS_WAY = (1.0, 1.2)
# How long a delivery waits for its last record.
GATHERED_SECONDS = 5.0
# How long is waited for the last of them once nobody asks.
AFTER = 300.0
# One delivery in so many comes twice.
REPEATED = 100


@dataclass
class Outcome:
    """`lags`: seconds from each call to its count, sorted. `seconds`: how long people asked. `busy_seconds`: of all
    invocations. `differences`: counters that are not what an independent count says."""

    requests: int
    seconds: float
    lags: list[float]
    counted: Mapping[str, int]
    invocations: int
    failed: int
    lost: int
    most_at_once: int
    busy_seconds: float
    shards: int
    differences: int

    def lag(self, percent: float) -> float:
        return self.lags[min(len(self.lags) - 1, int(len(self.lags) * percent / 100))] if self.lags else 0.0

    @property
    def uncounted(self) -> int:
        return self.requests - len(self.lags)


@dataclass
class Lambda:
    """`busy`: executions that run. A process does one delivery at a time, and remembers what the meter keeps in it."""

    turns: Turns
    random: Random
    known: Mapping[str, int]
    """How wide processes know counters to be from deliveries before; with nothing known there is no process yet."""
    idle: list[Process] = field(default_factory=list["Process"])
    waiting: deque[Call] = field(default_factory=deque["Call"])
    begun: int = 0
    busy: int = 0
    most: int = 0
    invocations: int = 0
    failed: int = 0
    lost: int = 0
    busy_seconds: float = 0.0

    def call(self, call: Call) -> None:
        self.waiting.append(call)
        if self.busy >= AT_ONCE:
            return
        self.busy += 1
        self.most = max(self.most, self.busy)
        if self.idle:
            self.idle.pop().wake()
        else:
            self.begun += 1
            Process(self)

    def done(self, call: Call, seconds: float, error: Exception | None) -> None:
        self.invocations += 1
        self.busy_seconds += seconds
        if error is None:
            return
        self.failed += 1
        if call.tries == len(RETRY_SECONDS):
            self.lost += 1
            return
        again = Call(event=call.event, number=call.number, records=call.records, tries=call.tries + 1)
        self.turns.at(self.turns.now + RETRY_SECONDS[call.tries], lambda: self.call(again))


@dataclass(frozen=True, kw_only=True)
class Call:
    event: Mapping[str, Any]
    number: str
    records: int
    tries: int = 0


_own = threading.local()


class Process:
    def __init__(self, of: Lambda) -> None:
        self.of, self.wake = of, of.turns.worker(self._work)
        self.wake()

    def _work(self) -> None:
        _own.memory, turns = Memory(widths=dict(self.of.known)), self.of.turns
        turns.sleep(0 if self.of.known else COLD)
        while True:
            while self.of.waiting:
                call, began = self.of.waiting.popleft(), turns.now
                turns.sleep(A_DELIVERY + A_RECORD * call.records)
                error = _handled(call)
                self.of.done(call, turns.now - began, error)
            self.of.busy -= 1
            self.of.idle.append(self)
            turns.wait()


def _handled(call: Call) -> Exception | None:
    try:
        meter.handler(call.event, SimpleNamespace(aws_request_id=call.number))
    except Exception as error:  # as Lambda does
        return error
    return None


class _Clock(datetime):
    turns: Turns

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # noqa: ARG003  UTC, as all of the meter
        return cls.turns.today()


@contextmanager
def _simulated(turns: Turns, random: Random, table: Table, settings: Mapping[str, Any]) -> Generator[None]:
    """The meter's code, with the time, the chances and the AWS of a simulation."""
    logs = SimpleNamespace(
        put_log_events=lambda **_: turns.sleep(PUT_LINES) or {},
        exceptions=SimpleNamespace(ResourceNotFoundException=KeyError),
    )
    iam = SimpleNamespace(
        get_role=lambda **asked: {"Role": {"RoleId": asked["RoleName"]}},
        exceptions=SimpleNamespace(NoSuchEntityException=KeyError),
    )
    clients = {"dynamodb": table, "logs": logs, "iam": iam}
    clock = SimpleNamespace(sleep=turns.sleep, time=turns.time, monotonic=lambda: turns.now)
    _Clock.turns = turns
    own_usage._role_id.cache_clear()
    with ExitStack() as stack:
        for module in (meter, budget_actions, counters, counter_shards, own_usage, log_lines):
            for name, fake in {
                "client": clients.__getitem__,
                "time": clock,
                "random": random,
                "datetime": _Clock,
            }.items():
                if hasattr(module, name) and not (module is log_lines and name == "datetime"):
                    stack.enter_context(patch.object(module, name, fake))
        stack.enter_context(patch.object(counter_shards, "memory", lambda: _own.memory))
        stack.enter_context(patch.object(meter, "settings", lambda: settings))
        stack.enter_context(patch.object(meter, "profiles", lambda: {ARN: Profile(cohort="c0", model="sonnet")}))
        stack.enter_context(patch.object(meter, "bury", lambda *_: None))
        stack.enter_context(patch.object(meter, "print", lambda *_, **__: None, create=True))
        yield
    own_usage._role_id.cache_clear()


def simulated(
    company: Company, *, seconds: float, delivered: int, table_writes: float, wide: int = 1, seed: int = 1
) -> Outcome:
    """`delivered`: records of one delivery. `wide`: over how many items the month is spread already; above one,
    processes are there too."""
    turns, random = Turns(), Random(seed)  # noqa: S311
    asked: dict[str, float] = {}
    lags: dict[str, float] = {}

    def committed(request: str) -> None:
        lags[request] = turns.now - asked[request]

    table = Table(turns, random, table_writes, committed)
    month = f"month#{BEGIN:%Y-%m}"
    table.items[month] = {"id": {"S": month}, "shards": {"N": str(wide)}}
    records = list(company.records(random, BEGIN, seconds, delivered))
    asked |= {record["requestId"]: at for at, record in records}
    on = Lambda(turns, random, {month: wide} if wide > 1 else {})
    with _simulated(turns, random, table, company.settings()):
        for number, (at, gathered) in enumerate(_gathered(records, delivered)):
            for again in range(2 if random.randrange(REPEATED) == 0 else 1):
                call = Call(event=delivery(*gathered), number=f"{number}.{again}", records=len(gathered))
                turns.at(at + random.uniform(*ON_ITS_WAY), lambda call=call: on.call(call))
        turns.run(seconds + AFTER)
    turns.end()
    return Outcome(
        requests=len(records),
        seconds=seconds,
        lags=sorted(lags.values()),
        counted=table.counted,
        invocations=on.invocations,
        failed=on.failed,
        lost=on.lost,
        most_at_once=on.most,
        busy_seconds=on.busy_seconds,
        shards=max(int(item["shards"]["N"]) if "shards" in item else 1 for item in table.items.values()),
        differences=_differences(table, [record for _, record in records if record["requestId"] in lags]),
    )


def _gathered(records: Sequence[tuple[float, Any]], delivered: int) -> Generator[tuple[float, list[Any]]]:
    """(second, records) of each delivery: complete, or as old as a delivery becomes."""
    batch: list[Any] = []
    first = 0.0
    for at, record in records:
        if batch and at - first > GATHERED_SECONDS:
            yield first + GATHERED_SECONDS, batch
            batch = []
        first = first if batch else at
        batch.append(record)
        if len(batch) == delivered:
            yield at, batch
            batch = []
    if batch:
        yield first + GATHERED_SECONDS, batch


def _differences(table: Table, records: list[Any]) -> int:
    sums: dict[str, dict[str, Decimal]] = {}
    for key, item in table.items.items():
        if not key.startswith(("request#", "me#")):
            total = sums.setdefault(counter_of(key), {})
            for name, amount in amounts(item).items():
                total[name] = total.get(name, Decimal(0)) + amount
    wanted = expected(records)
    return sum(sums.get(key) != wanted.get(key) for key in {*sums, *wanted})
