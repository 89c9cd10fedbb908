"""Rosters as CSV: the plan's table plus the e-mail address."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.stack_file.roster_file import with_person, without_person
from rollout.model.cohort import Cohort
from rollout.model.errors import StackFileError
from rollout.stack_file.load import load
from rollout.stack_file.roster import read_roster
from tests import stacks

NOW = datetime(2026, 11, 23, tzinfo=UTC)
HEADER = "name,email,team,role,seniority,champion,manager,rationale\n"


def pilot(folder: Path, text: str) -> Cohort:
    (folder / "rosters").mkdir(exist_ok=True)
    (folder / "rosters" / "pilot.csv").write_text(text, encoding="utf-8")
    document = stacks.small()
    document["cohorts"]["pilot"]["roster"] = "rosters/pilot.csv"
    return load(stacks.config(document), folder, NOW).cohorts["pilot"]


def lines(folder: Path, text: str) -> list[str]:
    with pytest.raises(StackFileError) as caught:
        pilot(folder, text)
    return caught.value.lines


def test_rows_join_the_members_named_in_the_stack_file(tmp_path: Path) -> None:
    cohort = pilot(tmp_path, HEADER + "Bob Kim,bob.kim@acme.example,Backend,Senior Engineer,Senior,yes,,\n")
    assert list(cohort.members) == ["alice.chen@acme.example", "grace.liu@acme.example", "bob.kim@acme.example"]
    bob = cohort.members["bob.kim@acme.example"]
    assert (bob.team, bob.seniority, bob.champion, bob.manager) == ("backend", "senior", True, None)


def test_a_spreadsheets_byte_order_mark_and_line_ends_are_no_mistake(tmp_path: Path) -> None:
    text = "\ufeff" + HEADER + 'Bob Kim,bob.kim@acme.example,backend,,mid,no,,"likes, commas"\r\n\r\n'
    assert pilot(tmp_path, text).members["bob.kim@acme.example"].rationale == "likes, commas"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_break_within_a_cell_is_a_blank_and_runs_no_words_together(tmp_path: Path, end: str) -> None:
    text = HEADER + f'Bob Kim,bob.kim@acme.example,backend,"Engineer{end}Platform","mid",no,,\n'
    assert pilot(tmp_path, text).members["bob.kim@acme.example"].role == "Engineer Platform"


@pytest.mark.parametrize("mark", [";", "\t"])
def test_what_excel_writes_with_another_separator_is_read_and_stays_so(tmp_path: Path, mark: str) -> None:
    text = "\ufeffname;email;team\r\nJörg Müller;joerg.mueller@acme.example;backend\r\n".replace(";", mark)
    (found,) = read_roster("odd.csv", _written(tmp_path, text))[0]
    assert (found.email, found.member["name"]) == ("joerg.mueller@acme.example", "Jörg Müller")
    added = with_person(text, {"name": "Ann Lee", "email": "ann@acme.example", "team": "backend"})
    assert added.endswith(mark.join(["Ann Lee", "ann@acme.example", "backend\n"]))
    assert without_person(added, "joerg.mueller@acme.example").count("acme.example") == 1


def test_columns_without_a_name_are_none_as_long_as_nothing_is_in_them(tmp_path: Path) -> None:
    text = "name,email,team,,\nDana Whitfield,dana@acme.example,backend,,\nBob Kim,bob@acme.example,backend,,,,\n"
    rows, mistakes = read_roster("odd.csv", _written(tmp_path, text))
    assert ([row.email for row in rows], mistakes) == (["dana@acme.example", "bob@acme.example"], [])
    (mistake,) = read_roster("odd.csv", _written(tmp_path, text + "Ann,ann@acme.example,backend,,senior\n"))[1]
    assert mistake == "odd.csv:4: senior is in a column without a name; name the column, or empty the cell"


@pytest.mark.parametrize("nothing", ["-", "N/A", "n/a", "#N/A", "\u2014", "None", "TBD", "?"])
def test_what_people_write_where_there_is_nothing_is_nothing(tmp_path: Path, nothing: str) -> None:
    text = HEADER + f"Na,na@acme.example,backend,{nothing},{nothing},{nothing},{nothing},{nothing}\n"
    (found,) = read_roster("odd.csv", _written(tmp_path, text))[0]
    assert found.member == {"name": "Na", "team": "backend", "champion": False}


def test_a_roster_is_no_link_no_folder_and_no_pipe(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text(HEADER + "Bob Kim,bob.kim@acme.example,backend,,mid,no,,\n")
    (tmp_path / "link.csv").symlink_to("real.csv")
    (tmp_path / "all").symlink_to(".")
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    said = {name: read_roster(name, tmp_path)[1] for name in ("link.csv", "all/real.csv", "folder.csv", "pipe.csv")}
    assert said["link.csv"] == ["link.csv: link.csv is a link; put the file itself below the project's folder"]
    assert said["all/real.csv"] == ["all/real.csv: all is a link; put the file itself below the project's folder"]
    assert {*said["folder.csv"], *said["pipe.csv"]} == {
        f"{name}.csv: a folder, a pipe or a device, not a file; a roster is a CSV file" for name in ("folder", "pipe")
    }


def test_what_a_roster_holds_is_shown_and_never_sent_to_the_terminal(tmp_path: Path) -> None:
    escape = "\x1b]0;pwned\x07"
    header = read_roster("odd.csv", _written(tmp_path, f"name,email,team,{escape}{'x' * 500}\nA,b@c.d,e,f\n"))[1]
    twice = f"name,email,team\nA,{escape}@c.d,e\nA,{escape}@c.d,e\n"
    for line in (*header, *read_roster("odd.csv", _written(tmp_path, twice))[1]):
        assert line.isprintable()
        assert len(line) < 400


def test_more_than_a_hundred_mistakes_are_counted(tmp_path: Path) -> None:
    wrong = "".join(f"Bob Kim,bob{number}@acme.example,bakend,,mid,no,,\n" for number in range(300))
    with pytest.raises(StackFileError) as caught:
        pilot(tmp_path, HEADER + wrong)
    said = str(caught.value).splitlines()
    assert (len(said), said[-1]) == (102, "and 200 more")


@pytest.mark.parametrize("odd", ["\u2028", "\u0085", "\u000b"])
def test_a_row_ends_at_a_line_end_alone(tmp_path: Path, odd: str) -> None:
    text = HEADER + f"Bob Kim,bob.kim@acme.example,backend,Engineer{odd}Tools,mid,no,,\n"
    (found,) = read_roster("odd.csv", _written(tmp_path, text))[0]
    assert found.member["role"] == f"Engineer{odd}Tools"
    assert without_person(text + "Ann,ann@acme.example,backend,,mid,no,,\n", "ann@acme.example") == text


def _written(folder: Path, text: str) -> Path:
    (folder / "odd.csv").write_text(text, encoding="utf-8")
    return folder


def test_a_wrong_row_is_named_by_file_and_line(tmp_path: Path) -> None:
    text = (
        HEADER
        + "Bob Kim,bob.kim@acme.example,bakend,,wise,perhaps,,\nCarlos,carlos.diaz@acme.example\n,x,backend,,,,,\n"
    )
    assert lines(tmp_path, text) == [
        "rosters/pilot.csv:3: 2 cells where the header has 8; quote a cell that has a comma",
        "rosters/pilot.csv:2: champion: not true or false: perhaps",
        "rosters/pilot.csv:2: seniority: not one of senior, mid, junior: wise",
        "rosters/pilot.csv:2: team: no such team in organization.teams: bakend; did you mean backend? allowed: backend, platform",
        "rosters/pilot.csv:4: name: missing; As colleagues write it.",
        "rosters/pilot.csv:4: not an e-mail address of at most 64 characters (letters, digits and _+=,.- before the @): x",
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("TBD,tbd@acme.example", "TBD, tbd@acme.example: a placeholder, not a person; take the line out"),
        ("tbc,TBC@acme.example", "tbc, tbc@acme.example: a placeholder, not a person; take the line out"),
        ("TBD,TBD", "email: TBD is a placeholder; give the person's address, or take the line out"),
        ("Bob Kim,n/a", "email: n/a is a placeholder; give the person's address, or take the line out"),
        ("Bob Kim,", "email: missing; a person is known by it"),
    ],
)
def test_a_placeholder_for_a_person_is_said_to_be_one(tmp_path: Path, row: str, said: str) -> None:
    assert said in lines(tmp_path, HEADER + f"{row},backend,,mid,no,,\n")[0]


def test_somebody_may_be_called_like_a_placeholder(tmp_path: Path) -> None:
    (found,) = read_roster("odd.csv", _written(tmp_path, HEADER + "Na,na@acme.example,backend,,mid,no,,\n"))[0]
    assert (found.email, found.member["name"]) == ("na@acme.example", "Na")


def test_a_person_listed_twice_is_named(tmp_path: Path) -> None:
    text = (
        HEADER
        + "Bob,bob.kim@acme.example,backend,,,,,\nBob,Bob.Kim@acme.example,backend,,,,,\nA,alice.chen@acme.example,backend,,,,,\n"
    )
    assert lines(tmp_path, text) == [
        "rosters/pilot.csv:3: email: bob.kim@acme.example is on line 2 already",
        (
            "cohorts.pilot.members.alice.chen@acme.example: rosters/pilot.csv:4 has this person; "
            "only level, incident, sessions_valid_from, until, extended may be here"
        ),
    ]


def test_unknown_and_missing_columns_are_named(tmp_path: Path) -> None:
    assert lines(tmp_path, "name,e-mail,team\n") == [
        (
            "rosters/pilot.csv:1: no column email; the first line names the columns: "
            "name, email, team, role, seniority, champion, manager, rationale, github, level, until"
        ),
        (
            "rosters/pilot.csv:1: unknown column e-mail; did you mean email? allowed: "
            "champion, email, github, level, manager, name, rationale, role, seniority, team, until"
        ),
    ]


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rosters").mkdir()
    (tmp_path / "rosters" / "pilot.csv").write_bytes(b"\xff\xfe\x00")
    document = stacks.small()
    document["cohorts"]["pilot"]["roster"] = "rosters/pilot.csv"
    with pytest.raises(StackFileError, match="cannot be read as UTF-8 text"):
        load(stacks.config(document), tmp_path, NOW)


def test_a_file_that_is_far_too_large_is_refused(tmp_path: Path) -> None:
    assert lines(tmp_path, HEADER + "x" * (1 << 20)) == ["rosters/pilot.csv: larger than 1 MiB; split it"]


def test_somebody_in_a_roster_is_stopped_alone_by_an_entry_in_the_stack_file(tmp_path: Path) -> None:
    document = stacks.small()
    incident = {"id": "INC-7", "since": "2026-11-22T14:05:00Z", "reason": "key in a commit"}
    document["cohorts"]["pilot"] |= {
        "roster": "rosters/pilot.csv",
        "members": {"Alice.Chen@acme.example": {"level": "suspended", "incident": incident}},
    }
    (tmp_path / "rosters").mkdir()
    roster = tmp_path / "rosters" / "pilot.csv"
    roster.write_text(
        HEADER + "Alice Chen,alice.chen@acme.example,backend,,,,,\nBob,bob.kim@acme.example,backend,,,,,\n"
    )
    cohort = load(stacks.config(document), tmp_path, NOW).cohorts["pilot"]
    assert cohort.members["alice.chen@acme.example"].name == "Alice Chen"
    assert cohort.level_of("alice.chen@acme.example") == "suspended"
    assert cohort.signed_in == ("bob.kim@acme.example",)
    roster.write_text(HEADER + "Alice Chen,alice.chen@acme.example,bakend,,,,,\n")
    document["cohorts"]["pilot"]["members"]["Alice.Chen@acme.example"]["incident"] = {}
    with pytest.raises(StackFileError) as caught:
        load(stacks.config(document), tmp_path, NOW)
    assert [line.partition(":")[0] for line in caught.value.lines] == [
        "cohorts.pilot.members.alice.chen@acme.example.incident.id",
        "cohorts.pilot.members.alice.chen@acme.example.incident.reason",
        "cohorts.pilot.members.alice.chen@acme.example.incident.since",
        "cohorts.pilot.members.alice.chen@acme.example.incident",
        "rosters/pilot.csv",
    ]
    assert caught.value.lines[-1].startswith("rosters/pilot.csv:2: team: no such team")
