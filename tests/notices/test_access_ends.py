"""Each person is told three days before their access ends, once of each end; of a move only who knew of the one before."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from functions import announcer
from rollout.incidents.cohort_state import Standing
from rollout.incidents.cohort_state import changes as compared
from rollout.incidents.cut_record import Record
from rollout.notices.access import Access, Told, access_deliveries, after
from rollout.notices.access_ends import EVERY, NOTICE, Look, know, news, reminders
from rollout.notices.announcer_input import access, announced
from rollout.notices.formats import plain
from tests.notices.announcer_world import World
from tests.notices.test_access import BASE, hand_in, receivers
from tests.notices.test_changes import ALICE, BOB
from tests.notices.test_notices import SETTINGS
from tests.review import changes

END = datetime(2027, 1, 1, tzinfo=UTC)
LONG_BEFORE = END - timedelta(days=30)
LOOK = Look(cohort="pilot", ask="ask in #claude-code")


def ends(at: datetime = END, access: Access = BASE) -> Access:
    return replace(access, ends={ALICE: at.isoformat()})


def told(before: Told, access: Access, now: datetime) -> tuple[dict[str, str], Told]:
    """Titles by receiver, and what they know then."""
    found = [*access_deliveries(before, access, SETTINGS), *news(before, access, SETTINGS, now)]
    return {d.to[0]: d.title for d in found}, know(after(before, access), now)


def looked(before: Told, now: datetime) -> tuple[dict[str, str], Told]:
    found, then = reminders(before, LOOK, SETTINGS, now)
    return {d.to[0]: d.title for d in found}, then


def known(access: Access, now: datetime = LONG_BEFORE) -> Told:
    return told(Told(), access, now)[1]


def test_who_gets_access_with_an_end_reads_it_in_that_notice() -> None:
    found = [d for d in access_deliveries(Told(), ends(), SETTINGS) if d.to == [ALICE]]
    assert "Ends: 2027-01-01 00:00:00 UTC" in plain(found[0])
    assert news(Told(), ends(), SETTINGS, LONG_BEFORE) == []


def test_three_days_before_they_are_told_once_with_what_to_do_however_often_somebody_looks() -> None:
    state = known(ends())
    sent: list[tuple[datetime, str]] = []
    now = END - timedelta(days=10) + timedelta(minutes=25)
    while now < END + timedelta(days=2):
        found, state = looked(state, now)
        sent += [(now, email) for email in found]
        now += EVERY
    [(at, email)] = sent
    assert email == ALICE
    assert NOTICE <= END - at <= NOTICE + EVERY
    words = plain(reminders(known(ends()), LOOK, SETTINGS, END - NOTICE)[0][0]).splitlines()
    assert words == [
        "What it means: from 2027-01-01 00:00:00 UTC on no model answers, in sessions that are open too",
        "Next: finish what you are at, or hand it over. Files, branches and settings of yours are untouched",
        "If you need it longer: ask before then: ask in #claude-code",
    ]


def test_an_end_that_is_near_when_it_is_agreed_is_told_at_once_and_not_again() -> None:
    soon = END - timedelta(days=1)
    found, state = told(known(BASE), ends(), soon)
    assert found == {ALICE: "Your access to Claude Code ends 2027-01-01 00:00:00 UTC"}
    assert looked(state, soon + EVERY)[0] == {}
    fresh = known(ends(), soon)
    assert looked(fresh, soon + EVERY)[0] == {}, "who got access that day has read it"


@pytest.mark.parametrize(
    ("then", "title"),
    [
        (END + timedelta(days=90), "Your access to Claude Code ends 2027-04-01 00:00:00 UTC now"),
        (None, "Your access to Claude Code does not end any more"),
        (END - timedelta(days=1), "Your access to Claude Code ends 2026-12-31 00:00:00 UTC"),
    ],
)
def test_who_was_told_of_an_end_is_told_that_it_was_moved(then: datetime | None, title: str) -> None:
    at = END - NOTICE
    state = looked(known(ends()), at)[1]
    moved = ends(then) if then else BASE
    found, state = told(state, moved, at + EVERY)
    assert found == {ALICE: title}
    assert told(state, moved, at + 2 * EVERY)[0] == {}
    if then and then > END:
        assert looked(state, then - NOTICE)[0] == {ALICE: "Your access to Claude Code ends 2027-04-01 00:00:00 UTC"}


def test_a_move_that_nobody_knew_the_old_time_of_is_told_three_days_before_the_new_one_alone() -> None:
    later = END + timedelta(days=90)
    found, state = told(known(ends()), ends(later), LONG_BEFORE)
    assert found == {}
    assert looked(state, END - NOTICE)[0] == {}
    assert set(looked(state, later - NOTICE)[0]) == {ALICE}


def test_at_the_end_the_notice_of_the_end_goes_out_once_and_a_return_is_told_anew() -> None:
    state = looked(known(ends()), END - NOTICE)[1]
    over = replace(BASE, people=(BOB,), ended={ALICE: END.isoformat()})
    [first, *_] = [d for d in access_deliveries(state, over, SETTINGS) if d.to == [ALICE]]
    assert first.title == "Your access to Claude Code has ended"
    assert "since 2027-01-01 00:00:00 UTC, the end that was agreed, no model answers" in plain(first)
    gone = told(state, over, END)[1]
    assert told(gone, over, END + EVERY)[0] == {}
    assert told(gone, BASE, END + EVERY)[0] == {ALICE: "You have access to Claude Code (cohort pilot)"}


def test_with_notify_onboarding_off_nobody_is_told() -> None:
    quiet = replace(ends(), tells=False)
    found, state = told(known(quiet), quiet, END - NOTICE)
    assert (found, looked(state, END - NOTICE)[0]) == ({}, {})


def test_what_is_remembered_is_read_as_it_was_written_also_by_a_version_from_before() -> None:
    state = looked(known(ends()), END - NOTICE)[1]
    assert Told.read(json.loads(json.dumps(state.document()))) == state
    assert set(known(BASE).document()) == {"version", "people", "above", "models"}
    assert Access.read(ends().document()) == ends()
    assert {"ends", "ended"} & set(BASE.document()) == set()


def test_an_update_says_whose_access_ends_and_whose_has() -> None:
    for days, key in ((1, "ends"), (-1, "ended")):
        at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
        file = changes.changed(changes.alice(until=at.isoformat()))
        said = access(file, "pilot", Record())
        assert said[key] == {changes.ALICE: at.isoformat()}
        assert (changes.ALICE in said["people"]) is (key == "ends")
        assert {"ends", "ended"} & said.keys() == {key}


SUSPENDED = {"level": "suspended", "incident": changes.INCIDENT}


def test_who_ended_while_their_cohort_was_suspended_is_not_told_that_it_is_back() -> None:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    who = changes.alice(until=at.isoformat())
    stopped = changes.changed(who, changes.pilot(**SUSPENDED))
    back = changes.changed(who, changes.pilot(sessions_valid_from=changes.INCIDENT["since"]))
    before, during, then = (
        Standing.read(announced(file, "pilot", Record())) for file in (stopped, stopped.as_of(at), back.as_of(at))
    )
    [removed] = compared(before, during, 1, at)
    assert (removed.subject, removed.removed) == (changes.ALICE, True)
    for last in (before, during):
        whole = next(each for each in compared(last, then, 2, at) if each.subject is None)
        assert set(whole.people) == {changes.GRACE}


def test_an_end_where_no_incident_was_says_nothing_of_levels() -> None:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    file = changes.changed(changes.alice(until=at.isoformat()))
    assert announced(file.as_of(at), "pilot", Record()) == announced(file, "pilot", Record())


# By the announcer, with what it remembers.


def look(world: World, request_id: str) -> None:
    assert world.hand_in({"ends": {"cohort": "pilot", "ask": "ask"}}, request_id) == {"accepted": True}
    assert world.run() == 0


def test_the_announcer_looks_each_hour_and_tells_once(world: World) -> None:
    now = datetime.now(UTC)
    look(world, "before anything is known")
    hand_in(world, ends(now + timedelta(days=30)), "a")
    look(world, "b")
    assert receivers(world) == {ALICE: 1, BOB: 1}
    hand_in(world, ends(now + timedelta(days=2)), "c")
    for number in range(3):
        look(world, f"d{number}")
    assert receivers(world) == {ALICE: 2, BOB: 1}


def test_a_crash_between_telling_and_remembering_tells_nobody_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    hand_in(world, BASE, "a")
    real = announcer.access_notices._remember

    def crashes(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(announcer.access_notices, "_remember", crashes)
    world.hand_in({"access": ends(now + timedelta(days=2)).document()}, "b")
    with pytest.raises(KeyboardInterrupt):
        world.run()
    monkeypatch.setattr(announcer.access_notices, "_remember", real)
    assert world.run() == 0
    assert receivers(world) == {ALICE: 2, BOB: 1}


def test_a_look_that_the_queue_does_not_take_fails_so_that_it_is_made_again() -> None:
    with pytest.raises(RuntimeError):
        announcer.handler({"ends": {}}, type("Context", (), {"aws_request_id": "x"})())
