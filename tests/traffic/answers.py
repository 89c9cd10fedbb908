"""What metrics and queries say of a day, beside what they should."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from rollout.observability.queries import QUERIES
from tests.engine.world import World
from tests.traffic.day import KINDS, Request, used

LOG = "/claude-code/pilot/usage"
METRICS = {"input": "Input", "output": "Output", "cache_read": "CacheRead", "cache_write": "CacheWrite"}
# Metrics are doubles; so far from each other may two sums of the same numbers be.
DOUBLE = Decimal("0.000001")


def metric(world: World, name: str, dimensions: Mapping[str, str]) -> Decimal:
    now = datetime.now(UTC)
    listed = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    wanted = {"Namespace": "ClaudeCode/Rollout", "MetricName": name, "Dimensions": listed}
    found = world.aws("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "m", "MetricStat": {"Metric": wanted, "Period": 86_400, "Stat": "Sum"}}],
        StartTime=now - timedelta(days=1),
        EndTime=now + timedelta(minutes=5),
    )["MetricDataResults"]
    return sum((Decimal(str(value)) for value in found[0]["Values"]), Decimal(0))


def query(world: World, title: str) -> list[dict[str, str]]:
    [saved] = [query for query in QUERIES if query.title == title]
    now, logs = int(time.time()), world.aws("logs")
    started = logs.start_query(logGroupNames=[LOG], startTime=now - 86_400, endTime=now + 60, queryString=saved.text)
    answer = logs.get_query_results(queryId=started["queryId"])
    return [{field["field"]: field["value"] for field in row} for row in answer["results"]]


def differences(world: World, requests: Iterable[Request], prices: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Where a metric or a query says otherwise than the requests themselves."""
    requests, found = used(requests), list[str]()

    def hold(what: str, is_: Any, should: Any, within: Decimal = Decimal(0)) -> None:
        same = abs(is_ - should) <= within if isinstance(should, Decimal) else is_ == should
        if not same:
            found.append(f"{what}: {is_}, should be {should}")

    for kind, name in METRICS.items():
        hold(f"metric {name}", metric(world, name, {"cohort": "pilot"}), Decimal(sum(r.tokens[kind] for r in requests)))
    hold("metric Requests", metric(world, "Requests", {"cohort": "pilot"}), Decimal(len(requests)))
    for dimensions, chosen in _cuts(requests):
        usd = sum((request.usd(prices) for request in chosen), Decimal(0))
        hold(f"metric Usd {dimensions}", metric(world, "Usd", dimensions), usd, DOUBLE)

    users = {request.user for request in requests}
    hold("active users", query(world, "Active users"), [{"active_users": str(len(users))}])
    spent = {row["user_id"]: row for row in query(world, "Top spenders")}
    for user in users:
        own = [request for request in requests if request.user == user]
        hold(f"USD of {user}", Decimal(spent[user]["usd"]), sum((r.usd(prices) for r in own), Decimal(0)), DOUBLE)
        hold(f"requests of {user}", spent[user]["requests"], str(len(own)))
    hits = {row["user_id"]: Decimal(row["hit_percent"]) for row in query(world, "Cache efficiency")}
    for user in users:
        tokens = {kind: sum(r.tokens[kind] for r in requests if r.user == user) for kind in KINDS}
        sent = tokens["cache_read"] + tokens["cache_write"] + tokens["input"]
        hold(f"cache hits of {user}", hits[user], Decimal(100 * tokens["cache_read"]) / sent, DOUBLE)
    lines = query(world, "Who used what")
    hold("lines of the usage log", len(lines), len(requests))
    return found


def _cuts(requests: list[Request]) -> Iterable[tuple[dict[str, str], list[Request]]]:
    yield {"cohort": "pilot"}, requests
    for name in ("team", "model"):
        groups: defaultdict[str, list[Request]] = defaultdict(list)
        for request in requests:
            groups[getattr(request, name)].append(request)
        for value, chosen in groups.items():
            yield ({"cohort": "pilot", "model": value} if name == "model" else {"team": value}), chosen
