"""A day's use comes to the same in the counters, the metrics and the queries, however the records arrive."""

from __future__ import annotations

from tests.engine.world import World
from tests.traffic import day
from tests.traffic.answers import differences


def test_a_day_of_twenty_five_developers_is_counted_to_the_token_and_the_micro_dollar(pilot: World) -> None:
    people, prices = day.of_the_sandbox()
    requests = day.plan(people, 6, seed=7)
    day.play(pilot, requests[::2])
    pilot.aws_control("/sandbox/deliveries", "PUT", {"repeated": 0.2, "delayed": 0.5})
    day.play(pilot, requests[1::2])
    pilot.settle()
    assert len(people) == 25
    assert day.counted(pilot) == day.expected(requests, prices)
    assert differences(pilot, requests, prices) == []
