"""Whoever keeps access beyond the end that they had is named: in the comment of a pull request, in a plan, and in a
preview of the engine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rollout.access.update_warnings import later_ends, too_large_at_once
from rollout.incidents.cut_record import Record, read
from rollout.incidents.cut_rules import advance
from rollout.model.rollout import Rollout
from rollout.review.comment import comment
from rollout.review.deployed import changes
from rollout.review.diff import Diff, diff
from tests.review.changes import ALICE, GRACE, Document, alice, changed, pilot

BEFORE, NOW = datetime(2026, 11, 19, tzinfo=UTC), datetime(2026, 11, 29, tzinfo=UTC)
END, LATER = "2026-12-31", "2027-03-31"
ENDS, ENDS_LATER = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC)
EXTENDED = "2026-11-28T12:00:00Z"


def to_wave2(**cohort: Any) -> Any:
    """Alice, by hand, with all that is said of her alone."""

    def change(document: Document) -> None:
        member = document["cohorts"]["pilot"]["members"].pop(ALICE)
        document["cohorts"]["wave2"] = {"level": "active", "models": ["haiku"], "members": {ALICE: member}, **cohort}

    return change


def on_record(file: Rollout) -> Record:
    return read(advance(Record(), file, {}, BEFORE).document())


def longer(found: Diff) -> list[tuple[str, datetime | None, datetime | None]]:
    return [(each.holder, each.before, each.after) for each in found.ends if each.is_longer]


def told(base: Rollout, head: Rollout) -> list[tuple[str, datetime | None, datetime | None]]:
    """The same by two files, by the record, and by the engine's preview."""
    by_files = longer(diff(base, head))
    record = on_record(base)
    assert longer(changes(record, head)) == by_files
    said = "\n".join(later_ends(record, head, advance(record, head, {}, NOW)))
    assert [email for email in (ALICE, GRACE) if email in said] == [email for email, *_ in by_files]
    return by_files


def test_whoever_is_moved_out_of_a_cohort_that_ends_is_named_with_the_end_they_lose() -> None:
    base = changed(pilot(until=END))
    assert told(base, changed(pilot(until=END), to_wave2())) == [(ALICE, ENDS, None)]
    assert told(base, changed(pilot(until=END), to_wave2(until=LATER))) == [(ALICE, ENDS, ENDS_LATER)]
    text = comment("dev", diff(base, changed(pilot(until=END), to_wave2())))
    assert "**1 keep access beyond its end**" in text
    assert "Access beyond its end" in text
    assert f"| 1 | `{ALICE}` | `2027-01-01T00:00:00Z` | **never** | the move from pilot to wave2 |" in text
    record = on_record(base)
    head = changed(pilot(until=END), to_wave2())
    [line] = later_ends(record, head, advance(record, head, {}, NOW))
    why = "cohorts.wave2: access beyond 2027-01-01 00:00:00 UTC, when it was to end, by the move from pilot"
    assert line == f"{why}: {ALICE}: it does not end by this file"


def test_whose_end_comes_sooner_is_named_as_well_in_words_of_less_alarm() -> None:
    base, head = changed(), changed(alice(until=END))
    for found in (diff(base, head), changes(on_record(base), head)):
        text = comment("dev", found)
        assert "1 end sooner" in text
        assert "beyond its end" not in text
        assert f"| 1 | `{ALICE}` | never | `2027-01-01T00:00:00Z` | `until` |" in text
    moved_up = comment("dev", diff(changed(alice(until=LATER)), head))
    assert f"| 1 | `{ALICE}` | `2027-04-01T00:00:00Z` | `2027-01-01T00:00:00Z` | `until` |" in moved_up


def test_a_persons_own_end_goes_along_and_is_none_of_it() -> None:
    assert told(changed(alice(until=END)), changed(alice(until=END), to_wave2())) == []
    assert told(changed(alice(until=END)), changed(alice(until=END), to_wave2(until=LATER))) == []


@pytest.mark.parametrize("who", [alice, pilot])
def test_an_extension_is_told_of_each_whom_it_reaches_and_an_earlier_end_is_not(who: Any) -> None:
    extended = changed(who(until=LATER, extended=EXTENDED))
    assert {email for email, *_ in told(changed(who(until=END)), extended)} == (
        {ALICE} if who is alice else {ALICE, GRACE}
    )
    taken_away = changed(who(extended=EXTENDED))
    assert {end for *_, end in told(changed(who(until=END)), taken_away)} == {None}
    assert told(changed(who(until=LATER)), changed(who(until=END))) == []
    assert told(changed(), changed(who(until=END))) == []


def test_where_the_record_keeps_the_earlier_end_nothing_is_said_to_be_longer() -> None:
    """A file that forgets the end is refused; IAM keeps it meanwhile."""
    record = on_record(changed(alice(until=END)))
    forgets = changed(alice(until=LATER))
    assert later_ends(record, forgets, advance(record, forgets, {}, NOW)) == []


def test_a_change_of_nothing_else_is_no_empty_change() -> None:
    found = diff(changed(pilot(until=END)), changed(pilot(until=END), to_wave2()))
    assert not Diff(ends=found.ends, before=found.before, after=found.after).is_empty


def test_models_taken_away_and_many_ends_in_one_step_are_said_before_iam_refuses_them() -> None:
    labels = [f"m{number}" for number in range(14)]
    source = "us.anthropic.claude-" + "x" * 60

    def models(document: Document) -> None:
        price = document["models"]["haiku"]
        document["models"].update({label: {**price, "source": f"{source}-{label}-v1:0"} for label in labels})

    def with_ends(document: Document) -> None:
        person = {"name": "P", "team": "backend"}
        people = {f"somebody.{n:03d}@acme.example": {**person, "until": f"2027-{1 + n % 12:02d}-10"} for n in range(18)}
        document["cohorts"]["pilot"]["members"].update(people)

    before = on_record(changed(models, pilot(models=["haiku", *labels])))
    apart = [changed(models, pilot(models=["haiku"])), changed(models, pilot(models=["haiku"]), with_ends)]
    assert too_large_at_once(before, apart[0]) == []
    assert too_large_at_once(on_record(apart[0]), apart[1]) == []
    [line] = too_large_at_once(before, apart[1])
    assert line.startswith("cohorts.pilot: IAM would refuse this in one step")
