"""Whom `rollout cut` denies stays denied wherever an edit of the file puts them, whatever else that edit changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from rollout import names
from rollout.incidents.cut_record import Record
from rollout.incidents.cut_rules import advance
from rollout.incidents.cuts import Word, cut_and_moved, words_of_cuts
from rollout.incidents.named_stops import named_stops
from rollout.incidents.stale_file import stale
from rollout.model.rollout import Rollout
from rollout.stack_file.load import load
from tests import stacks

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
ALICE, RENAMED, ZOE = "alice.chen@acme.example", "a.chen@acme.example", "zoe.berg@acme.example"
LOGIN = "achen"
INCIDENT = {"id": "INC-1", "since": "2026-11-28T10:00:00Z", "reason": "because"}
KNOWN = {ALICE: [LOGIN], RENAMED: [LOGIN]}


def file(alice: str | None = None, **said: Any) -> Rollout:
    """With Alice in pilot, or in `second`, under this address. `said`: of `second`; `of_alice` of her."""
    document = stacks.small()
    member = {"name": "Zoe Berg", "team": "platform"}
    document["cohorts"]["second"] = {"level": "active", "models": ["haiku"], "members": {ZOE: member}}
    of_alice = said.pop("of_alice", {})
    if alice:
        moved = document["cohorts"]["pilot"]["members"].pop(ALICE)
        document["cohorts"]["second"]["members"][alice] = {**moved, **of_alice}
    document["cohorts"]["second"].update(said)
    return load(stacks.config(document), stacks.COMPANY, NOW + timedelta(hours=2))


def update(before: Record, rollout: Rollout, now: datetime, policy: str) -> tuple[Record, list[Word]]:
    """As the program does it, with this policy on the role of pilot."""
    cuts = {"pilot": [policy]}
    record = advance(before, rollout, KNOWN, now)
    moved = cut_and_moved(rollout, cuts, before, record)
    if moved:
        record = advance(before, rollout, KNOWN, now, moved)
    return record, list(words_of_cuts(rollout, cuts, record, moved))


def before() -> Record:
    return advance(Record(), file(), KNOWN, NOW - timedelta(days=2))


def test_whose_address_changes_with_the_move_is_the_same_person_by_their_login() -> None:
    for policy in (names.cut_policy(ALICE), names.cut_policy(LOGIN), names.CUT_POLICY):
        rollout = file(RENAMED)
        record, words = update(before(), rollout, NOW, policy)
        assert {RENAMED, LOGIN} <= named_stops(record, rollout, "second").suspended, policy
        assert ZOE not in named_stops(record, rollout, "second").suspended
        assert any(word.behind and RENAMED in word.line for word in words)
        assert not any("is no member" in word.line for word in words)


def test_an_older_word_of_an_incident_does_not_count_under_a_new_address_either() -> None:
    old = {"sessions_valid_from": "2026-11-20T00:00:00Z"}
    document = stacks.small()
    document["cohorts"]["pilot"]["members"][ALICE].update(old)
    first = advance(Record(), load(stacks.config(document), stacks.COMPANY, NOW), KNOWN, NOW - timedelta(days=2))
    for said, denied in (("2026-11-20T00:00:00Z", True), ("2026-11-29T08:00:00Z", False)):
        record, _ = update(first, file(RENAMED, of_alice={"sessions_valid_from": said}), NOW, names.cut_policy(ALICE))
        assert record.cohorts["second"].people[RENAMED].is_cut is denied


def test_who_was_cut_with_their_cohort_and_moved_into_a_suspended_one_is_denied_once_that_is_resumed() -> None:
    for policy in (names.CUT_POLICY, names.cut_policy(ALICE)):
        suspended = file(ALICE, level="suspended", incident=INCIDENT)
        first, words = update(before(), suspended, NOW, policy)
        assert not any(word.behind for word in words if ALICE in word.line), "the file has them cut"
        again, _ = update(first, suspended, NOW + timedelta(minutes=1), policy)
        assert again == first
        assert stale(again, suspended) == []
        resumed = file(ALICE, sessions_valid_from="2026-11-29T09:30:00Z")
        record, _ = update(again, resumed, NOW + timedelta(minutes=40), policy)
        assert ALICE in named_stops(record, resumed, "second").suspended
        assert ZOE not in named_stops(record, resumed, "second").suspended
        back = file(ALICE, of_alice={"sessions_valid_from": "2026-11-29T10:00:00Z"})
        record, _ = update(record, back, NOW + timedelta(minutes=70), policy)
        assert not record.cohorts["second"].people[ALICE].is_cut
        assert ALICE not in named_stops(record, back, "second").suspended


def test_who_had_left_before_their_old_cohort_was_cut_is_not_denied_with_it() -> None:
    suspended = file(ALICE, level="suspended", incident=INCIDENT)
    first, _ = update(before(), suspended, NOW, "invoke")
    record, _ = update(first, suspended, NOW + timedelta(minutes=1), names.CUT_POLICY)
    assert not record.cohorts["second"].people[ALICE].is_cut
