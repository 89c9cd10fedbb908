"""Metrics read and reckoned with, as CloudWatch does."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.tests.aws_harness import Aws, serving

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
# Per minute from noon on; none where nothing was measured.
HITS: tuple[float | None, ...] = (10, None, 30, 0)
CALLS: tuple[float | None, ...] = (20, 5, 40, 0)


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Generator[Aws]:
    with serving(tmp_path_factory.mktemp("metrics"), lambda: {"keys": []}) as aws:
        for name, values in (("Hits", HITS), ("Calls", CALLS)):
            for minute, value in enumerate(values):
                if value is not None:
                    put(aws, name, value, minute, {"cohort": "pilot"})
        put(aws, "Hits", 1000, 0, {"cohort": "wave2"})
        put(aws, "Hits", 7, 0, {})
        for value in range(1, 102):
            put(aws, "Latency", value, 0, {})
        yield aws


def put(aws: Aws, name: str, value: float, minute: int, dimensions: Mapping[str, str]) -> None:
    listed = [{"Name": key, "Value": text} for key, text in dimensions.items()]
    at = NOON + timedelta(minutes=minute, seconds=17)
    datum = {"MetricName": name, "Value": value, "Timestamp": at, "Dimensions": listed}
    aws.client("cloudwatch").put_metric_data(Namespace="Ours", MetricData=[datum])


def stat(id_: str, name: str, dimensions: Mapping[str, str] | None = None, **how: Any) -> dict[str, Any]:
    listed = [{"Name": key, "Value": text} for key, text in (dimensions or {}).items()]
    metric = {"Namespace": "Ours", "MetricName": name, "Dimensions": listed}
    return {"Id": id_, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum", **how}, "ReturnData": False}


PILOT = {"cohort": "pilot"}
KNOWN = [stat("hits", "Hits", PILOT), stat("calls", "Calls", PILOT), stat("never", "Never", PILOT)]


def asked(aws: Aws, *queries: dict[str, Any], minutes: int = 4) -> list[dict[str, Any]]:
    return aws.client("cloudwatch").get_metric_data(
        MetricDataQueries=list(queries),
        StartTime=NOON,
        EndTime=NOON + timedelta(minutes=minutes),
        ScanBy="TimestampAscending",
    )["MetricDataResults"]


def reckoned(aws: Aws, expression: str) -> list[float | None]:
    """By minute; None where there is no value."""
    [found] = asked(aws, *KNOWN, {"Id": "it", "Expression": expression})
    points = dict(zip(found["Timestamps"], found["Values"], strict=True))
    return [points.get(NOON + timedelta(minutes=minute)) for minute in range(4)]


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("hits", [10, None, 30, 0]),
        ("hits+calls*2", [50, None, 110, 0]),
        ("100*hits/calls", [50, None, 75, None]),  # nothing is divided by zero
        ("-hits + 2^2", [-6, None, -26, 4]),
        ("FILL(hits,0)", [10, 0, 30, 0]),
        ("FILL(never,0)", [0, 0, 0, 0]),
        ("never+hits", [None, None, None, None]),
        ("hits >= 10", [1, None, 1, 0]),
        ("IF(calls > 0, 100*FILL(hits,0)/calls, 100)", [50, 0, 75, 100]),
        ("IF(hits > 20 AND calls > 20 || hits == 0, 1, 0)", [0, None, 1, 1]),
        ("hits*0+SUM(FILL(hits,0))", [40, None, 40, 40]),
        ("FILL(hits,0)*0+AVG(FILL(hits,0))*30.4", [304, 304, 304, 304]),
        ("SUM([hits,calls])", [30, 5, 70, 0]),
        ("hits*0+MAX(calls)-MIN(calls)", [40, None, 40, 40]),
    ],
)
def test_metric_math_is_reckoned_as_cloudwatch_does(aws: Aws, expression: str, wanted: list[float | None]) -> None:
    assert reckoned(aws, expression) == pytest.approx(wanted)


def test_a_metric_is_told_from_others_of_its_name_and_gathered_by_its_period(aws: Aws) -> None:
    [found] = asked(aws, {**stat("all", "Hits"), "ReturnData": True})
    assert (found["Label"], found["Values"], found["Timestamps"]) == ("Hits", [7], [NOON])
    [found] = asked(aws, {**stat("hour", "Hits", PILOT, Period=3600), "ReturnData": True, "Label": "mine"})
    assert (found["Label"], found["Values"], found["Timestamps"]) == ("mine", [40], [NOON])


@pytest.mark.parametrize(
    ("statistic", "wanted"),
    [("Average", 51), ("Maximum", 101), ("Minimum", 1), ("SampleCount", 101), ("p90", 91), ("p99.5", 100.5)],
)
def test_statistics_are_of_what_was_measured(aws: Aws, statistic: str, wanted: float) -> None:
    [found] = asked(aws, {**stat("it", "Latency", Stat=statistic), "ReturnData": True})
    assert found["Values"] == pytest.approx([wanted])


def test_a_search_finds_metrics_of_exactly_its_dimensions_each_a_series(aws: Aws) -> None:
    search = """SEARCH('{Ours,cohort} MetricName="Hits"', 'Sum', 60)"""
    found = asked(aws, {"Id": "all", "Expression": search, "Label": "hits"})
    assert [(each["Id"], each["Label"], each["Values"]) for each in found] == [
        ("all", "hits pilot", [10, 30, 0]),
        ("all", "hits wave2", [1000]),
    ]
    assert asked(aws, {"Id": "none", "Expression": search.replace("Hits", "Misses")}) == []


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("hits +", "unexpected"),
        ("RATE(hits)", "RATE is not known to the sandbox"),
        ("other*2", "no query has the id other"),
        ("SUM(hits)", "must be a time series"),
        ("SEARCH('hits', 'Sum')", "in this form"),
        ("1/0+hits", "division by zero"),
    ],
)
def test_what_is_not_known_is_refused_with_its_place(aws: Aws, expression: str, said: str) -> None:
    with pytest.raises(ClientError, match=said):
        reckoned(aws, expression)


def test_expressions_may_use_each_other_in_any_order_but_not_in_a_ring(aws: Aws) -> None:
    first, second = (
        {"Id": "first", "Expression": "second*2"},
        {"Id": "second", "Expression": "hits+1", "ReturnData": False},
    )
    [found] = asked(aws, first, second, *KNOWN)
    assert found["Values"] == [22, 62, 2]
    with pytest.raises(ClientError, match="use each other"):
        asked(aws, first, {**second, "Expression": "first"})
