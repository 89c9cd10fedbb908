"""How the record of cuts goes on from one update to the next (`rollout.incidents.cut_rules`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollout.incidents.cut_record import Record, read
from rollout.incidents.cut_rules import NAMES_KEPT, advance
from rollout.incidents.named_stops import named_stops
from rollout.incidents.pruned import LONGEST_SESSION
from rollout.incidents.stale_file import Kind, stale
from rollout.model.rollout import Rollout
from rollout.notices.announcer_input import announced
from tests.review.changes import ALICE, INCIDENT, Document, alice, changed, pilot

SINCE = datetime.fromisoformat(INCIDENT["since"]).astimezone(UTC)
THEN, NOW = SINCE + timedelta(minutes=30), SINCE + timedelta(hours=1)
AT = SINCE.strftime("%Y-%m-%dT%H:%M:%SZ")
SUSPENDED: Document = {"level": "suspended", "incident": INCIDENT}
KNOWN = {ALICE: ("achen@acme.example",)}


def after(
    before: Record, file: Rollout, known: Mapping[str, Sequence[str]] | None = KNOWN, now: datetime = NOW
) -> Record:
    """One update on, as the next reads it back."""
    return read(advance(before, file, known, now).document())


def stopped(record: Record, file: Rollout, cohort: str = "pilot") -> frozenset[str]:
    return named_stops(record, file, cohort).suspended


def without_alice(document: Document) -> None:
    del document["cohorts"]["pilot"]["members"][ALICE]


def moved(document: Document) -> None:
    person = document["cohorts"]["pilot"]["members"].pop(ALICE)
    models = document["cohorts"]["pilot"]["models"]
    document["cohorts"]["other"] = {"level": "active", "models": models, "members": {ALICE: person}}


def test_the_same_file_again_changes_nothing_however_late_it_is() -> None:
    for file in (
        changed(),
        changed(alice(**SUSPENDED)),
        changed(pilot(**SUSPENDED)),
        changed(pilot(sessions_valid_from=AT)),
    ):
        first = after(Record(), file)
        assert after(first, file, now=NOW + timedelta(days=90)) == first


@pytest.mark.parametrize("known", [None, {}, {ALICE: ("renamed@acme.example",)}])
def test_names_only_grow_while_okta_is_silent_the_account_is_gone_or_the_login_is_another(
    known: Mapping[str, Sequence[str]] | None,
) -> None:
    seen = after(Record(), changed())
    cut = changed(alice(**SUSPENDED))
    names = stopped(after(seen, cut, known), cut)
    assert names >= {ALICE, "achen@acme.example"}
    assert names - {ALICE, "achen@acme.example"} == set((known or {}).get(ALICE, ()))


def test_of_somebody_who_is_not_stopped_only_so_many_names_are_kept() -> None:
    record = Record()
    for number in range(NAMES_KEPT + 5):
        record = after(record, changed(), {ALICE: (f"a{number}@acme.example",)})
    assert len(record.names(ALICE)) == 1 + NAMES_KEPT
    assert record.names(ALICE)[-1] == f"a{NAMES_KEPT + 4}@acme.example"


@pytest.mark.parametrize("level", ["active", "restricted", "throttled"])
@pytest.mark.parametrize("who", [pilot, alice])
def test_what_ends_a_suspension_ends_it_at_its_own_time_whatever_time_the_file_says(level: str, who: Any) -> None:
    ended = {"level": level, "sessions_valid_from": AT, **({} if level == "active" else {"incident": INCIDENT})}
    record = after(after(Record(), changed(who(**SUSPENDED)), now=THEN), changed(who(**ended)))
    cohort = record.cohorts["pilot"]
    assert (cohort.dead_before if who is pilot else cohort.people[ALICE].dead_before) == NOW
    again = after(record, changed(who(**ended)), now=NOW + timedelta(days=1))
    assert again == record


def test_a_resume_within_a_second_is_dated_to_the_next_one() -> None:
    record = after(Record(), changed(pilot(**SUSPENDED)), now=THEN)
    resumed = after(record, changed(pilot(sessions_valid_from=AT)), now=NOW + timedelta(milliseconds=1))
    assert resumed.cohorts["pilot"].dead_before == NOW + timedelta(seconds=1)


def test_the_time_on_record_is_never_lowered() -> None:
    resumed = changed(pilot(sessions_valid_from=AT))
    record = after(after(Record(), changed(pilot(**SUSPENDED))), resumed)
    assert after(record, changed(), now=NOW + timedelta(hours=1)).cohorts["pilot"].dead_before == NOW


def test_an_escalation_of_the_same_incident_keeps_its_first_since_and_an_earlier_one_is_believed() -> None:
    later = {**INCIDENT, "since": (SINCE + timedelta(minutes=9)).isoformat()}
    earlier = {**INCIDENT, "since": (SINCE - timedelta(minutes=9)).isoformat()}
    record = after(Record(), changed(pilot(**SUSPENDED)))
    assert after(record, changed(pilot(level="rolled_back", incident=later))).cohorts["pilot"].since == SINCE
    moved_back = after(record, changed(pilot(level="suspended", incident=earlier))).cohorts["pilot"]
    assert moved_back.since == SINCE - timedelta(minutes=9)
    assert moved_back.dead_before == SINCE


@pytest.mark.parametrize("first", [{}, SUSPENDED])
def test_who_is_taken_out_stays_denied_by_themselves_until_no_session_of_theirs_can_live(first: Document) -> None:
    gone = changed(without_alice)
    record = after(after(Record(), changed(alice(**first))), gone)
    assert stopped(record, gone) == {ALICE, "achen@acme.example"}
    late = NOW + LONGEST_SESSION + timedelta(minutes=1)
    assert after(record, gone, now=late) == record
    other = changed(without_alice, pilot(level="restricted", incident=INCIDENT))
    tidied = stopped(after(record, other, now=late), other)
    assert tidied == (stopped(record, gone) if first else frozenset())


def test_who_left_while_they_were_suspended_does_not_come_back_unasked_however_late() -> None:
    record = after(after(Record(), changed(alice(**SUSPENDED))), changed(without_alice), now=THEN)
    other = changed(without_alice, pilot(level="restricted", incident=INCIDENT))
    late = after(record, other, now=NOW + timedelta(days=30))
    [found] = stale(late, changed())
    assert (found.email, found.kind) == (ALICE, Kind.FORGOTTEN)
    assert not stale(late, changed(alice(sessions_valid_from=AT)))


def test_a_cut_that_ended_in_another_cohort_is_not_asked_for_again_in_a_third() -> None:
    def at(cohort: str, **person: Any) -> Rollout:
        def move(document: Document) -> None:
            moved(document)
            members = document["cohorts"]["other"].pop("members")
            members[ALICE] |= person
            document["cohorts"]["third"] = {**document["cohorts"]["other"], "members": {}}
            document["cohorts"]["other"]["members"] = {}
            document["cohorts"][cohort]["members"] = members

        return changed(move)

    record = after(Record(), changed(alice(**SUSPENDED)), now=THEN)
    for file in (at("other", **SUSPENDED), at("other", sessions_valid_from=AT), at("third")):
        assert not stale(record, file)
        record = after(record, file)


def test_who_comes_back_signs_in_anew() -> None:
    record = after(after(Record(), changed()), changed(without_alice), now=THEN)
    back = changed()
    returned = after(record, back)
    stops = named_stops(returned, back, "pilot")
    assert not stops.suspended
    assert stops.dead_before == {ALICE: NOW, "achen@acme.example": NOW}


def test_who_comes_back_to_another_cohort_finds_no_old_session_alive_in_the_first() -> None:
    record = after(after(Record(), changed()), changed(without_alice), now=THEN)
    elsewhere = changed(moved)
    assert named_stops(after(record, elsewhere), elsewhere, "pilot").dead_before[ALICE] == NOW


def test_who_moves_keeps_their_session_and_is_stopped_there_too_once_they_are_stopped() -> None:
    record = after(after(Record(), changed()), changed(moved))
    assert not stopped(record, changed(moved))

    def cut(document: Document) -> None:
        moved(document)
        document["cohorts"]["other"]["members"][ALICE] |= SUSPENDED

    assert stopped(after(record, changed(cut)), changed(cut)) == {ALICE, "achen@acme.example"}


def test_who_moves_stays_in_the_umbrella_group_by_both_cohorts_and_leaves_it_by_both() -> None:
    record = after(after(Record(), changed()), changed(moved))
    assert ALICE in record.cohorts["pilot"].umbrella
    assert record.cohorts["other"].umbrella == (ALICE,)

    def cut(document: Document) -> None:
        moved(document)
        document["cohorts"]["other"]["members"][ALICE] |= SUSPENDED

    left = after(record, changed(cut))
    assert not [name for name, cohort in left.cohorts.items() if ALICE in cohort.umbrella]


def test_while_okta_is_silent_nobody_is_said_to_be_let_in_or_out() -> None:
    record = after(Record(), changed())
    cut = after(record, changed(pilot(**SUSPENDED)), known=None)
    assert cut.cohorts["pilot"].umbrella == record.cohorts["pilot"].umbrella


def test_a_member_suspended_alone_stays_named_through_the_cohorts_own_suspension() -> None:
    both = changed(pilot(**SUSPENDED), alice(**SUSPENDED))
    alone = changed(pilot(sessions_valid_from=AT), alice(**SUSPENDED))
    record = after(Record(), changed(alice(**SUSPENDED)))
    for file in (both, alone):
        record = after(record, file)
        assert stopped(record, file) == {ALICE, "achen@acme.example"}


def test_who_left_is_said_to_be_removed_and_nobody_else_is() -> None:
    gone = changed(without_alice)
    record = after(after(Record(), changed(alice(**SUSPENDED))), gone)
    assert announced(gone, "pilot", record)["removed"] == [ALICE]
    assert "removed" not in announced(changed(moved), "pilot", after(after(Record(), changed()), changed(moved)))


def test_a_record_of_a_newer_form_is_not_read_as_an_empty_one() -> None:
    with pytest.raises(ValueError, match="has form 2, and this program knows 1"):
        read({"form": 2, "cohorts": {}})


def test_who_moves_can_be_stopped_for_what_they_spend_on_the_role_of_before_too() -> None:
    def stops(document: Document) -> None:
        document["budgets"] = {**document.get("budgets", {}), "user_daily_stop_usd": 60}

    record = after(after(Record(), changed(stops)), changed(stops, moved))
    for cohort in ("pilot", "other"):
        assert {ALICE, "achen@acme.example"} <= {one for shard in record.cohorts[cohort].quota_shards for one in shard}
    gone = after(record, changed(stops, without_alice))
    assert ALICE not in {one for shard in gone.cohorts["pilot"].quota_shards for one in shard}  # stopped by name
