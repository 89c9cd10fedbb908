"""Who answers for a machine is told three days before its access ends, once of each end, as people are of theirs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollout.incidents.cut_record import Record
from rollout.notices.access import Access, Told, after
from rollout.notices.access_ends import NOTICE, Look, know, news, reminders
from rollout.notices.announcer_input import access
from rollout.notices.formats import plain
from tests import recording, stacks
from tests.config.test_machines import BOT, INCIDENT, OWNER, REVIEW, document, loaded
from tests.notices.announcer_world import World
from tests.notices.test_access import hand_in, receivers
from tests.notices.test_notices import SETTINGS

END = datetime(2027, 1, 1, tzinfo=UTC)
LOOK = Look(cohort="ci", ask="ask in #claude-code")
NAMES = {"nightly-review": "2027-01-01T00:00:00Z", "dep-bot": "2027-01-01T00:00:00Z"}


def told_of(ends: dict[str, str], **more: Any) -> Access:
    known = {"nightly-review": REVIEW, "dep-bot": BOT}
    machines: dict[str, Any] = {name.replace("-", "_"): {**each, **more} for name, each in known.items()}
    for name, end in ends.items():
        machines[name.replace("-", "_")]["until"] = end
    return Access.read(access(loaded(document("active", **machines)), "ci", Record()))


def titles(before: Told, now: datetime) -> tuple[list[str], Told]:
    found, then = reminders(before, LOOK, SETTINGS, now)
    assert {to for each in found for to in each.to} <= {OWNER}
    assert len({each.id for each in found}) == len(found), "two machines of one owner are two notices"
    return sorted({each.title for each in found}), then


def test_the_owner_is_told_of_each_machine_once_and_in_words_of_the_machine() -> None:
    state = know(after(Told(), told_of(NAMES)), END - 2 * NOTICE)
    assert news(Told(), told_of(NAMES), SETTINGS, END - 2 * NOTICE) == []
    assert titles(state, END - 2 * NOTICE)[0] == []
    found, then = titles(state, END - NOTICE)
    assert found == [
        "Access to Claude Code of dep-bot, which you answer for, ends 2027-01-01 00:00:00 UTC",
        "Access to Claude Code of nightly-review, which you answer for, ends 2027-01-01 00:00:00 UTC",
    ]
    assert titles(then, END - NOTICE + timedelta(hours=1))[0] == []
    words = plain(reminders(state, LOOK, SETTINGS, END - NOTICE)[0][0])
    assert "Next: take dep-bot out of service, or move its end" in words
    assert Told.read(json.loads(json.dumps(then.document()))) == then


def test_an_end_that_is_near_already_or_was_moved_is_told_by_the_update() -> None:
    soon = END - timedelta(days=1)
    [first, *_] = news(Told(), told_of({"dep-bot": NAMES["dep-bot"]}), SETTINGS, soon)
    assert first.title == "Access to Claude Code of dep-bot, which you answer for, ends 2027-01-01 00:00:00 UTC"
    state = know(after(Told(), told_of(NAMES)), soon)
    moved = told_of({**NAMES, "dep-bot": "2027-04-01T00:00:00Z"}, extended="2026-11-20T00:00:00Z")
    assert {each.title for each in news(state, moved, SETTINGS, soon)} == {
        "Access to Claude Code of dep-bot, which you answer for, ends 2027-04-01 00:00:00 UTC now"
    }
    assert titles(know(after(state, moved), soon), END - timedelta(hours=2))[0] == []


@pytest.mark.parametrize("more", [{"level": "suspended", "incident": INCIDENT}, {"until": "2026-11-24T00:00:00Z"}])
def test_of_a_machine_that_has_no_access_nobody_is_told_an_end(more: dict[str, Any]) -> None:
    said = access(loaded(document(dep_bot={"until": NAMES["dep-bot"], **BOT, **more})), "ci", Record())
    assert "owners" not in said


def test_a_cohort_without_an_end_says_and_has_what_it_had() -> None:
    assert {"owners", "ends"} & told_of({}).document().keys() == set()
    schedules = [
        [
            each.inputs["name"]
            for each in recording.run(stacks.config(made)).order
            if "scheduler" in each.type and "ci" in each.name
        ]
        for made in (document(), document(dep_bot={**BOT, "until": NAMES["dep-bot"]}))
    ]
    assert schedules == [[], ["claude-code-ci-ends"]]


def test_the_announcer_remembers_owners_between_its_looks(world: World) -> None:
    at = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0)
    hand_in(world, told_of({"dep-bot": at.isoformat()}), "a")
    assert receivers(world) == {}
    hand_in(world, told_of({"dep-bot": (at - timedelta(days=28)).isoformat()}), "b")
    assert receivers(world) == {OWNER: 1}
