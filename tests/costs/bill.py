"""A month's bill for so many developers: each line a quantity times a price."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rollout import names
from rollout.observability.cohort_alarms import WORKDAYS
from tests.costs.declared import Declared
from tests.costs.prices import PRICES
from tests.costs.request import Request

# Assumed, not known: how much people ask, how long the meter takes for one record (`make bench` prints how many it
# counts a second), and what Lambda writes of each invocation by itself (START, END, REPORT).
REQUESTS_A_DAY = 500
METER_SECONDS = 0.06
PLATFORM_BYTES = 300

GB = 1e9
DAYS_A_MONTH = 30


@dataclass(frozen=True, kw_only=True)
class Line:
    """`price`: its name in `PRICES`. `decimals`: of the quantity, as it is shown."""

    what: str
    price: str
    quantity: float
    decimals: int = 0

    @property
    def usd(self) -> float:
        return self.quantity * PRICES[self.price].usd


def requests(people: int) -> int:
    return people * REQUESTS_A_DAY * WORKDAYS


def use(people: int, request: Request, declared: Declared) -> Iterator[Line]:
    """What grows with use, each record delivered by itself, which is the dearest way."""
    count = requests(people)
    invocations = count * request.record_bytes / GB
    usage = count * request.line_bytes / GB
    meter = count * (request.meter_bytes + PLATFORM_BYTES) / GB
    kept = {
        names.INVOCATION_LOG_GROUP: invocations,
        names.usage_log_group("pilot"): usage,
        names.function_log_group(names.METER): meter,
    }
    months = {group: declared.retention_days[group] / DAYS_A_MONTH for group in kept}
    yield Line(what="invocation log, GB", price="log_gb", quantity=invocations, decimals=2)
    yield Line(what="usage logs of the cohorts, GB", price="log_gb", quantity=usage, decimals=2)
    yield Line(what="the meter's own log, GB", price="log_gb", quantity=meter, decimals=2)
    yield Line(
        what="these three kept, GB, uncompressed",
        price="log_gb_month",
        quantity=sum(size * months[group] for group, size in kept.items()),
        decimals=2,
    )
    yield Line(what="DynamoDB, write units", price="dynamodb_write", quantity=count * request.writes)
    yield Line(what="DynamoDB, read units", price="dynamodb_read", quantity=count * request.reads)
    stored = count * request.mark_bytes / GB
    yield Line(what="DynamoDB, marks of a month, GB", price="dynamodb_gb_month", quantity=stored, decimals=2)
    yield Line(what="Lambda, invocations of the meter", price="lambda_call", quantity=count)
    seconds = count * METER_SECONDS * declared.memory_gb
    yield Line(what="Lambda, GB-seconds of the meter", price="lambda_gb_second", quantity=seconds)


def standing(declared: Declared, keys: int) -> Iterator[Line]:
    """What is there to be paid for, used or not."""
    yield Line(what="custom metrics", price="metric", quantity=declared.metrics)
    yield Line(what="metrics of alarms", price="alarm_metric", quantity=declared.alarm_metrics)
    yield Line(what="dashboards", price="dashboard", quantity=declared.dashboards)
    yield Line(what="secrets (Slack, webhook, GitHub's two)", price="secret", quantity=declared.secrets)
    yield Line(what="KMS key of the states, of the bootstrap", price="key", quantity=keys)
