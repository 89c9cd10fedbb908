"""The page as a browser sees it: nothing is asked of the network, nothing overflows, everybody can read it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest

from cli.commands.report import _plain
from rollout.levels import Level
from rollout.report.facts import LevelChange
from rollout.report.figures import figures
from rollout.report.page import FIRST_OF_ATTENTION, page
from rollout.report.palette import COLOURS, GROUNDS, SHAPES, SHAPES_AT_LEAST, TEXT, TEXT_AT_LEAST, contrast
from tests.browser.look import View, look
from tests.report import made_up

VIEWS = [View(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]
SANE_PAGES = range(2, 9)


@pytest.mark.parametrize("case", made_up.CASES)
def test_a_browser_shows_it_whole_quietly_and_for_everybody(case: str, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(page(figures(made_up.CASES[case]())), encoding="utf-8")
    seen = look(file, VIEWS, tmp_path / "report.pdf")
    assert set(seen["requests"]) == {file.as_uri()}
    assert seen["console"] == []
    for view, found in zip(VIEWS, seen["views"], strict=True):
        assert (view, found["overflow"], found["violations"]) == (view, [], [])
    assert seen["pages"] in SANE_PAGES


def test_what_comes_from_outside_is_text_and_never_markup() -> None:
    text = page(figures(made_up.hostile()))
    assert "<script" not in text
    assert "{{ 7*7 }}" in text
    assert "&lt;script&gt;" in text


def test_each_source_that_was_not_read_is_said_in_its_section() -> None:
    text = page(figures(made_up.unread()))
    for section in ("cohorts", "adoption", "spend", "success", "incidents"):
        [own] = [part for part in text.split("<section")[1:] if f'id="{section}"' in part]
        assert "could not be read: EndpointConnectionError" in own, section


def test_each_drawing_has_a_title_a_description_and_a_table() -> None:
    text = page(figures(made_up.facts()))
    drawings = text.count('role="img"')
    assert drawings == text.count("<title id=") == text.count("<desc id=") == 2 * text.count("<figure>")
    assert text.count("<details>") == text.count("<figure>")


def test_what_needs_attention_leaves_room_for_the_rest_of_the_first_screen() -> None:
    [section] = [part for part in page(figures(made_up.alarming())).split("<section") if 'id="attention"' in part]
    first, folded = section.split("<details>")
    assert first.count("<li>") == FIRST_OF_ATTENTION
    assert f"<summary>{folded.count('<li>')} more</summary>" in folded
    assert section.count("claude-code-number-") == 40
    assert "<details>" not in page(figures(made_up.facts())).split('id="attention"')[1].split("</section>")[0]


def test_no_person_is_named() -> None:
    found = made_up.facts()
    text = page(figures(found))
    for cohort in found.rollout.cohorts.values():
        for email, member in cohort.members.items():
            assert email not in text
            assert member.name not in text


def test_a_single_persons_stop_is_drawn_as_such_and_neither_page_nor_figures_name_them() -> None:
    found = made_up.facts()
    email = min(found.rollout.cohorts["pilot"].members)
    began = made_up.NOW - timedelta(days=2)
    stop = LevelChange(
        at=began + timedelta(minutes=5),
        cohort="pilot",
        member=email,
        before=Level.ACTIVE,
        after=Level.SUSPENDED,
        incident="INC-9",
        since=began,
    )
    known = figures(replace(found, changes=[*(found.changes or ()), stop]))
    text = page(known)
    assert "one person of pilot suspended" in text
    printed = json.dumps(_plain(asdict(known)), default=str)
    assert '"one_person": true' in printed
    assert not [name for name in found.rollout.cohorts["pilot"].members if name in text or name in printed]


@pytest.mark.parametrize("dark", [False, True])
def test_words_and_shapes_stand_out_from_their_ground(dark: bool) -> None:
    for ground in GROUNDS:
        for name in TEXT:
            assert contrast(COLOURS[name][dark], COLOURS[ground][dark]) >= TEXT_AT_LEAST, (name, ground)
    for name in SHAPES:
        assert contrast(COLOURS[name][dark], COLOURS["card"][dark]) >= SHAPES_AT_LEAST, name
