"""What a person may do by their cohort's item, and how the gateway comes to know of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from gateway import decision
from gateway.levels import LEVELS, UnreadableError, cohort, standing
from gateway.refusals import Refused
from gateway.settings import OnSilence
from gateway.source import REFRESH_SECONDS, STALE_SECONDS, Levels
from gateway.tokens import Caller
from rollout import levels, names
from tests.hook.parts import ALICE, ARN, Answers, Clock, item, pilot

BOB = "bob.kim@acme.example"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
CALLER = Caller(session=ALICE, cohorts=("pilot",), issued_at=NOW.timestamp())


def told(found: Any, caller: Caller = CALLER) -> str:
    try:
        decision.required(found, caller, NOW, "ask in #help")
    except Refused as refused:
        return f"{refused.status} {refused.why.value}: {refused.sentence}"
    return "served"


def test_levels_and_the_item_are_called_as_the_rollout_calls_them() -> None:
    assert list(LEVELS) == [each.value for each in levels.Level]
    assert names.gateway_item("pilot") == "gateway#pilot"


def test_a_member_is_as_their_cohort_unless_their_own_level_takes_more() -> None:
    assert told(standing(ALICE, [pilot()])) == "served"
    assert told(standing(BOB, [pilot()])).startswith("403 level: Claude Code is suspended (INC-1)")
    assert standing(BOB, [pilot(members={BOB: {"level": "active"}}, level="suspended")]).level == "suspended"  # pyright: ignore


def test_who_is_in_two_groups_has_what_the_narrower_gives_and_no_member_has_nothing() -> None:
    open_one, shut = pilot("second"), pilot("pilot", level="suspended", says="shut")
    for cohorts in ([open_one, shut], [shut, open_one]):
        assert told(standing(ALICE, cohorts)) == "403 level: shut"
    assert told(standing("eve@acme.example", [open_one])).startswith("403 no-cohort")
    assert told(standing(ALICE, [])).startswith("403 no-cohort")


def test_too_many_members_for_an_item_are_all_as_their_cohort() -> None:
    assert told(standing("anybody@acme.example", [pilot(members=None)])) == "served"


def test_an_end_and_a_line_before_which_sign_ins_are_dead_hold() -> None:
    ended = pilot(members={ALICE: {"end": "2026-11-29T12:00:00+00:00"}})
    assert told(standing(ALICE, [ended])).startswith("403 ended")
    assert told(standing(ALICE, [pilot(end="2026-11-29T12:00:01Z")])) == "served"
    line = pilot(valid_from="2026-11-29T12:00:01+00:00", members={ALICE: {"valid_from": "2026-01-01T00:00:00+00:00"}})
    assert told(standing(ALICE, [line])).startswith("401 old-session")


@pytest.mark.parametrize(
    ("asked", "label"),
    [
        ("sonnet", "sonnet"),
        ("claude-sonnet-4-6", "sonnet"),
        ("Claude-Sonnet-4-6[1m]", "sonnet"),
        (f"{ARN}son", "sonnet"),
        (f"{ARN}HAI", "haiku"),
        (f"{ARN}other", None),
        ("anthropic.claude-opus-4-8", None),
        ("bedrock/invoke/anthropic.claude-sonnet-4-6", None),
        ("*", None),
    ],
)
def test_a_model_is_one_of_the_cohort_s_or_none(asked: str, label: str | None) -> None:
    assert decision.label_of(asked, pilot()) == label


def test_at_throttled_one_model_is_left_and_the_refusal_names_it() -> None:
    found = standing(ALICE, [pilot(level="throttled", says="Claude Code is throttled (INC-7)")])
    assert found
    assert decision.model("claude-haiku-4-5", found, "ask") == "haiku"
    with pytest.raises(Refused, match=r"'sonnet' is not one that you may use now: haiku \(Claude Code is throttled"):
        decision.model("sonnet", found, "ask")
    with pytest.raises(Refused, match="model: missing"):
        decision.model(["sonnet"], found, "ask")


@pytest.mark.parametrize(("used", "served"), [(49_999, True), (50_000, False)])
def test_the_token_after_the_last_of_the_day_is_refused(used: int, served: bool) -> None:
    found = standing(ALICE, [pilot(level="throttled")])
    assert found
    held = {"input": Decimal(used - 10), "output": Decimal(10), "cache_read": Decimal(10**9)}
    if served:
        decision.within_tokens(held, found, "ask")
    else:
        with pytest.raises(
            Refused, match=r"your 50,000 tokens of today are used up; the next ones come at midnight UTC"
        ):
            decision.within_tokens(held, found, "ask")


@pytest.mark.parametrize(
    "changes",
    [
        {"form": 2},
        {"level": "open"},
        {"members": [ALICE]},
        {"models": {"sonnet": ARN}},
        {"throttle": {"model": "haiku"}},
        {"throttle": {"model": "haiku", "daily_tokens": 1, "delay_seconds": 3600, "counts": []}},
        {"valid_from": "yesterday"},
        {"session_seconds": float("inf")},
        {"throttle": {"model": "haiku", "daily_tokens": float("inf"), "delay_seconds": 5, "counts": []}},
        {"end": "9999-12-31T23:59:59-12:00"},
        {"valid_from": "0001-01-01T00:00:00+12:00"},
    ],
)
def test_an_item_of_another_form_is_no_answer(changes: dict[str, Any]) -> None:
    with pytest.raises(UnreadableError, match="gateway#pilot"):
        cohort("pilot", item(**changes))


def levels_of(answers: Answers, clock: Clock, silence: OnSilence = OnSilence.REFUSE) -> Levels:
    return Levels(answers, silence, clock)


async def level(found: Levels) -> str:
    try:
        return found_one[0].level if (found_one := await found.of(["pilot"])) else "none"
    except Refused as refused:
        return f"{refused.status} {refused.why.value}"


def test_a_saved_level_counts_with_the_next_reading() -> None:
    async def tried() -> None:
        answers = Answers({"pilot": item()})
        found = levels_of(answers, Clock())
        assert await level(found) == "active"
        answers.answer = {"pilot": item(level="suspended")}
        assert await level(found) == "active"
        await found.refresh()
        assert await level(found) == "suspended"
        answers.answer = {}
        await found.refresh()
        assert await level(found) == "none"

    asyncio.run(tried())
    assert REFRESH_SECONDS + STALE_SECONDS < 60


@pytest.mark.parametrize(("silence", "then"), [(OnSilence.REFUSE, "503 levels-away"), (OnSilence.SERVE, "active")])
def test_a_table_that_is_away_is_felt_within_a_minute_as_the_file_says(
    silence: OnSilence, then: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def tried() -> None:
        clock, answers = Clock(), Answers({"pilot": item()})
        found = levels_of(answers, clock, silence)
        await level(found)
        answers.answer = TimeoutError()
        clock.at += STALE_SECONDS
        await found.refresh()
        assert (await level(found), found.is_known) == ("active", False)
        clock.at += 1
        assert await level(found) == then
        answers.answer = {"pilot": item(form=9)}  # of a newer rollout, which nobody here can read
        await found.refresh()
        assert await level(found) == then
        answers.answer = {"pilot": item(level="suspended")}
        await found.refresh()
        assert (await level(found), found.is_known) == ("suspended", True)

    asyncio.run(tried())
    assert ('"on-silence"' in capsys.readouterr().out) is (silence is OnSilence.SERVE)


def test_an_item_that_nobody_can_read_takes_no_other_cohort_along() -> None:
    async def tried() -> None:
        clock, answers = Clock(), Answers({"pilot": item(), "second": item()})
        found = levels_of(answers, clock)
        await found.of(["second", "pilot"])
        answers.answer = {"second": item(session_seconds=float("inf")), "pilot": item(level="suspended")}
        clock.at += REFRESH_SECONDS
        await found.refresh()
        assert (await level(found), found.is_known) == ("suspended", False)

    asyncio.run(tried())


def test_levels_that_nobody_has_refreshed_of_late_are_not_known() -> None:
    async def tried() -> None:
        clock = Clock()
        found = levels_of(Answers({}), clock)
        clock.at += STALE_SECONDS
        assert found.is_known
        clock.at += 1
        assert not found.is_known
        await found.refresh()
        assert found.is_known

    asyncio.run(tried())


def test_a_cohort_nobody_ever_read_of_is_served_under_neither_setting() -> None:
    for silence in OnSilence:
        assert asyncio.run(level(levels_of(Answers(TimeoutError()), Clock(), silence))) == "503 levels-away"


def test_names_of_cohorts_that_are_not_there_do_not_ask_the_table_each_time() -> None:
    async def tried() -> int:
        answers = Answers({})
        found = levels_of(answers, Clock())
        for _ in range(50):
            await found.of(["nowhere"])
        return len(answers.asked)

    assert asyncio.run(tried()) == 1


def test_nobody_is_below_their_cohort_s_level_whatever_an_item_says() -> None:
    for own in LEVELS:
        for whole in LEVELS:
            found = standing(ALICE, [pilot(level=whole, members={ALICE: {"level": own}})])
            assert found
            assert LEVELS.index(found.level) == max(LEVELS.index(own), LEVELS.index(whole))
            assert found.is_served is (found.level in {"active", "restricted", "throttled"})
            assert bool(found.labels) is found.is_served


def test_a_caller_s_later_sign_in_is_alive() -> None:
    line = pilot(valid_from="2026-11-29T12:00:01+00:00")
    assert told(standing(ALICE, [line]), replace(CALLER, issued_at=NOW.timestamp() + 1)) == "served"
