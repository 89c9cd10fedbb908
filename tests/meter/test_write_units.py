"""What `make bench` says of write units is what the meter asks for."""

from __future__ import annotations

from functions.clients import client
from tests.bench.before import before, write_units
from tests.meter.people import MONTH, of
from tests.meter.world import World, deliver


def test_a_delivery_writes_less_than_before_and_counts_the_same(world: World) -> None:
    records = [of(f"user{number % 8}@acme.example", number) for number in range(20)]
    with before(), write_units(client("dynamodb")) as was:
        deliver(*records)
    again = [{**record, "requestId": f"again-{record['requestId']}"} for record in records]
    with write_units(client("dynamodb")) as now:
        deliver(*again, by="second")
    # 20 marks, eight people's day and month, a team, the month; before in two transactions, and with a cohort's day
    assert now == [2 * (20 + 16 + 2)]
    assert was == [2 * (16 + 16 + 3), 2 * (4 + 8 + 3)]
    assert world.counter(f"month#{MONTH}")["requests"] == 40
