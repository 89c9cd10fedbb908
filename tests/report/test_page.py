"""The page as a browser sees it: nothing is asked of the network, nothing overflows, everybody can read it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest

from cli.commands.report import plain
from rollout.levels import Level
from rollout.report import words
from rollout.report.facts import LevelChange, Topic
from rollout.report.figures import figures
from rollout.report.page import FIRST_OF_ATTENTION, page
from rollout.report.palette import COLOURS, GROUNDS, SHAPES, SHAPES_AT_LEAST, TEXT, TEXT_AT_LEAST, contrast
from tests.browser.look import View, look
from tests.report import made_up

VIEWS = [View(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]
SANE_PAGES = range(2, 9)


@pytest.mark.slow
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


def test_the_last_billed_month_is_held_against_the_meter_and_says_what_nobody_explains() -> None:
    text = page(figures(made_up.facts()))
    own = text.partition('<h3 id="bill">')[2].partition("</section>")[0]
    said = "October 2026: the meter counted $3,101.72, AWS billed $3,107.67, a difference of +$5.95: "
    assert said + "under $0.01 explained, +$5.95 not explained." in own
    assert "billed, not counted" in own
    assert "+$2.50" in own
    assert '<a href="#bill">+$5.95 of the bill of October are not explained by what was counted</a>' in text


def test_a_month_that_is_not_billed_is_said_in_words_and_alarms_nobody() -> None:
    known = figures(made_up.newly_made())
    assert "Not reconciled: AWS has not billed October 2026 yet." in page(known)
    assert not [each for each in words.attention(known) if each.section == "bill"]


def test_an_unread_bill_takes_no_other_section_along() -> None:
    found = made_up.facts()
    sources = [replace(s, problem="AccessDenied: no" if s.topic is Topic.BILL else None) for s in found.sources]
    text = page(figures(replace(found, sources=sources, bill=None)))
    assert "Bill could not be read: AccessDenied: no" in text
    assert "could not be read" not in text.replace("Bill could not be read", "")


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
    known = figures(found)
    for text in (page(known), json.dumps(plain(asdict(known)), default=str)):
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
    printed = json.dumps(plain(asdict(known)), default=str)
    assert '"one_person": true' in printed
    assert not [name for name in found.rollout.cohorts["pilot"].members if name in text or name in printed]


@pytest.mark.parametrize("dark", [False, True])
def test_words_and_shapes_stand_out_from_their_ground(dark: bool) -> None:
    for ground in GROUNDS:
        for name in TEXT:
            assert contrast(COLOURS[name][dark], COLOURS[ground][dark]) >= TEXT_AT_LEAST, (name, ground)
    for name in SHAPES:
        assert contrast(COLOURS[name][dark], COLOURS["card"][dark]) >= SHAPES_AT_LEAST, name
