"""A stack file edited by a command keeps what a person wrote in it."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.live.stack import CommandError
from cli.stack_file import edits
from cli.stack_file.files import UNREAD, readable
from cli.stack_file.roster_file import with_person, without_person
from cli.stack_file.yaml_text import edited
from rollout.levels import Level
from rollout.stack_file.load import SECRETS, load
from tests.sampling import fewer
from tests.stacks import COMMITTED, COMPANY

ALICE, HIRO = "alice.chen@acme.example", "hiro.tanaka@acme.example"
INCIDENT = {"id": "INC-7", "since": "2026-11-23T14:05:00Z", "reason": "a key: was leaked"}
OTHER = {"id": "INC-8", "reason": "another"}
LOGS, COHORTS = "claude-code-rollout:logs", "claude-code-rollout:cohorts"


def text_of(stack: str) -> str:
    return (COMPANY / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")


def changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """(lines that went, lines that came)."""
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))[2:]
    gone, come = ([line[1:].strip() for line in lines if line.startswith(sign)] for sign in "-+")
    return gone, come


def judged(text: str) -> Any:
    return load(readable(yaml.safe_load(text)["config"]), COMPANY, datetime.now(UTC))


def test_every_secret_of_a_stack_file_is_taken_for_what_it_is_without_being_read() -> None:
    assert set(UNREAD) == set(SECRETS)
    for stack in COMMITTED:
        assert judged(text_of(stack)).cohorts


@pytest.mark.parametrize("stack", COMMITTED)
def test_a_change_that_changes_nothing_leaves_every_byte(stack: str) -> None:
    assert edited(text_of(stack), lambda _: None) == text_of(stack)


def test_a_level_with_its_incident_is_two_lines_and_the_comment_stays() -> None:
    after = edited(text_of("sandbox"), lambda d: edits.set_level(d, "pilot", None, Level.SUSPENDED, INCIDENT))
    gone, come = changed(text_of("sandbox"), after)
    assert gone == ["level: active # planned | active | restricted | throttled | suspended | rolled_back"]
    assert come == [
        "level: suspended # planned | active | restricted | throttled | suspended | rolled_back",
        "incident: {id: INC-7, since: '2026-11-23T14:05:00Z', reason: 'a key: was leaked'}",
    ]
    assert judged(after).cohorts["pilot"].level is Level.SUSPENDED


def just_now(at: datetime | None) -> bool:
    return at is not None and abs(datetime.now(UTC) - at) < timedelta(minutes=5)


def test_after_a_resume_sessions_from_before_it_stay_dead_also_those_that_the_incident_saw_begin() -> None:
    text = edited(text_of("sandbox"), lambda d: edits.set_level(d, "pilot", None, Level.SUSPENDED, INCIDENT))
    text = edited(text, lambda d: edits.set_level(d, "pilot", None, Level.ACTIVE, {}))
    pilot = judged(text).cohorts["pilot"]
    assert (pilot.level, pilot.incident) == (Level.ACTIVE, None)
    assert just_now(pilot.valid_from())


def test_a_resume_of_who_is_cut_in_iam_alone_ends_their_sessions_too() -> None:
    for member in (None, ALICE):
        text = text_of("sandbox")
        text = edited(text, lambda d, m=member: edits.set_level(d, "pilot", m, Level.ACTIVE, {}, cut=True))
        pilot = judged(text).cohorts["pilot"]
        assert just_now(pilot.member_valid_from(ALICE) if member else pilot.valid_from())


def test_an_incident_that_cut_no_session_leaves_nothing_behind() -> None:
    text = edited(text_of("sandbox"), lambda d: edits.set_level(d, "pilot", None, Level.RESTRICTED, INCIDENT))
    text = edited(text, lambda d: edits.set_level(d, "pilot", None, Level.ACTIVE, {}))
    assert judged(text).cohorts["pilot"].valid_from() is None


def brought(text: str, *levels: Level, incident: dict[str, str] = INCIDENT, member: str | None = None) -> str:
    """One level after the other, each above `active` for the same incident."""
    for level in levels:
        given = incident if level.needs_incident else {}
        text = edited(text, lambda d, level=level, given=given: edits.set_level(d, "pilot", member, level, given))
    return text


@pytest.mark.parametrize("member", [None, ALICE])
@pytest.mark.parametrize("stopped", [Level.SUSPENDED, Level.ROLLED_BACK])
def test_sessions_that_an_incident_cut_stay_dead_on_the_way_down_and_through_the_next_incident(
    stopped: Level, member: str | None
) -> None:
    text = brought(text_of("sandbox"), stopped, Level.RESTRICTED, member=member)
    later = {**INCIDENT, "id": "INC-8", "since": "2026-11-24T09:00:00Z"}
    for after in (text, brought(text, Level.THROTTLED, Level.ACTIVE, incident=later, member=member)):
        pilot = judged(after).cohorts["pilot"]
        found = pilot.member_valid_from(member) if member else pilot.valid_from()
        assert just_now(found)


def test_a_resume_never_lowers_the_time_from_which_sessions_count() -> None:
    later = (datetime.now(UTC) + timedelta(minutes=4)).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = brought(text_of("sandbox"), Level.SUSPENDED)
    text = edited(text, lambda d: d["config"][COHORTS]["pilot"].update(sessions_valid_from=later))
    found = judged(brought(text, Level.ACTIVE)).cohorts["pilot"].valid_from()
    assert found == datetime.fromisoformat(later)


def test_a_command_that_is_repeated_does_not_move_the_begin_of_its_incident() -> None:
    undated = {"id": "INC-7", "reason": "again"}
    text = brought(text_of("sandbox"), Level.SUSPENDED)
    assert "since: '2026-11-23T14:05:00Z', reason: again" in brought(text, Level.SUSPENDED, incident=undated)
    assert "since: '2026-11-23T14:05:00Z', reason: again" in brought(text, Level.ROLLED_BACK, incident=undated)
    other = judged(brought(text, Level.SUSPENDED, incident=OTHER)).cohorts["pilot"].incident
    assert other is not None
    assert just_now(other.since)


def test_an_incident_may_turn_out_to_have_begun_earlier_but_not_later() -> None:
    text = brought(text_of("sandbox"), Level.SUSPENDED)
    earlier = {**INCIDENT, "since": "2026-11-23T10:00:00Z"}
    assert "since: '2026-11-23T10:00:00Z'" in brought(text, Level.SUSPENDED, incident=earlier)
    with pytest.raises(CommandError, match=r"cohorts\.pilot\.incident\.since: INC-7 began at 2026-11-23T14:05:00Z"):
        brought(text, Level.ROLLED_BACK, incident={**INCIDENT, "since": "2026-11-23T15:00:00Z"})


def test_a_cohorts_cut_goes_through_while_a_member_has_a_lower_one_of_their_own_which_is_kept() -> None:
    theirs = {**INCIDENT, "id": "INC-5"}
    text = brought(text_of("sandbox"), Level.RESTRICTED, incident=theirs, member=ALICE)
    pilot = judged(brought(text, Level.SUSPENDED)).cohorts["pilot"]
    assert pilot.level_of(ALICE) is Level.SUSPENDED
    kept = pilot.members[ALICE].incident
    assert kept is not None
    assert kept.id == "INC-5"


def test_a_cohort_that_goes_back_to_planned_is_retired_until_it_has_a_level_again() -> None:
    for stack, most in (("sandbox", ()), ("prod", ("wave2", "old"))):
        text = text_of(stack)
        if most:
            text = edited(text, lambda d: d["config"].update({LOGS: {"retention_days": 30, "retired": ["old"]}}))
        planned = brought(text, Level.PLANNED)
        assert judged(planned).logs.retired == (*most[1:], "pilot")
        assert judged(brought(planned, Level.PLANNED)).logs.retired == (*most[1:], "pilot")
        back = brought(planned, Level.ACTIVE)
        assert yaml.safe_load(back) == yaml.safe_load(text)


def test_a_member_may_be_added_where_the_last_one_left_an_empty_key() -> None:
    fields = {"name": "Yuki Mori", "team": "backend"}
    text = edited(
        text_of("sandbox"), lambda d: d["config"]["claude-code-rollout:cohorts"]["pilot"].update(members=None)
    )
    text = edited(text, lambda d: edits.add_member(d, "pilot", "yuki.mori@acme.example", fields))
    assert "yuki.mori@acme.example" in judged(text).cohorts["pilot"].members


@pytest.mark.parametrize(("stack", "cohort", "member"), [("dev", "trial", HIRO), ("sandbox", "pilot", ALICE)])
def test_one_member_is_suspended_alone_and_back_again_in_the_file_and_in_a_roster(
    stack: str, cohort: str, member: str
) -> None:
    text = edited(text_of(stack), lambda d: edits.set_level(d, cohort, member, Level.SUSPENDED, INCIDENT))
    found = judged(text).cohorts[cohort]
    assert (found.level, found.level_of(member)) == (Level.ACTIVE, Level.SUSPENDED)
    text = edited(text, lambda d: edits.set_level(d, cohort, member, Level.ACTIVE, {}))
    found = judged(text).cohorts[cohort]
    assert found.level_of(member) is Level.ACTIVE
    assert just_now(found.member_valid_from(member))


def test_a_new_member_is_one_line_and_a_removed_one_takes_only_theirs() -> None:
    fields = {"name": "Yuki Mori", "team": "backend", "seniority": "junior", "champion": False, "manager": None}
    added = edited(text_of("dev"), lambda d: edits.add_member(d, "trial", "yuki.mori@acme.example", fields))
    assert changed(text_of("dev"), added) == (
        [],
        ["yuki.mori@acme.example: {name: Yuki Mori, team: backend, seniority: junior}"],
    )
    removed = edited(text_of("dev"), lambda d: edits.remove_member(d, "trial", HIRO))
    gone, come = changed(text_of("dev"), removed)
    assert (len(gone), come) == (2, [])
    assert HIRO not in judged(removed).cohorts["trial"].members


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda d: edits.set_level(d, "pilt", None, Level.ACTIVE, {}),
            "cohorts.pilt: no such cohort; did you mean pilot?",
        ),
        (
            lambda d: edits.set_level(d, "pilot", None, Level.SUSPENDED, {}),
            "suspended needs --incident and --reason: pilot has no incident in the file",
        ),
        (lambda d: edits.add_cohort(d, "pilot", "active", ["haiku"], None), "cohorts.pilot: there already"),
        (lambda _: edits.add_cohort({}, "x1", "active", ["haiku"], None), "config: missing"),
    ],
)
def test_what_cannot_be_changed_is_said(change: Callable[[Any], object], words: str) -> None:
    with pytest.raises(CommandError, match=words.replace("?", r"\?")):
        edited(text_of("prod"), change)


SPACED = st.lists(
    st.tuples(
        st.from_regex(r"k[a-z]{1,5}", fullmatch=True),
        st.integers(0, 3),
        st.sampled_from(["1", "'a: b'", "{x:  1,   y: 2}", "[a,  b]", "text # why", '"q"']),
    ),
    unique_by=lambda entry: entry[0],
    min_size=1,
    max_size=12,
)


@settings(max_examples=fewer(200), deadline=None)
@given(SPACED, st.data())
def test_whatever_the_spacing_only_what_is_changed_changes(
    lines: list[tuple[str, int, str]], data: st.DataObject
) -> None:
    text = "".join(f"{key}:{' ' * (1 + spaces)}{value}\n" for key, spaces, value in lines)
    key = data.draw(st.sampled_from([key for key, _, _ in lines]))

    def change(document: Any) -> None:
        document[key] = "changed"

    after = edited(text, change)
    assert yaml.safe_load(after) == {**yaml.safe_load(text), key: "changed"}
    kept = [line for line in text.splitlines() if not line.startswith(f"{key}:")]
    assert [line for line in after.splitlines() if not line.startswith(f"{key}:")] == kept


def test_a_roster_gains_and_loses_one_row_and_keeps_the_rest() -> None:
    text = (COMPANY / "rosters" / "wave2.csv").read_text(encoding="utf-8")
    fields = {"name": "A, B", "email": "a.b@acme.example", "team": "data", "champion": True}
    added = with_person(text, fields)
    assert added.startswith(text)
    assert '"A, B",a.b@acme.example,data' in added
    assert without_person(added, "a.b@acme.example") == text
    quoted = 'name,email,team\n"Two\nlines",x@acme.example,data\nY,y@acme.example,data\n'
    assert without_person(quoted, "x@acme.example") == "name,email,team\nY,y@acme.example,data\n"
