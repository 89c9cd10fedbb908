"""Days before today, which nobody can play: the meter's lines and Bedrock's metrics, written with their own times.

Lines are those that the meter writes (`rollout.usage.records`), of a plan like today's; the meter's table knows nothing of them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from rollout.usage.records import Usage, structured
from rollout.usage.tokens import Tokens
from tests.engine.world import World
from tests.traffic import day
from tests.traffic.day import Request

# CloudWatch Logs takes no event that is older than fourteen days.
DAYS = 13
LINES_AT_ONCE = 1000
LOG, STREAM = "/claude-code/pilot/usage", "history"
# From the morning on, in hours; people work until the evening.
MORNING, HOURS = 7.5, 10.5


def write(world: World, people: Mapping[str, str], prices: Mapping[str, Mapping[str, Any]], each: int) -> None:
    """Working days only. `people`, `prices`: as `day.of_the_sandbox` gives them; `each`: requests a person and day."""
    logs = world.aws("logs")
    logs.create_log_stream(logGroupName=LOG, logStreamName=STREAM)
    today = datetime.now(UTC).date()
    profiles = world.cohorts()["pilot"]["profile_arns"]
    for back in range(DAYS, 0, -1):
        date = today - timedelta(days=back)
        if date.weekday() > 4:
            continue
        rng = Random(date.toordinal())  # noqa: S311
        # More people each day, as in any pilot.
        active = dict(sorted(people.items())[: max(8, len(people) - back)])
        made = sorted(_timed(day.plan(active, each, date.toordinal()), date, rng), key=lambda pair: pair[0])
        lines = [_line(number, at, request, prices) for number, (at, request) in enumerate(made)]
        for start in range(0, len(lines), LINES_AT_ONCE):
            chunk = lines[start : start + LINES_AT_ONCE]
            logs.put_log_events(logGroupName=LOG, logStreamName=STREAM, logEvents=chunk)
        _measure(world, made, profiles, rng)


def _timed(requests: Sequence[Request], date: Any, rng: Random) -> Iterator[tuple[datetime, Request]]:
    begin = datetime.combine(date, time(), UTC) + timedelta(hours=MORNING)
    for request in requests:
        yield begin + timedelta(hours=HOURS * rng.betavariate(2, 2)), request


def _line(number: int, at: datetime, request: Request, prices: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    tokens = Tokens(**request.tokens)
    usage = Usage(
        request_id=f"history-{at:%Y%m%d}-{number}",
        at=at,
        user=request.user,
        team=request.team,
        cohort="pilot",
        model=request.model,
        tokens=tokens,
        usd=Decimal(request.usd(prices)),
    )
    return {"timestamp": int(at.timestamp() * 1000), "message": json.dumps(structured(usage))}


def _measure(world: World, made: Sequence[tuple[datetime, Request]], profiles: Mapping[str, str], rng: Random) -> None:
    """As Bedrock measures: by profile; here gathered by five minutes."""
    found: defaultdict[tuple[str, datetime], list[int]] = defaultdict(list)
    for at, request in made:
        moment = at.replace(minute=at.minute - at.minute % 5, second=0, microsecond=0)
        milliseconds = 700 + request.tokens["output"] * (7 if request.model == "haiku" else 15)
        found[profiles[request.model].rpartition("/")[2], moment].append(milliseconds)
    data: list[dict[str, Any]] = []
    for (profile, moment), latencies in sorted(found.items()):
        of = {"Dimensions": [{"Name": "ModelId", "Value": profile}], "Timestamp": moment}
        data.append({**of, "MetricName": "InvocationLatency", "Values": latencies, "Unit": "Milliseconds"})
        data.append({**of, "MetricName": "Invocations", "Value": len(latencies), "Unit": "Count"})
        for name, one_in in (
            ("InvocationThrottles", 90),
            ("InvocationClientErrors", 60),
            ("InvocationServerErrors", 250),
        ):
            if rng.randrange(one_in) == 0:
                data.append({**of, "MetricName": name, "Value": rng.randint(1, 3), "Unit": "Count"})
    for start in range(0, len(data), 500):
        world.aws("cloudwatch").put_metric_data(Namespace="AWS/Bedrock", MetricData=data[start : start + 500])
