"""When access ends, written from a terminal: judged, shown, and in a form that no older copy can say."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from cli.live.stack import as_engine
from cli.stack_file.files import rollout_of
from cli.terminal.summary import print_summary
from rollout.incidents.cut_record import Record, read
from rollout.incidents.cut_rules import advance
from rollout.incidents.stale_file import stale
from rollout.model.rollout import Rollout
from tests import stacks
from tests.cli.conftest import Command, Ended
from tests.cli.test_people import two as two
from tests.cli.test_people import write

ALICE, KEVIN, MEI = "alice.chen@acme.example", "kevin@acme.example", "mei@acme.example"
END, LATER = datetime(2098, 12, 31, tzinfo=UTC) + timedelta(days=1), datetime(2099, 4, 1, tzinfo=UTC)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    folder = tmp_path / "small"
    folder.mkdir()
    write(folder, "dev", stacks.small())
    return folder


def file(folder: Path) -> Rollout:
    return rollout_of(folder / "Pulumi.dev.yaml")


def text(folder: Path) -> str:
    return (folder / "Pulumi.dev.yaml").read_text(encoding="utf-8")


def on_record(folder: Path, before: Record | None = None) -> Record:
    return read(advance(before or Record(), file(folder), {}, datetime.now(UTC)).document())


def typed(rollout: Command, folder: Path, *words: str) -> Ended:
    ended = rollout("set-until", "-s", "dev", *words, "--yes", folder=folder)
    assert ended.code == 0, ended.err
    return ended


def test_a_person_gets_an_end_in_quotes_and_what_it_means_is_said(rollout: Command, small: Path) -> None:
    ended = typed(rollout, small, ALICE.upper(), "2098-12-31")
    assert f"{ALICE}: access ends 2099-01-01 00:00:00 UTC; by the file as it was: never" in ended.out
    assert 'until: "2098-12-31"' in text(small)
    assert "extended" not in text(small)
    assert file(small).cohorts["pilot"].members[ALICE].until == END


def test_the_end_in_force_by_the_file_as_it_was_is_the_cohorts_where_that_is_earlier(
    rollout: Command, small: Path
) -> None:
    typed(rollout, small, "pilot", "2098-12-31")
    ended = typed(rollout, small, ALICE, "2097-12-31")
    assert f"{ALICE}: access ends 2098-01-01 00:00:00 UTC; by the file as it was: 2099-01-01 00:00:00 UTC" in ended.out


def test_later_and_never_say_when_that_was_decided_so_that_the_update_takes_them(rollout: Command, small: Path) -> None:
    typed(rollout, small, ALICE, "2098-12-31")
    record, old = on_record(small), text(small)
    for when, end in (("2099-03-31", LATER), ("never", None)):
        typed(rollout, small, ALICE, when)
        assert file(small).cohorts["pilot"].members[ALICE].until == end
        assert stale(record, file(small)) == []
    typed(rollout, small, ALICE, "2098-12-31")
    record = on_record(small, record)
    (small / "Pulumi.dev.yaml").write_text(old.replace('"2098-12-31"', '"2099-12-31"'), encoding="utf-8")
    assert stale(record, file(small)), "a copy of before, changed by hand, is none that knows"


def test_earlier_needs_no_word_of_when(rollout: Command, small: Path) -> None:
    typed(rollout, small, "pilot", "2098-12-31")
    typed(rollout, small, "pilot", "2098-06-30T17:00:00+02:00")
    assert file(small).cohorts["pilot"].until == datetime(2098, 6, 30, 15, tzinfo=UTC)
    assert "extended" not in text(small)


def test_somebody_in_a_roster_gets_it_in_the_stack_file_which_stands_above_the_roster(
    rollout: Command, two: Path
) -> None:
    roster = two / "rosters" / "pilot.csv"
    head, *rows = roster.read_text(encoding="utf-8").splitlines()
    roster.write_text("\n".join([f"{head},until", *(f"{row},2098-12-31" for row in rows)]) + "\n", encoding="utf-8")
    before = roster.read_text(encoding="utf-8")
    typed(rollout, two, KEVIN, "2099-03-31")
    typed(rollout, two, MEI, "never")
    members = file(two).cohorts["pilot"].members
    assert (members[KEVIN].until, members[MEI].until) == (LATER, None)
    assert members[MEI].extended
    assert roster.read_text(encoding="utf-8") == before


def test_an_end_that_has_passed_and_one_after_the_cohorts_are_said(rollout: Command, small: Path) -> None:
    assert (
        "that has passed: it is in force with the next `rollout up`; `rollout cut`"
        in typed(rollout, small, "pilot", "2026-01-31").out
    )
    out = typed(rollout, small, ALICE, "2098-12-31").out
    assert "access of their whole cohort ends 2026-02-01 00:00:00 UTC: the earlier of the two is in force" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((ALICE, "soon"), 'not a day or a time with its zone: soon. Write it as "2026-12-31"'),
        (("nobody@acme.example", "2098-12-31"), "in no cohort of Pulumi.dev.yaml"),
        (("wave9", "2098-12-31"), "cohorts.wave9: no such cohort"),
        ((ALICE, "never"), f"{ALICE}: access ends never already; nothing was changed"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    rollout: Command, small: Path, words: tuple[str, str], said: str
) -> None:
    before = text(small)
    ended = rollout("set-until", "-s", "dev", *words, "--yes", folder=small)
    assert ended.code
    assert said in ended.err
    assert text(small) == before


def test_whoever_is_added_with_an_end_has_it_in_the_file_and_in_a_roster_that_has_the_column(
    rollout: Command, small: Path, two: Path
) -> None:
    person = ("--name", "Eve Y", "--team", "backend", "--until", "2098-12-31", "--yes")
    assert rollout("add-member", "-s", "dev", "pilot", "eve@acme.example", *person, folder=small).code == 0
    assert 'until: "2098-12-31"' in text(small)
    assert file(small).cohorts["pilot"].members["eve@acme.example"].until == END
    refused = rollout("add-member", "-s", "dev", "pilot", "eve@acme.example", *person, folder=two)
    assert "the roster has no column until" in refused.err
    for name in ("pilot", "wave2"):
        roster = two / "rosters" / f"{name}.csv"
        roster.write_text(
            roster.read_text(encoding="utf-8")
            .replace("github\n", "github,until\n", 1)
            .replace(",\n", ",,\n")
            .replace("kev-o\n", "kev-o,\n"),
            encoding="utf-8",
        )
    added = rollout("add-member", "-s", "dev", "pilot", "eve@acme.example", *person, folder=two)
    assert added.code == 0, added.err
    assert file(two).cohorts["pilot"].members["eve@acme.example"].until == END


@pytest.mark.parametrize("target", ["wave2", "wave3"])
def test_who_moves_keeps_their_end_and_the_one_that_their_cohort_gave_them(
    rollout: Command, two: Path, target: str
) -> None:
    typed(rollout, two, KEVIN, "2099-03-31")
    typed(rollout, two, "pilot", "2098-12-31")
    for email in (KEVIN, MEI):
        moved = rollout("move-member", "-s", "dev", email, target, "--yes", folder=two)
        assert moved.code == 0, moved.err
        assert "their access ends 2099-01-01 00:00:00 UTC, as before" in moved.out
        assert file(two).cohorts[target].end_of(email) == END
        assert email not in file(two).cohorts["pilot"].members


def test_two_people_who_set_ends_at_once_lose_none(small: Path) -> None:
    people = (ALICE, "grace.liu@acme.example")
    words = [sys.executable, "-m", "cli", "set-until", "-s", "dev"]
    running = [
        subprocess.Popen(
            [*words, email, "2098-12-31", "--yes"],
            cwd=small,
            env={**os.environ, "PYTHONPATH": str(stacks.PROJECT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for email in people
    ]
    for each in running:
        said = each.communicate(timeout=900)[1]
        assert each.returncode == 0, said
    assert [file(small).cohorts["pilot"].members[email].until for email in people] == [END, END]


def test_the_file_reads_to_the_terminal_as_it_does_to_the_engine() -> None:
    day = datetime(2098, 12, 31, tzinfo=UTC)
    for written in (day.date(), day):
        assert as_engine({"a": {"until": written}, "b": written}) == {
            "a": '{"until": "2098-12-31 00:00:00 +0000 UTC"}',
            "b": "2098-12-31 00:00:00 +0000 UTC",
        }


def test_the_summary_says_when_whose_access_ends(rollout: Command, small: Path) -> None:
    typed(rollout, small, ALICE, "2098-12-31")
    out = io.StringIO()
    console = Console(file=out, width=120, highlight=False)
    print_summary(console, "dev", file(small), {"cohorts": {"pilot": {"level": "active"}}})
    assert "│ access ends │ 2099-01-01 00:00 UTC: 1 " in out.getvalue()
