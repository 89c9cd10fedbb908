"""No form brings a planted key into history, or onto the remote, unseen: each on real git, by the real hook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.guard.forms import FORMS, HARMLESS, PUSH_SETTINGS, SETTINGS
from tests.guard.trial import SETUPS, Template

pytestmark = pytest.mark.slow

_ALL = [(setup, line) for setup, lines in FORMS.items() for line in lines]


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    with TemporaryDirectory(prefix="forms-") as root:
        yield Template(Path(root, "world"))


def test_there_are_as_many_forms_as_were_promised() -> None:
    assert len(set(_ALL)) >= 185


@pytest.mark.sampled("line")
@pytest.mark.parametrize(("setup", "line"), _ALL, ids=[f"{setup}: {line}" for setup, line in _ALL])
def test_no_form_brings_a_key_into_history_unseen(template: Template, tmp_path: Path, setup: str, line: str) -> None:
    outcome = template.trial(setup, tmp_path / "home").run(line)
    assert outcome.brought, "the form does not do what it is here for"
    assert outcome.seen


@pytest.mark.sampled("setting", "line", keep=12)
@pytest.mark.parametrize(("setting", "line"), SETTINGS.items())
def test_a_repositorys_own_settings_cannot_blind_the_guard(
    template: Template, tmp_path: Path, setting: str, line: str
) -> None:
    key, _, value = setting.partition("=")
    setup = f"echo '* -diff' > ../attributes; {SETUPS['unstaged']}; git config {key} '{value}'"
    outcome = template.trial(setup, tmp_path / "home").run(line)
    assert outcome.brought
    assert outcome.stopped


@pytest.mark.parametrize(("setting", "line"), PUSH_SETTINGS.items())
def test_what_a_push_sends_by_the_repositorys_settings_is_looked_at(
    template: Template, tmp_path: Path, setting: str, line: str
) -> None:
    key, _, value = setting.partition("=")
    setup = f"git push -q origin main:feat; {SETUPS['branch']}; git config {key} '{value}'"
    outcome = template.trial(setup, tmp_path / "home").run(line)
    assert outcome.brought
    assert outcome.stopped


@pytest.mark.sampled("line", keep=20)
@pytest.mark.parametrize("line", HARMLESS)
def test_a_harmless_line_is_let_through_without_a_word(template: Template, tmp_path: Path, line: str) -> None:
    setup = f"{SETUPS['committed']} && git push -q && {SETUPS['ignored']} && echo more >> b.txt"
    outcome = template.trial(setup, tmp_path / "home").run(line)
    assert outcome.said == ""
