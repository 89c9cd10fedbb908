"""A stack file edited by a command keeps what a person wrote in it."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cli import edits
from cli.files import UNREAD, readable
from cli.roster_file import with_person, without_person
from cli.stack import CommandError
from cli.yaml_text import edited
from rollout.levels import Level
from rollout.load import SECRETS, load
from tests.stacks import COMMITTED, PROJECT

ALICE, HIRO = "alice.chen@acme.example", "hiro.tanaka@acme.example"
INCIDENT = {"id": "INC-7", "since": "2026-11-23T14:05:00Z", "reason": "a key: was leaked"}


def text_of(stack: str) -> str:
    return (PROJECT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")


def changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """(lines that went, lines that came)."""
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))[2:]
    gone, come = ([line[1:].strip() for line in lines if line.startswith(sign)] for sign in "-+")
    return gone, come


def judged(text: str) -> Any:
    return load(readable(yaml.safe_load(text)["config"]), PROJECT, datetime.now(UTC))


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


def test_after_a_resume_sessions_from_before_the_incident_stay_dead() -> None:
    text = edited(text_of("sandbox"), lambda d: edits.set_level(d, "pilot", None, Level.SUSPENDED, INCIDENT))
    text = edited(text, lambda d: edits.set_level(d, "pilot", None, Level.ACTIVE, {}))
    pilot = judged(text).cohorts["pilot"]
    assert (pilot.level, pilot.incident) == (Level.ACTIVE, None)
    assert pilot.valid_from() == datetime(2026, 11, 23, 14, 5, tzinfo=UTC)


def test_an_incident_that_cut_no_session_leaves_nothing_behind() -> None:
    text = edited(text_of("sandbox"), lambda d: edits.set_level(d, "pilot", None, Level.RESTRICTED, INCIDENT))
    text = edited(text, lambda d: edits.set_level(d, "pilot", None, Level.ACTIVE, {}))
    assert judged(text).cohorts["pilot"].valid_from() is None


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
    assert found.member_valid_from(member) == datetime(2026, 11, 23, 14, 5, tzinfo=UTC)


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


@settings(max_examples=200, deadline=None)
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
    text = (PROJECT / "rosters" / "wave2.csv").read_text(encoding="utf-8")
    fields = {"name": "A, B", "email": "a.b@acme.example", "team": "data", "champion": True}
    added = with_person(text, fields)
    assert added.startswith(text)
    assert '"A, B",a.b@acme.example,data' in added
    assert without_person(added, "a.b@acme.example") == text
    quoted = 'name,email,team\n"Two\nlines",x@acme.example,data\nY,y@acme.example,data\n'
    assert without_person(quoted, "x@acme.example") == "name,email,team\nY,y@acme.example,data\n"
