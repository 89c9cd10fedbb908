"""What was used and spent, as CloudWatch's metrics and the usage logs have it. Days are UTC."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cli.live.aws import Clients
from cli.live.stack import CommandError
from rollout import names
from rollout.observability.queries import LOG_GROUPS_AT_MOST
from rollout.usage.records import NAMESPACE

DAY, HOUR = 86_400, 3600
# Of one call (CloudWatch API reference, GetMetricData).
QUERIES_AT_MOST = 500
# Of one query of Logs Insights (CloudWatch Logs user guide, quotas).
ROWS_AT_MOST = 10_000
# How far back a last sign of life is looked for: CloudWatch keeps hours for 15 months, people ask for less.
ACTIVITY_DAYS = 30
POLLS, POLL_SECONDS = 30, 1
FINISHED = frozenset({"Complete"})
UNDER_WAY = frozenset({"Scheduled", "Running", "Unknown"})


@dataclass(frozen=True, kw_only=True)
class CohortDay:
    """Of one cohort on one day: USD, requests, and tokens as Bedrock counts them."""

    cohort: str
    day: date
    usd: float = 0
    requests: int = 0
    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0


@dataclass(frozen=True, kw_only=True)
class TeamDay:
    team: str
    day: date
    usd: float


@dataclass(frozen=True, kw_only=True)
class ModelDay:
    cohort: str
    model: str
    day: date
    usd: float


@dataclass(frozen=True, kw_only=True)
class PersonDay:
    """Of one person on one day. `user`: the session's name, which Okta signs; it is for counting, not for showing."""

    day: date
    user: str
    cohort: str
    team: str
    requests: int
    usd: float


@dataclass(frozen=True, kw_only=True)
class Series:
    """One metric to ask for. `name`: such as `Usd`. `dimensions`: all that it has, in `NAMESPACE`."""

    name: str
    dimensions: tuple[tuple[str, str], ...]


# By the field of `CohortDay`.
_OF_COHORTS = {
    "usd": "Usd",
    "requests": "Requests",
    "input": "Input",
    "output": "Output",
    "cache_read": "CacheRead",
    "cache_write": "CacheWrite",
}


def cohorts_by_day(clients: Clients, cohorts: Iterable[str], first: date, last: date) -> list[CohortDay]:
    """From `first` to `last`, both included; days without use are left out. By cohort, then by day."""
    wanted = {
        (cohort, field): Series(name=metric, dimensions=(("cohort", cohort),))
        for cohort in sorted(cohorts)
        for field, metric in _OF_COHORTS.items()
    }
    found = sums(clients, wanted.values(), _midnight(first), _midnight(last) + timedelta(days=1), DAY)
    days: defaultdict[tuple[str, date], dict[str, float]] = defaultdict(dict)
    for (cohort, field), series in wanted.items():
        for at, value in found[series].items():
            days[cohort, at.date()][field] = value
    return [_cohort_day(cohort, day, values) for (cohort, day), values in sorted(days.items())]


def _cohort_day(cohort: str, day: date, values: Mapping[str, float]) -> CohortDay:
    counts = {field: round(value) for field, value in values.items() if field != "usd"}
    return CohortDay(cohort=cohort, day=day, usd=values.get("usd", 0), **counts)


def teams_by_day(clients: Clients, teams: Iterable[str], first: date, last: date) -> list[TeamDay]:
    """USD by the team of whoever spent it, in the same way. `unknown`: of people who were in no roster then."""
    wanted = {team: Series(name="Usd", dimensions=(("team", team),)) for team in sorted(teams)}
    found = sums(clients, wanted.values(), _midnight(first), _midnight(last) + timedelta(days=1), DAY)
    return [
        TeamDay(team=team, day=at.date(), usd=usd)
        for team, series in wanted.items()
        for at, usd in found[series].items()
    ]


def models_by_day(
    clients: Clients, cohorts: Iterable[str], models: Iterable[str], first: date, last: date
) -> list[ModelDay]:
    """USD by cohort and model label, in the same way."""
    wanted = {
        (cohort, model): Series(name="Usd", dimensions=(("cohort", cohort), ("model", model)))
        for cohort in sorted(cohorts)
        for model in sorted(models)
    }
    found = sums(clients, wanted.values(), _midnight(first), _midnight(last) + timedelta(days=1), DAY)
    return [
        ModelDay(cohort=cohort, model=model, day=at.date(), usd=usd)
        for (cohort, model), series in wanted.items()
        for at, usd in found[series].items()
    ]


def last_activity(clients: Clients, cohorts: Iterable[str], now: datetime) -> dict[str, datetime]:
    """The hour in which each cohort last made a request, within the last thirty days; without one it is left out."""
    wanted = {cohort: Series(name="Requests", dimensions=(("cohort", cohort),)) for cohort in sorted(cohorts)}
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    found = sums(clients, wanted.values(), hour - timedelta(days=ACTIVITY_DAYS), hour + timedelta(hours=1), HOUR)
    return {
        cohort: max(used) for cohort, series in wanted.items() if (used := [at for at, n in found[series].items() if n])
    }


