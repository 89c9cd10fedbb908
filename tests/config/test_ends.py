"""Access with an end in a stack file, and what the record makes of it from one update to the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rollout.access.ends import ends_document
from rollout.access.residual import IAM_SECONDS_AFTER_END
from rollout.iam_limits import INLINE_CHARACTERS, characters
from rollout.incidents.cut_record import Record
from rollout.incidents.ends import Ends, ends, still_in_okta
from rollout.incidents.named_stops import homes_of
from rollout.incidents.stale_file import Kind, stale
from rollout.model.errors import StackFileError
from rollout.model.rollout import Rollout
from rollout.stack_file.assessment import advice_lines, judgement
from rollout.stack_file.load import validate
from tests import stacks
from tests.config.ends import AGAIN, DAY, EARLIER, END, LATER, NOW, SAID, after, end_on_record, loaded, until
from tests.review.changes import ALICE, GRACE, Document, alice, changed, pilot


@pytest.mark.parametrize(
    ("written", "end"),
    [
        (DAY, END),
        ("2028-02-28", datetime(2028, 2, 29, tzinfo=UTC)),
        ("2027-01-01T00:00:00Z", END),
        ("2026-12-31T17:00:00+01:00", datetime(2026, 12, 31, 16, tzinfo=UTC)),
        ("2026-12-31 17:00:00 +0100 +0100", datetime(2026, 12, 31, 16, tzinfo=UTC)),
        ("2026-12-31T16:00:00.9Z", datetime(2026, 12, 31, 16, tzinfo=UTC)),
    ],
)
def test_a_day_counts_whole_in_utc_and_a_time_is_to_the_second(written: str, end: datetime) -> None:
    assert until(written) == end


def test_a_day_without_quotes_is_refused_since_the_engine_makes_midnight_of_it() -> None:
    """Engine 3.258 hands on `until: 2026-12-31` and `until: 2026-12-31T00:00:00Z` as the same text."""
    for written in (
        "2026-12-31 00:00:00 +0000 UTC",
        datetime(2026, 12, 31, tzinfo=UTC),
        END.date() - timedelta(days=1),
    ):
        with pytest.raises(StackFileError) as refused:
            until(written)
        [line] = refused.value.lines
        assert line.startswith(f"cohorts.pilot.members.{ALICE}.until: a day without quotes")
        assert '"2026-12-31" in quotes for the whole of that day, or "2026-12-31T00:00:00Z" to end as it begins' in line


@pytest.mark.parametrize("written", ["soon", "31.12.2026", "2026-12-31T17:00:00", "9999-12-31", "2026-02-30", "-"])
def test_what_is_no_end_is_refused(written: str) -> None:
    with pytest.raises(StackFileError, match="not a day or a time with its zone"):
        until(written)


def test_who_has_ended_may_not_sign_in_from_that_second_on() -> None:
    ways: list[Document] = [
        {"until": DAY},
        {"cohort": {"until": DAY}, "until": LATER},
        {"cohort": {"until": LATER}, "until": DAY},
    ]
    for how in ways:
        before, then = (loaded(END - timedelta(seconds=1), **how), loaded(END, **how))
        assert ALICE in before.cohorts["pilot"].signed_in
        assert ALICE not in then.cohorts["pilot"].signed_in
        assert then.cohorts["pilot"].ended[0] == ALICE
    assert loaded(END, cohort={"until": DAY}).cohorts["pilot"].signed_in == ()
    assert loaded(END, until=DAY).cohorts["pilot"].signed_in == (GRACE,)


def test_a_roster_has_a_column_for_it_and_the_stack_file_stands_above(tmp_path: Path) -> None:
    (tmp_path / "rosters").mkdir()
    text = f"name,email,team,until\nAlice,{ALICE},backend,{DAY}\nGrace,{GRACE},platform,n/a\n"
    (tmp_path / "rosters" / "pilot.csv").write_text(text, encoding="utf-8")
    document = stacks.small()
    document["cohorts"]["pilot"] |= {"roster": "rosters/pilot.csv", "members": {}}
    members = validate(document, tmp_path, NOW).cohorts["pilot"].members
    assert {email: member.until for email, member in members.items()} == {ALICE: END, GRACE: None}
    document["cohorts"]["pilot"]["members"] = {ALICE: {"until": LATER, "extended": SAID}}
    assert validate(document, tmp_path, NOW).cohorts["pilot"].members[ALICE].until == datetime(2027, 4, 1, tzinfo=UTC)


def test_an_end_that_passes_changes_no_record_but_who_is_in_okta() -> None:
    how: Document = {"cohort": {"until": LATER}, "until": DAY}
    first = after(Record(), loaded(NOW, **how))
    assert after(first, loaded(END - timedelta(seconds=1), **how)) == first
    then = after(first, loaded(END, **how))
    assert then.cohorts["pilot"].umbrella == (GRACE,)
    assert ends(then, {}, "pilot") == ends(first, {}, "pilot")
    [line] = still_in_okta(first, loaded(END, **how))
    assert line.startswith(f"cohorts.pilot.members.{ALICE}: access ended 2027-01-01 00:00:00 UTC, and AWS denies")
    assert list(still_in_okta(then, loaded(END, **how))) == []


def test_every_name_of_a_session_ends_and_of_one_that_two_people_have_the_earlier() -> None:
    known = {ALICE: ("a.chen@acme.example", ALICE), GRACE: ("shared@acme.example", "a*")}
    found = ends(after(Record(), changed(alice(until=DAY)), known=known), {}, "pilot")
    assert set(found.sessions) == {ALICE, "a.chen@acme.example"}
    both = {ALICE: ("shared@acme.example",), GRACE: ("shared@acme.example",)}
    grace = pilot(members={email: {"name": "x", "team": "backend", "until": DAY} for email in (ALICE, GRACE)})
    file = changed(grace, alice(until=EARLIER))
    assert ends(after(Record(), file, known=both), {}, "pilot").sessions["shared@acme.example"] < END


FORGETS: dict[str, tuple[Document, Document]] = {
    "from before the end was agreed": ({"until": DAY}, {}),
    "from before it was shortened": ({"until": DAY}, {"until": LATER}),
    "from before it was shortened again": ({"until": DAY, "extended": SAID}, {"until": LATER, "extended": SAID}),
    "that took it away before it was agreed anew": ({"until": DAY, "extended": SAID}, {"extended": SAID}),
}


@pytest.mark.parametrize(("newest", "copy"), FORGETS.values(), ids=FORGETS)
@pytest.mark.parametrize("of", [alice, pilot])
def test_a_copy_is_refused_and_gives_nothing_back(of: Any, newest: Document, copy: Document) -> None:
    record = after(Record(), changed(of(**newest)))
    [found] = stale(record, changed(of(**copy)))
    assert found.kind is Kind.END_FORGOTTEN
    whom = ALICE if of is alice else "pilot"
    place = f"cohorts.pilot{f'.members.{ALICE}' if of is alice else ''}.until"
    assert found.line.startswith(f"{place}: the stack has it end at 2027-01-01T00:00:00Z, and this file")
    assert f"`rollout set-until {whom}`, which writes `extended:`" in found.line
    kept = after(record, changed(of(**copy)))
    assert ends(kept, {}, "pilot") == ends(record, {}, "pilot"), "whatever else lets the copy pass, IAM keeps the end"


def test_a_name_that_two_people_have_ends_with_the_first_of_them_whatever_room_there_is() -> None:
    people = {email: {"name": "x", "team": "backend", "until": DAY} for email in (ALICE, GRACE)}
    file = changed(pilot(members=people), alice(until=LATER))
    known = {ALICE: ("shared@acme.example",), GRACE: ("shared@acme.example", "grace@acme.example")}
    found = ends(after(Record(), file, known=known), {}, "pilot")
    assert found.newest["shared@acme.example"] == found.sessions["shared@acme.example"] == END


GOES_ON: dict[str, Document] = {
    "the same": {"until": DAY},
    "shortened": {"until": EARLIER},
    "extended": {"until": LATER, "extended": SAID},
    "taken away": {"extended": SAID},
}


@pytest.mark.parametrize("then", GOES_ON.values(), ids=GOES_ON)
@pytest.mark.parametrize("of", [alice, pilot])
def test_who_says_when_it_was_decided_may_move_it_and_earlier_always_may(of: Any, then: Document) -> None:
    record = after(Record(), changed(of(until=DAY)))
    file = changed(of(**then))
    assert stale(record, file) == []
    cohort = file.cohorts["pilot"]
    found = ends(after(record, file), {}, "pilot")
    assert (found.sessions.get(ALICE) or found.whole) == cohort.end_of(ALICE)


def test_a_cohorts_word_extends_everybody_of_it_at_once_and_a_later_shortening_holds() -> None:
    record = after(Record(), changed(alice(until=DAY)))
    longer = changed(alice(until=LATER), pilot(extended=SAID))
    assert stale(record, longer) == []
    record = after(record, longer, changed(alice(until=DAY), pilot(extended=SAID)))
    assert [each.kind for each in stale(record, longer)] == [Kind.END_FORGOTTEN]
    assert stale(record, changed(alice(until=LATER), pilot(extended=AGAIN))) == []


def test_a_word_of_before_an_end_was_written_down_moves_it_nowhere() -> None:
    """Somebody had an end and comes back with a nearer one; a copy of the first file has an `extended`, but an old
    one."""
    first = changed(alice(until=LATER, extended=SAID))
    gone = changed(lambda document: document["cohorts"]["pilot"]["members"].pop(ALICE))
    record = after(after(Record(), first, gone), changed(alice(until=DAY)), at=NOW)
    assert [each.kind for each in stale(record, first)] == [Kind.END_FORGOTTEN]
    assert "later than 2026-11-28T23:59:59Z" in stale(record, first)[0].line
    assert end_on_record(after(record, first, at=NOW)) == END
    whole = changed(pilot(extended=SAID))
    record = after(after(Record(), whole), changed(alice(until=DAY)), at=NOW)
    assert [each.kind for each in stale(record, whole)] == [Kind.END_FORGOTTEN]
    assert end_on_record(after(record, whole, at=NOW)) == END


def test_with_too_little_room_every_name_that_somebody_has_now_still_ends_in_time() -> None:
    """Okta lists accounts by login: the living one may be the first of three."""
    people = {f"p{n:02}@acme.example": {"name": "x", "team": "backend", "until": DAY} for n in range(45)}
    file = changed(pilot(members=people))
    old = {email: (f"older-{email}",) for email in people}
    known = {email: (f"a-{email}", f"z-{email}") for email in people}
    found = ends(after(after(Record(), file, known=old), file, known=known), homes_of(file), "pilot")
    assert all({email, f"a-{email}", f"z-{email}"} <= found.newest.keys() for email in people)
    assert not any(name.startswith("older-") for name in found.newest)
    silent = after(after(Record(), file, known=known), file, known=None)
    assert found.newest.keys() == ends(silent, homes_of(file), "pilot").newest.keys()


def test_a_move_keeps_the_end_and_a_move_that_drops_it_is_refused() -> None:
    record = after(Record(), changed(alice(until=DAY)))

    def moved(**fields: Any) -> Rollout:
        def move(document: Document) -> None:
            person = document["cohorts"]["pilot"]["members"].pop(ALICE)
            document["cohorts"]["other"] = {
                "level": "active",
                "models": ["haiku"],
                "members": {ALICE: {**person, **fields}},
            }

        return changed(move)

    [found] = stale(record, moved())
    assert found.line.startswith(f"cohorts.other.members.{ALICE}.until: the stack has it end at 2027-01-01")
    assert stale(record, moved(until=DAY)) == []
    for file in (moved(until=DAY), moved()):
        kept = after(record, file)
        for cohort in ("pilot", "other"):
            assert ends(kept, homes_of(file), cohort).sessions == {ALICE: END}


def test_who_was_taken_out_and_comes_back_begins_anew() -> None:
    gone = changed(lambda document: document["cohorts"]["pilot"]["members"].pop(ALICE))
    record = after(Record(), changed(alice(until=DAY)), gone)
    assert stale(record, changed()) == []
    assert end_on_record(after(record, changed())) is None


def test_more_names_than_fit_end_early_and_nobody_late() -> None:
    times = [END + timedelta(days=number) for number in range(60)]
    sessions = {f"person.number{number:03}@acme.example": at for number, at in enumerate(times)}
    document = ends_document(Ends(whole=None, sessions=sessions, newest=sessions), 3_400)
    assert document
    assert characters(document) <= INLINE_CHARACTERS - 3_400
    denied: dict[str, datetime] = {}
    for statement in document["Statement"]:
        at = datetime.fromisoformat(statement["Condition"]["DateGreaterThanEquals"]["aws:CurrentTime"])
        denied |= {name[2:]: at for name in statement["Condition"]["StringLike"]["aws:userid"]}
    assert all(denied[name] <= at for name, at in sessions.items())
    assert [denied[name] == at for name, at in sessions.items()].index(False) > 20, "who ends soonest ends in time"
    [all_of_them] = (ends_document(Ends(whole=END, sessions=sessions, newest=sessions), INLINE_CHARACTERS - 400) or {})[
        "Statement"
    ]
    assert list(all_of_them["Condition"]) == ["DateGreaterThanEquals"]


def test_too_many_ends_are_refused_before_anything_is_touched() -> None:
    people = {f"person.number{n:03}@acme.example": {"name": "x", "team": "backend", "until": DAY} for n in range(200)}
    with pytest.raises(StackFileError, match=r"200 members with an `until` of 1 times take .* the role has room for"):
        changed(pilot(members=people))


def test_check_says_when_access_ends_that_nothing_outlives_it_in_iam_and_what_is_over() -> None:
    found = judgement(loaded(END, until=DAY), END.date())
    assert found["cohorts"]["pilot"]["ends"] == {
        ALICE: {"until": END.isoformat(), "has_ended": True, "aws_seconds": IAM_SECONDS_AFTER_END}
    }
    assert f"cohorts.pilot: access of {ALICE} ended 2027-01-01 00:00:00 UTC; " in "\n".join(advice_lines(found))
    before = judgement(loaded(NOW, until=DAY), NOW.date())
    assert "access of" not in "\n".join(advice_lines(before))
    assert "ends" not in judgement(loaded(NOW), NOW.date())["cohorts"]["pilot"]


def test_an_extension_in_the_future_is_a_mistake() -> None:
    with pytest.raises(StackFileError, match=r"extended: in the future"):
        loaded(NOW, until=DAY, extended="2026-12-24T00:00:01Z")


def test_with_too_many_names_older_logins_go_first_and_nobody_ends_early() -> None:
    logins = [f"login.number{number}@acme.example" for number in range(6)]
    people = {f"person.number{n:02}@acme.example": {"name": "x", "team": "backend", "until": DAY} for n in range(60)}
    file, record = changed(pilot(members=people)), Record()
    for login in logins:
        record = after(record, file, known={email: (f"{email[:15]}.{login}",) for email in people})
    found = ends(record, {}, "pilot")
    assert len(found.sessions) == 7 * len(people)
    [statement] = (ends_document(found, 3_400) or {})["Statement"]
    named = {name[2:] for name in statement["Condition"]["StringLike"]["aws:userid"]}
    assert named == {*people, *(f"{email[:15]}.{logins[-1]}" for email in people)}
    assert statement["Condition"]["DateGreaterThanEquals"] == {"aws:CurrentTime": "2027-01-01T00:00:00Z"}
