"""docs/upstream.md says what is pinned, and what is newer is found."""

from __future__ import annotations

import sys
from datetime import date

import pytest

from tests.client.installed import VERSIONS, Client
from tests.upstream import __main__ as command
from tests.upstream.asking import SilentError, newest, version_in
from tests.upstream.page import PAGE, page
from tests.upstream.upstreams import UPSTREAMS, Upstream, known, numbers


def printing(text: str, key: str = "pulumi") -> Upstream:
    ask = ("python", "-c", f"print({text!r})")
    return Upstream(key=key, name="One", floor=lambda: None, ask=ask, tried="here")


def test_the_page_is_what_the_pins_and_the_record_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(known()), "`make upstream-page`"


def test_each_upstream_has_a_record_whose_days_have_been_and_no_floor_above_what_was_tried() -> None:
    assert {one.key for one in UPSTREAMS} == set(known())
    for one in UPSTREAMS:
        found = known()[one.key]
        assert date.fromisoformat(found.tried_on) <= date.fromisoformat(found.newest_on)
        assert numbers(one.floor() or "0") <= numbers(found.tried) <= numbers(found.newest)


def test_the_newest_client_that_is_tried_is_the_one_that_the_record_says() -> None:
    assert known()["claude-code"].tried == VERSIONS[Client.NEWEST]


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("2.1.332\n", "2.1.332"),
        ("pulumi (3.272.0)\nAvailable versions: 3.272.0, 3.271.0", "3.272.0"),
        ("v3.276.0", "3.276.0"),
    ],
)
def test_each_registrys_answer_is_read(said: str, version: str) -> None:
    assert version_in(said) == version
    assert newest(printing(said)) == version


@pytest.mark.parametrize("said", ["", "nothing known"])
def test_an_answer_without_a_version_is_none(said: str) -> None:
    with pytest.raises(SilentError):
        newest(printing(said))


def test_a_registry_that_cannot_be_asked_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = Upstream(key="pulumi", name="One", floor=lambda: None, ask=("no-such-client",), tried="here")
    with pytest.raises(SilentError, match="no-such-client: FileNotFoundError"):
        newest(absent)
    monkeypatch.setattr(command, "UPSTREAMS", (absent,))
    assert command.main(["ask"]) == 3


@pytest.mark.parametrize(("now", "code"), [("999.0.0", 1), ("0.0.1", 0)])
def test_what_is_newer_than_what_is_known_is_told_by_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], now: str, code: int
) -> None:
    monkeypatch.setattr(command, "UPSTREAMS", (printing(now),))
    assert command.main(["ask"]) == code
    assert (f"**{now}**" in capsys.readouterr().out) is bool(code)


def test_python_packages_are_asked_for_by_this_python() -> None:
    assert newest(printing(sys.version.split()[0])) == sys.version.split()[0]
