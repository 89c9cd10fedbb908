"""`rollout report --all`: every stack a row, what they come to, and one that could not be read said so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from cli.commands import report_all
from cli.commands.report_all import read_all
from cli.terminal.errors import CommandError
from rollout.report.facts import Facts
from rollout.report.figures import figures
from rollout.report.overview import One, overview, title, totals
from tests.browser.look import look
from tests.report import made_up
from tests.report.test_page import VIEWS

NOW = made_up.NOW


def every() -> list[One]:
    found = figures(made_up.facts())
    return [
        One(stack="dev"),
        One(stack="old", why="the config profile (old) could not be found"),
        One(stack="prod", found=found, page="report-prod.html"),
        One(stack="second", found=found, page="report-second.html"),
    ]


def test_what_all_come_to_is_said_and_that_it_is_the_least_where_one_was_not_read() -> None:
    of_one = figures(made_up.facts())
    assert of_one.spend is not None
    found = totals(every())
    assert (found.people, found.usd) == (2 * of_one.with_access, 2 * of_one.spend.spent)
    assert not found.complete
    assert "at least $" in title(every())
    assert totals([one for one in every() if one.stack != "old"]).complete


def test_each_stack_is_a_row_that_leads_to_its_own_page() -> None:
    text = overview(every(), NOW)
    assert '<a href="report-prod.html">prod</a>' in text
    assert "nothing is deployed" in text
    assert "the config profile (old) could not be found" in text


def test_what_comes_from_outside_is_text_and_never_markup() -> None:
    text = overview([One(stack="x", why=made_up.HOSTILE), One(stack="y", found=figures(made_up.hostile()))], NOW)
    assert "<script" not in text
    assert "49" not in text.partition("<main>")[2].partition("$")[0]


@pytest.mark.slow
def test_a_browser_shows_it_whole_quietly_and_for_everybody(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(overview(every(), NOW), encoding="utf-8")
    seen = look(file, VIEWS, tmp_path / "report.pdf")
    assert set(seen["requests"]) == {file.as_uri()}
    assert seen["console"] == []
    for view, found in zip(VIEWS, seen["views"], strict=True):
        assert (view, found["overflow"], found["violations"]) == (view, [], [])


def test_a_stack_that_cannot_be_read_keeps_no_other_from_being_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for stack in ("one", "other"):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text("config: {a: 1}\n", encoding="utf-8")

    def read(_project: Path, stack: str, _now: datetime, _since: date | None) -> Facts:
        if stack == "one":
            raise CommandError("no such profile")
        return made_up.facts()

    monkeypatch.setattr(report_all, "read", read)
    dead, well = read_all(tmp_path, NOW, None, Path("all.html"))
    assert (dead.found, dead.why) == (None, "no such profile")
    assert well.page == "all-other.html"


def test_a_stack_whose_spend_could_not_be_read_is_told_by_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.one.yaml").write_text("config: {a: 1}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    told = [made_up.facts(), replace(made_up.facts(), use=None)]
    monkeypatch.setattr(report_all, "read", lambda *_: told.pop(0))
    assert report_all.run(Path("all.html"), None, as_json=True) == 0
    assert report_all.run(Path("all.html"), None, as_json=True) == 3
