"""What a stack file may say of levels, incidents and the people of a cohort."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rollout.levels import Level
from rollout.model.cohort import Seniority
from rollout.stack_file.load import load
from tests import stacks
from tests.config.stack_files import INCIDENT, NOW, changed, loaded, mistakes


def test_the_pilot_is_the_plans_thirteen_people_continued_to_twenty_five() -> None:
    members = load(stacks.committed("sandbox"), stacks.COMPANY, NOW).cohorts["pilot"].members
    named = (
        "Alice Chen, Bob Kim, Carlos Diaz, Diana Park, Eli Nguyen, Fiona Walsh, Grace Liu, Hiro Tanaka, Ivan Petrov, "
    )
    named += "Julia Santos, Kevin Okafor, Lena Ivanova, Misha Huang"
    assert set(named.split(", ")) <= {member.name for member in members.values()}
    assert len(members) == 25


def test_the_pilot_has_the_plans_mitigations() -> None:
    members = load(stacks.committed("sandbox"), stacks.COMPANY, NOW).cohorts["pilot"].members.values()
    of = [member.seniority for member in members]
    assert of.count(Seniority.SENIOR) == 15  # about 60 %
    assert 2 <= of.count(Seniority.JUNIOR) <= 3
    for team in {member.team for member in members}:
        assert sum(member.champion for member in members if member.team == team) == 2


def test_an_incident_in_the_future_is_refused() -> None:
    document = changed("suspended", "cohorts", "pilot", "level")
    document["cohorts"]["pilot"]["incident"] = {**INCIDENT, "since": "2026-11-23T13:00:00Z"}
    assert mistakes(document) == [
        "cohorts.pilot.incident.since: in the future: 2026-11-23T13:00:00+00:00; it is 2026-11-23T12:00:00Z now"
    ]


@pytest.mark.parametrize(
    "since", ["2026-11-23T11:00:00Z", "2026-11-23 11:00:00 +0000 UTC", "2026-11-23T12:00:00+01:00"]
)
def test_a_time_is_understood_as_people_and_the_engine_write_it(since: str) -> None:
    document = changed("suspended", "cohorts", "pilot", "level")
    document["cohorts"]["pilot"]["incident"] = {**INCIDENT, "since": since}
    incident = loaded(document).cohorts["pilot"].incident
    assert incident is not None
    assert incident.since == datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@pytest.mark.parametrize("since", ["yesterday", "2026-11-23", "2026-11-23T11:00:00", 7])
def test_a_time_without_a_zone_or_sense_is_refused(since: object) -> None:
    document = changed("suspended", "cohorts", "pilot", "level")
    document["cohorts"]["pilot"]["incident"] = {**INCIDENT, "since": since}
    [line] = mistakes(document)
    assert line.startswith("cohorts.pilot.incident.since: no")
    assert line.endswith("Write it as 2026-11-23T14:05:00Z")


def test_a_member_can_be_suspended_alone() -> None:
    document = stacks.small()
    document["cohorts"]["pilot"]["members"]["alice.chen@acme.example"].update(level="suspended", incident=INCIDENT)
    pilot = loaded(document).cohorts["pilot"]
    assert pilot.level_of("alice.chen@acme.example") is Level.SUSPENDED
    assert pilot.signed_in == ("grace.liu@acme.example",)


@pytest.mark.parametrize("kept", ["2026-11-23T10:00:00Z", "2026-11-23T11:30:00Z"])
def test_of_an_incident_and_the_one_before_it_the_later_time_counts(kept: str) -> None:
    document = stacks.small()
    times = {"incident": INCIDENT, "sessions_valid_from": kept}
    document["cohorts"]["pilot"] |= times
    document["cohorts"]["pilot"]["members"]["alice.chen@acme.example"] |= times
    pilot = loaded(document).cohorts["pilot"]
    later = max(datetime.fromisoformat(INCIDENT["since"]), datetime.fromisoformat(kept))
    assert pilot.valid_from() == pilot.member_valid_from("alice.chen@acme.example") == later


def test_a_member_cannot_keep_more_than_the_cohort() -> None:
    document = changed("suspended", "cohorts", "pilot", "level")
    document["cohorts"]["pilot"]["incident"] = INCIDENT
    document["cohorts"]["pilot"]["members"]["alice.chen@acme.example"]["level"] = "active"
    assert mistakes(document) == [
        (
            "cohorts.pilot.members.alice.chen@acme.example.level: active is below the cohort's suspended; "
            "a member's own level can only take away more"
        )
    ]


@pytest.mark.parametrize("own", ["restricted", "throttled", "suspended"])
def test_a_members_own_cut_stays_in_the_file_while_the_cohort_is_cut_deeper(own: str) -> None:
    document = changed("rolled_back", "cohorts", "pilot", "level")
    document["cohorts"]["pilot"]["incident"] = INCIDENT
    theirs = {"level": own, "incident": {**INCIDENT, "id": "INC-9"}}
    document["cohorts"]["pilot"]["members"]["alice.chen@acme.example"].update(theirs)
    pilot = loaded(document).cohorts["pilot"]
    assert pilot.level_of("alice.chen@acme.example").value == "rolled_back"
    kept = pilot.members["alice.chen@acme.example"].incident
    assert kept is not None
    assert kept.id == "INC-9"


def test_a_person_is_in_one_cohort_with_access_at_a_time() -> None:
    document = stacks.small()
    document["cohorts"]["wave2"] = {**document["cohorts"]["pilot"], "level": "planned"}
    loaded(document)
    document["cohorts"]["wave2"] = {**document["cohorts"]["pilot"], "level": "active"}
    assert mistakes(document)[0] == (
        "cohorts.wave2.members.alice.chen@acme.example: already in cohort pilot; "
        "a person is in one cohort with access at a time"
    )


def test_addresses_are_the_same_person_whatever_their_case() -> None:
    document = stacks.small()
    members = document["cohorts"]["pilot"]["members"]
    members["Alice.Chen@ACME.example"] = members["alice.chen@acme.example"]
    assert mistakes(document) == [
        "cohorts.pilot.members.Alice.Chen@ACME.example: there twice, but for upper and lower case"
    ]


@pytest.mark.parametrize(
    "rule", ["Bash(git push *)", "Read(//**/.env)", "WebFetch", "mcp__github__create_pr", "Bash(git -C * push)"]
)
def test_an_incident_can_deny_more_in_claude_code(rule: str) -> None:
    document = stacks.small()
    incident = {"id": "INC-7", "since": "2026-11-22T11:00:00Z", "reason": "key in a commit", "deny": [rule]}
    document["cohorts"]["pilot"].update(level="restricted", incident=incident)
    loaded = load(stacks.config(document), stacks.COMPANY, NOW).cohorts["pilot"].incident
    assert loaded
    assert loaded.deny == (rule,)


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "git push",
        "Bash(",
        "Bash()",
        "Bash(a)\nb",
        "x" * 400,
        "bash(git push)",
        "Bash(echo a(b)c)",
        "Bash(echo $USERNAME)",
        "Bash(ls )",
    ],
)
def test_what_is_no_permission_rule_is_refused(rule: str) -> None:
    document = stacks.small()
    incident = {"id": "INC-7", "since": "2026-11-22T11:00:00Z", "reason": "key in a commit", "deny": [rule, "Bash(x)"]}
    document["cohorts"]["pilot"].update(level="restricted", incident=incident)
    [line] = mistakes(document)
    assert line.startswith("cohorts.pilot.incident.deny.0: not a permission rule")


def test_a_throttled_cohort_too_large_for_a_roles_policies_is_refused() -> None:
    longest = "@" + "d" * 40 + ".example"
    people = {f"{number:015}{longest}": {"name": "x", "team": "backend"} for number in range(721)}
    document = changed(people, "cohorts", "pilot", "members")
    assert loaded(document)
    document["cohorts"]["pilot"].update(level="throttled", incident=INCIDENT)
    [line] = mistakes(document)
    assert "721 members throttled, whose daily tokens take 11 IAM policies to watch over" in line
    assert line.endswith("the role has room for 10: split it, or suspend it")
