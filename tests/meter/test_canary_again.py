"""The canary after one that was killed, or left something, and two at once."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from moto.dynamodb.models import DynamoDBBackend

from functions import canary as proofs
from functions import canary_lease, meter
from rollout.usage import canary
from tests.meter.canary_world import CONTEXT, Pilot, prove
from tests.meter.world import TABLE

pytestmark = pytest.mark.slow


class KilledError(BaseException):
    """Ends an invocation, as Lambda does: no handler of ours is to catch it."""


@pytest.mark.parametrize("step", ["_use", "_denied", "_clean"])
def test_a_proof_that_was_killed_is_cleaned_up_by_the_next(
    pilot: Pilot, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """At the end of this step, with nothing of what should happen afterwards."""
    work, calls = getattr(proofs, step), list[int]()

    def killed(*given: Any) -> Any:
        calls.append(1)
        found = work(*given) if step != "_clean" or len(calls) == 1 else None
        if step != "_clean" or len(calls) == 2:
            raise KilledError
        return found

    with monkeypatch.context() as broken:
        broken.setattr(proofs, step, killed)
        if step != "_clean":
            broken.setattr(proofs, "_clean", lambda *_: None)
        broken.setattr(canary_lease, "_update", lambda *_, **__: None)
        with pytest.raises(KilledError):
            prove()
    assert [key for key in pilot.items() if canary.SESSION in key]

    # Until its lease is over nobody begins.
    assert prove()["not_now"] == "another proof is under way, or was killed"
    monkeypatch.setattr(canary_lease, "datetime", _later(canary_lease.LEASE))
    found = prove()
    assert (found["proven"], found["why"]) == (True, [])
    assert not [key for key in pilot.items() if canary.SESSION in key]
    assert not pilot.names_canary()


def _later(by: timedelta) -> Any:
    return SimpleNamespace(now=lambda zone: datetime.now(zone) + by + timedelta(seconds=1))


def test_what_was_left_on_another_day_is_taken_away_too(pilot: Pilot) -> None:
    old = f"user-day#{canary.SESSION}#2026-01-01"
    for item in ({"id": {"S": old}}, {"id": {"S": canary.LEASE}, "counter": {"S": old}, "by": {"S": "killed"}}):
        pilot.world.dynamodb.put_item(TableName=TABLE, Item=item)
    assert prove()["proven"]
    assert old not in pilot.items()


@pytest.fixture
def one_update_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """As DynamoDB has it for an item: moto judges a condition and writes in two steps, and threads come between."""
    lock, real = threading.Lock(), DynamoDBBackend.update_item

    def alone(*arguments: Any, **named: Any) -> Any:
        with lock:
            return real(*arguments, **named)

    monkeypatch.setattr(DynamoDBBackend, "update_item", alone)


@pytest.mark.usefixtures("one_update_at_a_time")
def test_two_proofs_at_once_come_one_after_the_other(pilot: Pilot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canary_lease, "PATIENCE", 60.0)
    found: list[dict[str, Any]] = []
    both = [threading.Thread(target=lambda: found.append(prove())) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert [(one["proven"], one["why"]) for one in found] == [(True, []), (True, [])]
    assert not pilot.names_canary()


def test_a_proof_that_lambda_put_aside_is_nothing_to_count(pilot: Pilot) -> None:  # noqa: ARG001  its AWS
    assert meter.handler({"requestPayload": {"prove": "nightly"}}, CONTEXT) == {}
