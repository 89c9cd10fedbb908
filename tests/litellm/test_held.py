"""The real LiteLLM with the hook, above `active`: the plan's second level to the letter, and its third."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from functions import clients
from functions.counting.counters import Entry, count
from functions.meter import _amounts
from rollout import names
from rollout.usage.meter_input import prices
from rollout.usage.records import Profile, Tables, counters, usage
from sandbox.settings import AWS_KEY, REGION
from tests.litellm.world import ALICE, CROWD, GRACE, ROLE, Proxy, World, headers, message, refusal, stack

LONG_SECONDS = 25
SUSPENDED = "Claude Code is suspended (INC-7: A key was found in a commit). You will be told when it is back"


@pytest.fixture(scope="module", autouse=True)
def back_to_active(world: World, gateway: Proxy) -> Generator[None]:
    yield
    world.reached(gateway, stack())
    world.allow(stack())


@pytest.fixture
def meter_here(world: World, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Its own code counts into the sandbox's table."""
    told = {"AWS_ENDPOINT_URL": world.aws.url, "AWS_ACCESS_KEY_ID": AWS_KEY, "AWS_SECRET_ACCESS_KEY": "-"}
    for name, value in {**told, "AWS_DEFAULT_REGION": REGION}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    clients.client.cache_clear()
    yield
    clients.client.cache_clear()


def counted(world: World, record: dict[str, Any]) -> None:
    """As the meter counts one of Bedrock's records."""
    rollout = stack()
    tables = Tables(
        roles={names.role(cohort): cohort for cohort in rollout.cohorts},
        teams={},
        prices={label: prices(model) for label, model in rollout.models.items()},
        profiles={
            arn: Profile(cohort=cohort, model=label)
            for cohort, arns in world.profiles.items()
            for label, arn in arns.items()
        },
    )
    found = usage(record, tables)
    entry = Entry(request_id=found.request_id, at=found.at, adds=dict.fromkeys(counters(found), _amounts(found)))
    assert count([entry], "test", names.USAGE_TABLE) == [entry]


@pytest.mark.usefixtures("meter_here")
def test_at_throttled_one_model_50_000_tokens_and_five_seconds_are_left(
    world: World, gateway: Proxy, keys: dict[str, str]
) -> None:
    assert gateway.ask(keys[ALICE], model="haiku").status_code == 200
    throttled = stack("throttled")
    world.allow(throttled)
    assert world.reached(gateway, throttled) < 60
    status, said = refusal(gateway.ask(keys[ALICE], model="sonnet"))
    assert (status, "haiku (Claude Code is throttled (INC-7: A key was found in a commit)" in said) == (403, True)

    began = time.monotonic()
    assert gateway.ask(keys[ALICE], "[tokens input=49000 output=999]", model="haiku").status_code == 200
    assert time.monotonic() - began >= 5
    counted(world, world.records()[-1])
    assert gateway.ask(keys[ALICE], "[tokens input=1 output=0]", model="haiku").status_code == 200  # the 50,000th
    counted(world, world.records()[-1])
    before, began = len(world.records()), time.monotonic()
    status, said = refusal(gateway.ask(keys[ALICE], "[tokens input=1 output=0]", model="haiku"))
    assert (status, said.partition(";")[0]) == (403, "your 50,000 tokens of today are used up")
    assert time.monotonic() - began < 5  # a refusal is not waited for
    assert len(world.records()) == before
    assert gateway.ask(keys[CROWD[1]], model="haiku").status_code == 200  # their own day


