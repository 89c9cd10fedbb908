"""Each member is told once that they have access, of a new model, and that it has ended; of nothing they know already."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import boto3
import pytest

from functions import announcer
from rollout import names
from rollout.notices.access import Access, Told, access_deliveries, after, baseline
from rollout.notices.formats import plain, slack_blocks
from tests.notices.announcer_world import World, standing
from tests.notices.test_changes import ALICE, BOB
from tests.notices.test_notices import SETTINGS

EVE = "eve@acme.example"
BASE = Access(cohort="pilot", people=(ALICE, BOB), models=("sonnet", "haiku"), ask="ask in #claude-code")
NEW = Told()


def said(before: Told, access: Access) -> dict[tuple[str, str], str]:
    """Title by receiver and way."""
    return {(d.to[0], d.way): d.title for d in access_deliveries(before, access, SETTINGS)}


def test_whoever_gets_access_is_told_with_three_lines_to_start_and_whom_to_ask() -> None:
    access = replace(BASE, page="https://wiki.acme.example/pilot.html")
    found = access_deliveries(NEW, access, SETTINGS)
    assert Counter(d.way for d in found) == {"slack_person": 2, "email": 2}
    assert found[0].title == "You have access to Claude Code (cohort pilot)"
    assert plain(found[0]).splitlines() == [
        "1. Install Claude Code: https://code.claude.com/docs/en/setup",
        "2. Install okta-aws-cli: brew install okta-aws-cli, or https://github.com/okta/okta-aws-cli/releases",
        "3. Sign in: type `claude` in a project's folder; Okta's page opens in your browser",
        "More: https://wiki.acme.example/pilot.html",
        "Models: sonnet, haiku; the first unless you choose another by `/model`",
        "Questions: ask in #claude-code",
    ]


def test_the_same_news_again_tells_nobody() -> None:
    told = after(NEW, BASE)
    assert said(told, BASE) == {}
    assert replace(after(told, BASE), version=told.version) == told


def test_a_member_added_later_is_told_alone() -> None:
    told = after(NEW, BASE)
    assert {email for email, _ in said(told, replace(BASE, people=(ALICE, BOB, EVE)))} == {EVE}


def test_a_new_model_is_told_to_those_who_had_access_and_not_to_who_hears_of_all_models_anyway() -> None:
    told = after(NEW, BASE)
    later = said(told, replace(BASE, people=(ALICE, BOB, EVE), models=("sonnet", "haiku", "opus")))
    assert later[ALICE, "email"] == later[BOB, "email"] == "Claude Code: a new model for you, opus"
    assert later[EVE, "email"] == "You have access to Claude Code (cohort pilot)"
    assert said(told, replace(BASE, models=("haiku",))) == {}


def test_a_throttle_that_ends_brings_no_new_model() -> None:
    told = after(NEW, BASE)
    throttled = replace(BASE, models=("haiku",), is_whole=False, above=(ALICE, BOB))
    assert said(told, throttled) == {}
    assert said(after(told, throttled), BASE) == {}


def test_who_leaves_is_told_that_it_has_ended_once_and_who_moved_is_not() -> None:
    told = after(NEW, BASE)
    gone = replace(BASE, people=(BOB,), removed=(ALICE,))
    assert {*said(told, gone).values()} == {"Your access to Claude Code has ended"}
    assert said(after(told, gone), gone) == {}
    assert said(told, replace(BASE, people=(BOB,))) == {}


def test_a_suspension_its_end_and_a_removal_during_it_are_told_as_changes_of_level_alone() -> None:
    told = after(NEW, BASE)
    suspended = replace(BASE, people=(), above=(ALICE, BOB), models=(), is_whole=False)
    assert said(told, suspended) == {}
    stopped = after(told, suspended)
    assert said(stopped, BASE) == {}
    assert said(stopped, replace(suspended, above=(BOB,), removed=(ALICE,))) == {}


def test_who_joined_while_a_cohort_was_suspended_is_told_once_it_is_not() -> None:
    stopped = after(after(NEW, BASE), replace(BASE, people=(), above=(ALICE, BOB, EVE), is_whole=False))
    assert {email for email, _ in said(stopped, replace(BASE, people=(ALICE, BOB, EVE)))} == {EVE}


def test_who_leaves_and_comes_back_is_told_again_under_another_id() -> None:
    first = after(NEW, BASE)
    gone = after(first, replace(BASE, people=(BOB,), removed=(ALICE,)))
    again = [d for d in access_deliveries(gone, BASE, SETTINGS) if d.to == [ALICE]]
    assert {d.title for d in again} == {"You have access to Claude Code (cohort pilot)"}
    assert not {d.id for d in again} & {d.id for d in access_deliveries(NEW, BASE, SETTINGS)}


@pytest.mark.parametrize("changed", [{"bot": False}, {"email_from": None}, {"bot": False, "email_from": None}])
def test_a_channel_that_is_not_set_up_is_not_tried_and_nothing_fails(changed: dict[str, Any]) -> None:
    ways = {d.way for d in access_deliveries(NEW, BASE, replace(SETTINGS, **changed))}
    assert ways == {"slack_person", "email"} - {{"bot": "slack_person", "email_from": "email"}[key] for key in changed}


def test_with_notify_onboarding_off_people_are_remembered_and_not_told() -> None:
    quiet = replace(BASE, tells=False)
    assert said(NEW, quiet) == {}
    assert said(after(NEW, quiet), BASE) == {}


def test_what_a_stack_file_says_can_call_nobody_in_slack() -> None:
    access = replace(BASE, ask="ask <!channel> & <https://evil.example|here>", models=("<@U1>",))
    shown = str(slack_blocks(access_deliveries(NEW, access, SETTINGS)[0]))
    assert "<!channel>" not in shown
    assert "<@U1>" not in shown
    assert "&lt;!channel&gt; &amp; &lt;https" in shown


def test_a_document_is_read_as_it_was_written_and_what_is_none_is_refused() -> None:
    access = replace(BASE, above=(EVE,), removed=("x@acme.example",), page="https://a.example")
    assert Access.read(access.document()) == access
    assert Told.read(json.loads(json.dumps(baseline(access).document()))) == baseline(access)
    for wrong in ({}, {"cohort": "pilot"}, {"cohort": "pilot", "people": "alice"}):
        with pytest.raises((KeyError, TypeError)):
            Access.read(wrong)


# By the announcer, with what it remembers.


def hand_in(world: World, access: Access, request_id: str) -> None:
    assert world.hand_in({"access": access.document()}, request_id) == {"accepted": True}
    assert world.run() == 0


def receivers(world: World) -> Counter[str]:
    return Counter(post["channel"].removeprefix("U").replace("%40", "@") for post in world.slack())


@pytest.mark.parametrize("first", ["level", "access"])
def test_a_new_cohort_is_told_once_whichever_news_comes_first(world: World, first: str) -> None:
    news = {"level": standing("active"), "access": {"access": BASE.document()}}
    order = ["level", "access"] if first == "level" else ["access", "level"]
    for number, kind in enumerate([*order, *order]):
        world.hand_in(news[kind], str(number))
        assert world.run() == 0
    assert receivers(world) == {ALICE: 1, BOB: 1}


def test_of_a_stack_that_told_nobody_before_the_first_news_is_remembered_and_only_the_next_member_hears(
    world: World,
) -> None:
    table = boto3.resource("dynamodb").Table(names.NOTICES_TABLE)  # pyright: ignore[reportAttributeAccessIssue]
    state = {"version": 3, "before": None, "now": standing("active"), "at": "2026-11-01T00:00:00+00:00"}
    table.put_item(Item={"id": "cohort#pilot", "version": 3, "state": json.dumps({**state, "handed_out": True})})
    hand_in(world, BASE, "a")
    assert receivers(world) == {}
    hand_in(world, replace(BASE, people=(ALICE, BOB, EVE), models=("sonnet", "haiku")), "b")
    assert receivers(world) == {EVE: 1}


def test_a_crash_between_two_people_loses_nobody_and_tells_nobody_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, handed = announcer._hand_out, list[str]()

    def third_crashes(delivery: Any) -> None:
        handed.append(delivery.id)
        if len(handed) == 3:
            raise KeyboardInterrupt
        real(delivery)

    world.hand_in({"access": BASE.document()}, "a")
    monkeypatch.setattr(announcer, "_hand_out", third_crashes)
    with pytest.raises(KeyboardInterrupt):
        world.run()
    monkeypatch.setattr(announcer, "_hand_out", real)
    hand_in(world, BASE, "b")
    assert receivers(world) == {ALICE: 1, BOB: 1}


@pytest.mark.parametrize(("sender", "failures"), [("claude@acme.example", False), (None, True)])
def test_whom_slack_does_not_know_is_told_by_e_mail_alone_and_without_a_sender_it_is_a_failure(
    world: World, monkeypatch: pytest.MonkeyPatch, sender: str | None, failures: bool
) -> None:
    world.not_in_slack = {ALICE}
    monkeypatch.setattr(announcer, "notices", lambda: replace(SETTINGS, email_from=sender))
    world.hand_in({"access": BASE.document()}, "a")
    assert bool(world.run(rounds=20)) is failures
    assert ALICE not in receivers(world)


def test_news_from_before_the_last_is_of_no_account(world: World) -> None:
    hand_in(world, BASE, "a")
    old = {"access": replace(BASE, people=(ALICE,), removed=(BOB,)).document(), "at": "2026-11-01T00:00:00+00:00"}
    announcer._work(old)
    assert world.run() == 0
    assert receivers(world) == {ALICE: 1, BOB: 1}


def test_what_says_nothing_of_access_is_not_accepted(world: World) -> None:
    assert world.hand_in({"access": {}}, "a")["accepted"] is False


def test_news_of_access_stands_in_no_line_with_changes_of_level_and_so_holds_up_none(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups: list[str] = []
    real = announcer._queue
    monkeypatch.setattr(announcer, "_queue", lambda body, group, id_: (groups.append(group), real(body, group, id_)))
    world.hand_in({"access": BASE.document()}, "a")
    world.hand_in(standing("active"), "b")
    assert groups == ["access-pilot", "cohort-pilot"]


def test_a_run_that_was_overtaken_by_the_cohorts_first_level_remembers_nothing_and_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its two reads the announcer heard of the cohort for the first time, which looks like a stack of before."""
    real, level = announcer.access_notices._got, standing("active")

    def overtaken(table: Any, key: str) -> Any:
        if key.startswith("cohort#"):
            monkeypatch.setattr(announcer.access_notices, "_got", real)
            announcer._compare(level, announcer.datetime.now(announcer.UTC))
        return real(table, key)

    monkeypatch.setattr(announcer.access_notices, "_got", overtaken)
    world.hand_in({"access": BASE.document()}, "a")
    assert world.run() == 1
    assert receivers(world) == {ALICE: 1, BOB: 1}


def test_a_new_cohorts_first_level_at_the_same_moment_makes_no_second_try(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading that nobody was told and remembering who was, the other news has begun the memory."""
    real = announcer.access_notices.access_deliveries

    def met(*arguments: Any) -> Any:
        announcer._compare(standing("active"), announcer.datetime.now(announcer.UTC))
        return real(*arguments)

    monkeypatch.setattr(announcer.access_notices, "access_deliveries", met)
    world.hand_in({"access": BASE.document()}, "a")
    assert world.run() == 0
    assert receivers(world) == {ALICE: 1, BOB: 1}
