"""What a stack of so many developers declares that AWS bills by the month: the program is run, and its resources counted."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from functions import delivery
from rollout import names
from rollout.success.metrics import METRICS, Observed, Week
from rollout.usage.records import Usage, structured
from rollout.usage.tokens import Tokens
from tests import recording, stacks
from tests.policies.test_rules import BOOTSTRAP
from tests.registrations import Recorded

COHORT_PEOPLE = 25
COHORTS = f"{recording.PROJECT_NAME}:cohorts"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Declared:
    """`resources`: all that the engine keeps for the stack, components left out. `memory_gb`: the meter's."""

    cohorts: int
    resources: int
    metrics: int
    alarm_metrics: int
    dashboards: int
    secrets: int
    memory_gb: float
    retention_days: Mapping[str, int]


def declared(people: int, own_metrics: int) -> Declared:
    """`people`: a multiple of a cohort's. `own_metrics`: of the meter itself."""
    config = _content(people // COHORT_PEOPLE)
    run = recording.run(stacks.as_engine(config), "sandbox")
    groups = run.of("aws:cloudwatch/logGroup:LogGroup")
    [memory] = [
        f.inputs["memorySize"] for f in run.of("aws:lambda/function:Function") if f.inputs["name"] == names.METER
    ]
    return Declared(
        cohorts=people // COHORT_PEOPLE,
        resources=sum(not each.type.startswith("claude:") and not each.read for each in run.order),
        metrics=len(_metrics(config)) + own_metrics + len(run.of("aws:cloudwatch/logMetricFilter:LogMetricFilter")),
        alarm_metrics=sum(_alarm_metrics(run)),
        dashboards=len(run.of("aws:cloudwatch/dashboard:Dashboard")),
        secrets=len(run.of("aws:secretsmanager/secret:Secret")),
        memory_gb=memory / 1024,
        retention_days={group.inputs["name"]: int(group.inputs["retentionInDays"]) for group in groups},
    )


def keys() -> int:
    """Of the bootstrap, once per account."""
    run = recording.run(BOOTSTRAP, "account", program_file="bootstrap/__main__.py")
    return len(run.of("aws:kms/key:Key"))


def _content(cohorts: int) -> dict[str, Any]:
    """The sandbox's stack file, with all there is to have, and more cohorts like its pilot."""
    content = stacks.content("sandbox")
    pilot = content[COHORTS]["pilot"]
    teams = itertools.cycle(content[f"{recording.PROJECT_NAME}:organization"]["teams"])
    for number in range(2, cohorts + 1):
        members = {
            f"person{number}.{person}@acme.example": {"name": f"Person {person}", "team": next(teams)}
            for person in range(COHORT_PEOPLE)
        }
        content[COHORTS][f"wave{number}"] = {"level": "active", "models": pilot["models"], "members": members}
    return content


def _metrics(config: Mapping[str, Any]) -> set[tuple[Any, ...]]:
    """Each metric that use and delivery of all cohorts make in CloudWatch, once: a name with its dimensions' values."""
    teams = config[f"{recording.PROJECT_NAME}:organization"]["teams"]
    lines = [
        structured(_usage(cohort, model, team))
        for cohort, said in config[COHORTS].items()
        for model, team in itertools.product(said["models"], teams)
    ]
    week = Week(monday=date(2026, 11, 16), observed={name: Observed(1, 20) for name in METRICS})
    with patch.object(delivery, "_put", lines.extend):
        delivery._say(delivery.Run(weeks={cohort: [week] for cohort in config[COHORTS]}), NOW)
    return {metric for line in lines for metric in _emitted(line)}


def _emitted(line: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """As CloudWatch reads a line in its embedded metric format."""
    for directive in line["_aws"]["CloudWatchMetrics"]:
        for dimensions, metric in itertools.product(directive["Dimensions"], directive["Metrics"]):
            yield (metric["Name"], *((name, line[name]) for name in dimensions))


def _usage(cohort: str, model: str, team: str) -> Usage:
    return Usage(
        request_id="r", at=NOW, user="u", team=team, cohort=cohort, model=model, tokens=Tokens(), usd=Decimal(1)
    )


def _alarm_metrics(run: Recorded) -> Iterable[int]:
    """An alarm costs by the metrics in it."""
    for alarm in run.of("aws:cloudwatch/metricAlarm:MetricAlarm"):
        queries = alarm.inputs.get("metricQueries") or ()
        yield sum("metric" in query for query in queries) or 1
