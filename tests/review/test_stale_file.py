"""An update from a file that forgets a cut on record, or that would break half-way, is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollout.access.update_warnings import changed_profiles, tokens_that_outlive
from rollout.incidents.cut_record import Record, from_outputs, joined, read
from rollout.incidents.cut_rules import advance
from rollout.incidents.stale_file import Kind, stale
from rollout.model.rollout import Rollout
from tests.review.changes import ALICE, INCIDENT, Document, alice, changed, pilot

SINCE = datetime.fromisoformat(INCIDENT["since"]).astimezone(UTC)
SOON, LATER = SINCE + timedelta(hours=1), SINCE + timedelta(days=3)
AT = SINCE.strftime("%Y-%m-%dT%H:%M:%SZ")
SUSPENDED = {"level": "suspended", "incident": INCIDENT}
RESUMED = {"level": "active", "sessions_valid_from": AT}


def record(*files: Rollout, known: Mapping[str, Sequence[str]] | None = None, now: datetime = SOON) -> Record:
    """Of one update after the other, as it is read back."""
    found = Record()
    for file in files:
        found = read(advance(found, file, known, now).document())
    return found


def without_alice(**fields: Any) -> Rollout:
    return changed(lambda document: document["cohorts"]["pilot"]["members"].pop(ALICE), pilot(**fields))


def move(document: Document) -> None:
    person = document["cohorts"]["pilot"]["members"].pop(ALICE)
    models = document["cohorts"]["pilot"]["models"]
    document["cohorts"]["other"] = {"level": "active", "models": models, "members": {ALICE: person}}


def moved(**fields: Any) -> Rollout:
    return changed(move, lambda document: document["cohorts"]["other"]["members"][ALICE].update(fields))


@pytest.mark.parametrize("level", ["suspended", "rolled_back"])
def test_a_file_from_before_the_incident_is_told_what_it_forgot(level: str) -> None:
    known = record(changed(pilot(level=level, incident=INCIDENT)))
    for active in ("active", "restricted", "throttled"):
        keys = {"level": active} if active == "active" else {"level": active, "incident": INCIDENT}
        [found] = stale(known, changed(pilot(**keys)))
        assert found.kind is Kind.FORGOTTEN
        assert found.line.startswith(f"cohorts.pilot: the stack has it at {level}, sessions from before {AT} dead")
        assert f"write `sessions_valid_from: {AT}`" in found.line
    assert not stale(known, changed(pilot(**RESUMED)))


def test_a_member_who_is_stopped_alone_is_not_forgotten_either() -> None:
    known = record(changed(alice(**SUSPENDED)))
    [found] = stale(known, changed())
    assert found.line.startswith(f"cohorts.pilot.members.{ALICE}: the stack has it at suspended")
    assert not stale(known, changed(alice(**SUSPENDED)))
    assert not stale(known, changed(alice(sessions_valid_from=AT)))
    assert stale(known, changed(pilot(**RESUMED))), "a cohort's resume is not a person's"


def test_a_cohorts_cut_by_a_copy_that_does_not_know_of_a_persons_own_does_not_end_that() -> None:
    for level in ("suspended", "rolled_back"):
        other = {**INCIDENT, "id": "INC-9"}
        known = record(changed(alice(**SUSPENDED)), changed(pilot(level=level, incident=other)))
        [found] = stale(known, changed(pilot(**RESUMED)))
        assert (found.email, found.kind) == (ALICE, Kind.FORGOTTEN)
        assert not stale(known, changed(pilot(**RESUMED), alice(sessions_valid_from=AT)))


def test_a_time_that_stood_in_the_file_when_a_cut_began_does_not_end_it() -> None:
    ahead = (SINCE + timedelta(minutes=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
    between = {"level": "active", "sessions_valid_from": ahead}
    for who in (pilot, alice):
        cut = changed(who(**SUSPENDED, sessions_valid_from=ahead))
        known = record(changed(who(**between)), cut)
        assert [each.kind for each in stale(known, changed(who(**between)))] == [Kind.FORGOTTEN]
        ended = (SINCE + timedelta(minutes=21)).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert not stale(known, changed(who(level="active", sessions_valid_from=ended)))


def test_an_incident_that_is_left_in_the_file_without_its_level_ends_nothing() -> None:
    for who in (pilot, alice):
        known = record(changed(who(**SUSPENDED)))
        assert stale(known, changed(who(incident=INCIDENT)))


def test_who_was_cut_is_looked_for_also_where_they_had_been_before() -> None:
    known = record(changed(move), changed(alice(**SUSPENDED)))
    [found] = stale(known, changed(move))
    assert (found.cohort, found.email) == ("other", ALICE)


def test_a_cohort_that_was_cut_does_not_come_back_under_another_name() -> None:
    def renamed(document: Document) -> None:
        document["cohorts"]["early"] = {**document["cohorts"].pop("pilot"), "level": "active"}
        document["logs"] = {"retired": ["pilot"]}

    known = record(changed(pilot(**SUSPENDED)))
    found = stale(known, changed(renamed))
    assert found
    assert {each.cohort for each in found} == {"early"}
    assert f"cohorts.early.members.{ALICE}: the stack has cohort pilot, where they were, at suspended" in found[0].line
    [one] = stale(known, changed(pilot(**SUSPENDED), move))
    assert (one.cohort, one.email) == ("other", ALICE)
    before = record(changed(), changed(move), changed(move, pilot(**SUSPENDED)))
    assert not stale(before, changed(move, pilot(**SUSPENDED)))


def test_what_an_update_of_some_resources_only_has_left_in_the_outputs_counts() -> None:
    outputs = from_outputs(
        {"pilot": {"level": "active", "stopped": {ALICE: {"level": "suspended", "sessions_valid_from": AT}}}}
    )
    assert [each.email for each in stale(joined(record(changed()), outputs), changed())] == [ALICE]
    killed = record(changed(pilot(**SUSPENDED)), changed(pilot(**RESUMED)))
    whole = from_outputs({"pilot": {"level": "suspended", "sessions_valid_from": AT}})
    assert not stale(joined(killed, whole), changed(pilot(**RESUMED))), "a resume that was killed goes on"
    assert [each.kind for each in stale(joined(record(changed()), whole), changed())] == [Kind.FORGOTTEN]


def test_what_is_forgotten_is_found_whatever_the_order_of_the_cohorts() -> None:
    alone = record(changed(alice(**SUSPENDED)))
    [found] = stale(alone, moved())
    assert (found.cohort, found.email) == ("other", ALICE)
    assert not stale(alone, moved(**SUSPENDED))
    for order in (sorted, lambda names: sorted(names, reverse=True)):
        both = moved(level="active").model_copy()
        cohorts = {name: both.cohorts[name] for name in order(both.cohorts)}
        assert [each.cohort for each in stale(alone, both.model_copy(update={"cohorts": cohorts}))] == ["other"]


def test_who_was_stopped_and_is_taken_out_is_no_mistake_since_they_stay_denied() -> None:
    assert not stale(record(changed(alice(**SUSPENDED))), without_alice())


def test_whoever_takes_access_away_is_never_kept_from_it() -> None:
    known = record(changed(pilot(**SUSPENDED)))
    earlier = {**INCIDENT, "since": (SINCE - timedelta(days=1)).isoformat()}
    for keys in ({"level": "suspended", "incident": earlier}, {"level": "rolled_back", "incident": earlier}):
        assert not stale(known, changed(pilot(**keys)))


def test_an_incident_does_not_begin_later_than_was_said() -> None:
    later = {**INCIDENT, "since": (SINCE + timedelta(minutes=5)).isoformat()}
    for before, after in (
        (pilot(**SUSPENDED), pilot(level="rolled_back", incident=later)),
        (alice(**SUSPENDED), alice(level="suspended", incident=later)),
    ):
        [found] = stale(record(changed(before)), changed(after))
        assert found.kind is Kind.SINCE_MOVED
        assert f"{INCIDENT['id']} began at {AT} on record" in found.line


def test_a_deployed_cohort_is_not_taken_out_while_its_logs_would_keep_it() -> None:
    def gone(document: Document) -> None:
        del document["cohorts"]

    def retired(document: Document) -> None:
        del document["cohorts"]
        document["logs"] = {"retired": ["pilot"]}

    known = record(changed())
    for file, said in ((changed(gone), "not in this file"), (changed(pilot(level="planned")), "planned in this file")):
        [found] = stale(known, file)
        assert found.kind is Kind.LOGS_NOT_RETIRED
        assert found.line.startswith(f"cohorts.pilot: deployed, and {said}")
        assert "logs: {retired: [pilot]}" in found.line
    assert not stale(known, changed(retired))


def test_a_cut_cohort_that_was_taken_out_does_not_come_back_unasked() -> None:
    def retired(document: Document) -> None:
        del document["cohorts"]
        document["logs"] = {"retired": ["pilot"]}

    known = record(changed(pilot(**SUSPENDED)), changed(retired))
    [found] = stale(known, changed())
    assert found.kind is Kind.FORGOTTEN
    assert not stale(known, changed(pilot(**RESUMED)))


def test_a_stack_that_was_never_updated_has_nothing_on_record() -> None:
    assert not stale(Record(), changed(pilot(**RESUMED)))


def test_what_a_stack_says_that_was_deployed_before_there_was_a_record_counts() -> None:
    outputs = {
        "pilot": {
            "level": "active",
            "members": [ALICE],
            "stopped": {ALICE: {"level": "suspended", "sessions_valid_from": SINCE.isoformat()}},
        },
        "other": {"level": "suspended", "sessions_valid_from": SINCE.isoformat(), "members": []},
    }
    found = stale(from_outputs(outputs), changed())
    assert [(each.cohort, each.email, each.kind) for each in found] == [
        ("other", None, Kind.LOGS_NOT_RETIRED),
        ("pilot", ALICE, Kind.FORGOTTEN),
    ]


def test_a_change_that_breaks_clients_names_the_profiles_it_changes() -> None:
    def newer(document: Document) -> None:
        document["models"]["sonnet"]["source"] = "global.anthropic.claude-sonnet-5"
        document["cohorts"]["pilot"]["models"] = ["sonnet"]

    before = record(changed())
    after = changed(newer)
    lines = changed_profiles(before, after, advance(before, after, None, LATER))
    assert [line.partition(";")[0] for line in lines] == [
        "cohorts.pilot: the profile of haiku is deleted",
        "cohorts.pilot: the profile of sonnet gets a new ARN",
    ]
    assert not changed_profiles(before, changed(), advance(before, changed(), None, LATER))


def test_under_oidc_a_resume_says_what_a_token_from_before_buys() -> None:
    def oidc(document: Document) -> None:
        document["federation"] = "oidc"

    before = record(changed(pilot(**SUSPENDED), oidc))
    [line] = tokens_that_outlive(before, changed(pilot(**RESUMED), oidc))
    assert line.startswith("cohorts.pilot: an ID token that Okta issued before the suspension buys a new session")
    alone = record(changed(alice(**SUSPENDED), oidc))
    [line] = tokens_that_outlive(alone, changed(alice(sessions_valid_from=AT), oidc))
    assert line.startswith(f"cohorts.pilot.members.{ALICE}: an ID token")
    assert not tokens_that_outlive(before, changed(pilot(**SUSPENDED), oidc))
    assert not tokens_that_outlive(record(changed(pilot(**SUSPENDED))), changed(pilot(**RESUMED)))
