"""Metrics that are written into logs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.aws.embedded_metrics import found, matches


def line(**changes: Any) -> str:
    directive = {"Namespace": "N", "Dimensions": [["cohort"], ["cohort", "model"], []], "Metrics": [{"Name": "Usd"}]}
    told = {"Timestamp": 1_795_435_200_000, "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": told, "cohort": "pilot", "model": "haiku", "Usd": 0.25, "user": "a"} | changes)


def test_each_set_of_dimensions_is_a_metric_of_its_own() -> None:
    data = [datum for _, datum in found(line())]
    assert [[d["Value"] for d in datum["Dimensions"]] for datum in data] == [["pilot"], ["pilot", "haiku"], []]
    assert {(datum["MetricName"], datum["Value"], datum["Timestamp"].isoformat()) for datum in data} == {
        ("Usd", 0.25, "2026-11-23T12:00:00")
    }


def test_a_list_is_a_value_each() -> None:
    assert [datum["Value"] for _, datum in found(line(Usd=[1, 2]))][:2] == [1.0, 2.0]


@pytest.mark.parametrize("message", ["{", '"_aws"', '{"_aws": 1}', line(_aws={"CloudWatchMetrics": 1}), line(Usd="x")])
def test_what_has_another_form_is_only_a_line_of_a_log(message: str) -> None:
    assert list(found(message)) == []


def test_a_set_whose_dimension_is_missing_is_left_out() -> None:
    assert len(list(found(line(model=None)))) == 2


@pytest.mark.parametrize(
    ("pattern", "message", "wanted"),
    [
        ("", "anything", True),
        ('{ $.finding = "credential" }', '{"finding": "credential"}', True),
        ('{ $.a.b = "x" }', '{"a": {"b": "x"}}', True),
        ('{ $.finding = "credential" }', '{"finding": "other"}', False),
        ('{ $.finding = "credential" }', "no JSON", False),
        ("{ ($.x > 1) && ($.y = 2) }", '{"x": 2, "y": 2}', False),
    ],
)
def test_a_metric_filter_counts_what_its_pattern_takes(pattern: str, message: str, wanted: bool) -> None:
    assert matches(pattern, message) == wanted