def test_while_the_ledger_is_away_nobody_is_served_uncounted_and_it_is_said(
    world: World, gateway: Proxy, keys: dict[str, str]
) -> None:
    """At `throttled`, by the default, `on_silence: refuse`."""
    denied = {"Effect": "Deny", "Action": "dynamodb:GetItem", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    iam = world.client("iam")
    iam.put_role_policy(RoleName=ROLE, PolicyName="away", PolicyDocument=document)
    try:
        status, said = refusal(gateway.ask(keys[CROWD[2]], model="haiku"))
        assert (status, said) == (503, "your tokens of today cannot be looked up now (on_silence: refuse)")
    finally:
        iam.delete_role_policy(RoleName=ROLE, PolicyName="away")
    assert gateway.said()[-1]["why"] == "ledger-away"


# Of all 200 a busy machine has not let the last one in when the first is through.
@pytest.mark.parametrize("at_once", [50, pytest.param(200, marks=pytest.mark.long)])
def test_200_that_wait_at_once_keep_nobody_else_waiting(
    world: World, gateway: Proxy, keys: dict[str, str], at_once: int
) -> None:
    """Of twenty people at `throttled`; Grace is in a cohort at `active`, and answered while all the others wait."""
    people = [person for person in CROWD if person != ALICE] * 11
    world.reached(gateway, stack("throttled", throttle={"delay_seconds": LONG_SECONDS}))
    with httpx.Client(trust_env=False, timeout=600, limits=httpx.Limits(max_connections=None)) as client:

        def waits(person: str) -> tuple[int, float]:
            began = time.monotonic()
            told = message(model="haiku")
            answer = client.post(f"{gateway.url}/v1/messages", headers=headers(keys[person]), json=told)
            return answer.status_code, time.monotonic() - began

        before = looked_up(world)
        with ThreadPoolExecutor(at_once) as pool:
            waiting = [pool.submit(waits, person) for person in people[:at_once]]
            while looked_up(world) - before < at_once and not any(one.done() for one in waiting):
                time.sleep(0.2)
            answered = [gateway.ask(keys[GRACE]).status_code for _ in range(5)]
            done = [one for one in waiting if one.done()]
            took = [one.result() for one in waiting]
    assert (answered, done) == ([200] * 5, [])
    assert [status for status, _ in took] == [200] * at_once
    assert min(seconds for _, seconds in took) >= LONG_SECONDS


def looked_up(world: World) -> int:
    """Requests whose tokens the gateway has looked up, just before it has them wait."""
    return sum(call["operation"] == "GetItem" for call in world.calls())


def test_at_suspended_the_refusal_says_why_within_a_minute_of_the_saved_level(
    world: World, gateway: Proxy, keys: dict[str, str]
) -> None:
    """The level alone is saved here; IAM denies at once, which is seen elsewhere."""
    assert world.reached(gateway, stack("suspended")) < 60
    before = len(world.records())
    for person in (ALICE, CROWD[1]):
        status, said = refusal(gateway.ask(keys[person], model="haiku"))
        assert (status, said.partition(";")[0]) == (403, SUSPENDED)
    assert len(world.records()) == before
    assert gateway.ask(keys[GRACE]).status_code == 200


def test_iam_denies_at_once_what_the_gateway_has_not_read_yet(
    world: World, gateway: Proxy, keys: dict[str, str]
) -> None:
    world.reached(gateway, stack())
    world.allow(stack())
    assert gateway.ask(keys[ALICE]).status_code == 200
    world.allow(stack("suspended"))
    assert gateway.ask(keys[ALICE]).status_code == 403
    assert gateway.said()[-1]["gateway"] == "served"  # as far as the gateway knew
    world.allow(stack())


def test_a_member_of_their_own_level_is_held_alone(world: World, gateway: Proxy, keys: dict[str, str]) -> None:
    document = stack().cohorts["pilot"].members
    members = {who: {"name": one.name, "team": one.team} for who, one in document.items()}
    incident = {"id": "INC-9", "since": "2026-11-02T00:00:00Z", "reason": "A laptop was stolen."}
    world.save(stack(members={**members, ALICE: {**members[ALICE], "level": "suspended", "incident": incident}}))
    deadline = time.monotonic() + 60
    while (answer := gateway.ask(keys[ALICE])).status_code == 200:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert refusal(answer)[1].startswith("Claude Code is suspended (INC-9: A laptop was stolen)")
    assert gateway.ask(keys[CROWD[1]]).status_code == 200
    world.save(stack())


def test_levels_that_change_under_load_lose_no_request_and_none_is_served_above_its_level(
    world: World, gateway: Proxy, keys: dict[str, str]
) -> None:
    """Eight people ask without a pause; each answer is held against the levels that were saved within the last minute
    before it."""
    quick = {"throttle": {"delay_seconds": 0, "daily_tokens": 10_000_000}}
    saved: list[tuple[float, str]] = []
    answers: list[tuple[float, float, str, int]] = []
    stop = threading.Event()

    def save(level: str) -> None:
        saved.append((time.monotonic(), level))
        world.reached(gateway, stack(level, **quick))
        saved.append((time.monotonic(), level))  # the gateway has it from here on

    def asks(person: str, model: str) -> None:
        with httpx.Client(trust_env=False, timeout=240) as client:
            while not stop.is_set():
                began = time.monotonic()
                answer = client.post(
                    f"{gateway.url}/v1/messages", headers=headers(keys[person]), json=message(model=model)
                )
                answers.append((began, time.monotonic(), model, answer.status_code))

    save("active")
    people = [(person, model) for person in CROWD[1:3] for model in ("sonnet", "haiku")]
    with ThreadPoolExecutor(len(people)) as pool:
        running = [pool.submit(asks, *one) for one in people]
        for level in ("throttled", "suspended", "active"):
            time.sleep(2)
            save(level)
        time.sleep(2)
        stop.set()
        for one in running:
            one.result()
    assert {status for *_, status in answers} == {200, 403}
    assert [one for one in answers if not _is_right(one, saved)] == []
    assert max(late - at for (at, _), (late, _) in zip(saved[::2], saved[1::2], strict=True)) < 60


MAY = {"active": {"sonnet", "haiku"}, "throttled": {"haiku"}, "suspended": set[str]()}


def _is_right(answer: tuple[float, float, str, int], saved: list[tuple[float, str]]) -> bool:
    """By a level that the gateway had, or may have had, while the request was under way."""
    began, ended, model, status = answer
    known = [level for at, level in saved if at <= began][-1:]
    possible = {*known, *(level for at, level in saved if began <= at <= ended)}
    # Between a save and the gateway's word that it has it, both are right.
    for (first, level), (last, _) in zip(saved[::2], saved[1::2], strict=True):
        if first <= ended and began <= last:
            possible |= {level, *[was for at, was in saved if at < first][-1:]}
    return any((status == 200) is (model in MAY[level]) for level in possible)
