"""What `--help` says on a terminal of 80 columns and 24 lines."""

from __future__ import annotations

import re
from typing import Any

import pytest
import typer.main

from cli.app import EXIT_CODES, EXIT_LINE, app
from cli.verbs.grouped import WIDTH, WORDS
from tests.cli.conftest import Command

LINES = 24
GROUP: Any = typer.main.get_command(app)
VERBS: dict[str, Any] = GROUP.commands


def test_all_verbs_fit_one_screen_by_subject_and_no_word_is_cut(rollout: Command) -> None:
    said = rollout("--help").out
    lines = said.splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= WIDTH
    assert "..." not in said.replace("VERB ...", "")
    for name, verb in VERBS.items():
        assert re.search(rf"\b{name} +{re.escape(verb.short_help)}", said), name


def test_without_a_verb_the_same_is_said(rollout: Command) -> None:
    ended = rollout()
    assert rollout("--help").out in (ended.out, ended.err)


@pytest.mark.parametrize("name", VERBS)
def test_a_verbs_help_fits_one_screen_and_no_word_is_cut(rollout: Command, name: str) -> None:
    said = rollout(name, "--help").out
    lines = said.splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= WIDTH
    assert "..." not in said.replace("[OPTIONS]...", "")


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_has_a_subject_and_a_few_words(name: str) -> None:
    verb = VERBS[name]
    assert verb.rich_help_panel
    assert 0 < len(verb.short_help) <= WORDS


def test_the_exit_codes_are_on_one_line_and_are_those_of_the_page() -> None:
    assert len(EXIT_LINE) <= WIDTH
    assert re.findall(r"\d+", EXIT_LINE) == re.findall(r"\d+", EXIT_CODES)
