"""How well the pilot does decides whether the second wave opens: read from GitHub by schedule, held against the plan."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollout.success.metrics import METRICS, read
from tests.engine.world import World

SCHEDULE = {"group": "default", "name": "claude-code-delivery"}
WEEKS, GATE = "/claude-code/success/weeks/pilot", "/claude-code/success/gates/wave2"
BY, REASON = "priya.raman@acme.example", "the board wants it now"


def collect(world: World) -> None:
    world.aws_control("/sandbox/schedules", "POST", SCHEDULE)
    world.settle(120)


def open_wave2(world: World, **more: Any) -> None:
    with world.stack_file() as config:
        config["claude-code-rollout:cohorts"]["wave2"] = {
            "level": "active",
            "models": ["sonnet"],
            "opens_after": "pilot",
            "roster": "rosters/wave2.csv",
            **more,
        }


def metric(world: World, name: str) -> float:
    now = datetime.now(UTC)
    found = world.aws("cloudwatch").get_metric_statistics(
        Namespace="ClaudeCode/Rollout",
        MetricName=name,
        Dimensions=[{"Name": "cohort", "Value": "pilot"}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=5),
        Period=86_400,
        Statistics=["Average"],
    )["Datapoints"]
    [point] = found
    return point["Average"]


def parameter(world: World, name: str) -> Any:
    return world.aws("ssm").get_parameter(Name=name)["Parameter"]["Value"]


def test_the_second_wave_opens_once_the_pilot_is_seen_to_meet_its_targets(pilot: World) -> None:
    open_wave2(pilot)
    refused = pilot.pulumi("preview", "--stack", "sandbox", fails=True)
    assert (
        "cohorts.wave2.level: pilot cannot be judged yet; no week of it is known; the collector has not run" in refused
    )
    collect(pilot)
    weeks = read(parameter(pilot, WEEKS))
    newest = max(weeks, key=lambda week: week.monday)
    assert metric(pilot, "PrCycleDays") == pytest.approx(newest.observed["pr_cycle_days"].value)
    assert metric(pilot, "PrsPerDeveloperWeek") > 9.2
    pilot.up()
    assert "claude-code-wave2" in str(pilot.cohorts()["wave2"]["role_arn"])
    record = json.loads(parameter(pilot, GATE))
    assert [line.partition(":")[0] for line in record["met"]] == list(METRICS)
    asked = len([call for call in pilot.calls() if call == "graphql"])
    collect(pilot)
    assert len([call for call in pilot.calls() if call == "graphql"]) > asked  # of wave 2, now that it is known
    pilot.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")


def test_a_pilot_that_misses_them_keeps_it_shut_unless_somebody_answers_for_it(pilot: World) -> None:
    pilot.aws_control("/sandbox/github", "PUT", {"better_by": 0})
    pilot.aws_control("/sandbox/faults", "POST", {"match": "^graphql$", "status": 502, "times": 2})
    collect(pilot)
    assert pilot.aws_control("/sandbox/faults") == []  # both struck, and were waited for
    open_wave2(pilot)
    refused = pilot.pulumi("preview", "--stack", "sandbox", fails=True)
    assert "cohorts.wave2.level: pilot has not met its targets; leave it planned, or set gate_override" in refused
    assert "cohorts.pilot.targets: pr_cycle_days: not met: " in refused
    assert "target 2.4 (-20.0 %), baseline 3 days" in refused
    open_wave2(pilot, gate_override={"by": BY, "reason": REASON})
    said = pilot.pulumi("preview", "--stack", "sandbox")
    assert f"cohorts.wave2: opened without waiting for pilot: {BY} overrides: {REASON}" in said
    pilot.up()
    assert json.loads(parameter(pilot, GATE))["overridden"] == {"by": BY, "reason": REASON}
    with pilot.stack_file() as config:
        config["claude-code-rollout:cohorts"]["wave2"]["level"] = "planned"
        config["claude-code-rollout:logs"] = {"retired": ["wave2"]}
    pilot.up()
    assert (
        pilot.aws("ssm").get_parameters_by_path(Path="/claude-code/success/gates", Recursive=True)["Parameters"] == []
    )