def sums(
    clients: Clients, wanted: Iterable[Series], start: datetime, end: datetime, period: int
) -> dict[Series, dict[datetime, float]]:
    """Sums of each, by the beginning of a period, in order of time. CommandError where CloudWatch gives a part only."""
    wanted = list(dict.fromkeys(wanted))
    found: dict[Series, dict[datetime, float]] = {}
    for begin in range(0, len(wanted), QUERIES_AT_MOST):
        chunk = {f"m{n}": series for n, series in enumerate(wanted[begin : begin + QUERIES_AT_MOST])}
        queries = [{"Id": id_, "MetricStat": _metric(series, period)} for id_, series in chunk.items()]
        points: dict[str, dict[datetime, float]] = {id_: {} for id_ in chunk}
        pages = (
            clients("cloudwatch")
            .get_paginator("get_metric_data")
            .paginate(MetricDataQueries=queries, StartTime=start, EndTime=end, ScanBy="TimestampAscending")
        )
        for result in (result for page in pages for result in page["MetricDataResults"]):
            if result.get("StatusCode") in {"InternalError", "Forbidden"}:
                raise CommandError(f"GetMetricData: {chunk[result['Id']].name}: {result['StatusCode']}")
            points[result["Id"]] |= {
                at.astimezone(UTC): float(value)
                for at, value in zip(result["Timestamps"], result["Values"], strict=True)
                if start <= at < end
            }
        found |= {series: dict(sorted(points[id_].items())) for id_, series in chunk.items()}
    return found


def _metric(series: Series, period: int) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in series.dimensions]
    metric = {"Namespace": NAMESPACE, "MetricName": series.name, "Dimensions": dimensions}
    return {"Metric": metric, "Period": period, "Stat": "Sum"}


PEOPLE = (
    "filter Requests = 1"
    " | stats count(*) as requests, sum(Usd) as usd by bin(1d) as day, user_id, cohort, team"
    f" | limit {ROWS_AT_MOST}"
)


def people_by_day(
    clients: Clients,
    cohorts: Sequence[str],
    first: date,
    last: date,
    pause: Callable[[float], None] = time.sleep,
) -> list[PersonDay]:
    """Who used what, from `first` to `last`, both included, by Logs Insights: it is paid for by the byte it reads."""
    found = [
        PersonDay(
            day=date.fromisoformat(row["day"][:10]),
            user=row["user_id"],
            cohort=row["cohort"],
            team=row.get("team", "unknown"),
            requests=int(float(row["requests"])),
            usd=float(row["usd"]),
        )
        for row in rows(clients, PEOPLE, cohorts, first, last, pause)
    ]
    return sorted(found, key=lambda one: (one.day, one.cohort, one.user))


def rows(
    clients: Clients,
    query: str,
    cohorts: Sequence[str],
    first: date,
    last: date,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[dict[str, str]]:
    """What a query of Logs Insights gives over the usage logs, from `first` to `last`, both included. `query` gives a
    row a day at most of what it counts by, so that days may be asked apart; CommandError where one has too many."""
    for begin in range(0, len(cohorts), LOG_GROUPS_AT_MOST):
        groups = [names.usage_log_group(cohort) for cohort in cohorts[begin : begin + LOG_GROUPS_AT_MOST]]
        yield from _whole(clients("logs"), query, groups, first, last, pause)


def _whole(
    logs: Any, query: str, groups: Sequence[str], first: date, last: date, pause: Callable[[float], None]
) -> Iterator[dict[str, str]]:
    """A span whose answer is cut is asked in two halves."""
    found = _queried(logs, query, groups, first, last, pause)
    if len(found) >= ROWS_AT_MOST and first < last:
        middle = first + (last - first) // 2
        yield from _whole(logs, query, groups, first, middle, pause)
        yield from _whole(logs, query, groups, middle + timedelta(days=1), last, pause)
        return
    if len(found) >= ROWS_AT_MOST:
        raise CommandError(f"more than {ROWS_AT_MOST:,} people on {first}: Logs Insights gives no more in one answer")
    yield from found


def _queried(
    logs: Any, query: str, groups: Sequence[str], first: date, last: date, pause: Callable[[float], None]
) -> list[dict[str, str]]:
    start, end = (int(_midnight(day).timestamp()) for day in (first, last + timedelta(days=1)))
    started = logs.start_query(
        logGroupNames=list(groups), startTime=start, endTime=end - 1, queryString=query, limit=ROWS_AT_MOST
    )
    for _ in range(POLLS):
        answer = logs.get_query_results(queryId=started["queryId"])
        if answer["status"] in FINISHED:
            return [{field["field"]: field["value"] for field in row} for row in answer["results"]]
        if answer["status"] not in UNDER_WAY:
            raise CommandError(f"Logs Insights: the query ended as {answer['status']}")
        pause(POLL_SECONDS)
    raise CommandError(f"Logs Insights: no answer within {POLLS * POLL_SECONDS} s")


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
