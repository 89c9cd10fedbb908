"""A cohort proposed from Okta's directory: everybody active is seen, and the token goes nowhere else."""

from __future__ import annotations

import itertools
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from cli.live import okta_people
from cli.terminal.errors import CommandError
from sandbox.okta.directory import people
from sandbox.tests.okta.okta_harness import HEADERS, TOKEN, served
from tests.cli.conftest import Command

DOMAIN = "acme.okta.com"


@pytest.fixture
def url(tmp_path: Path) -> Generator[str]:
    with served(tmp_path / "okta") as address:
        yield address


@pytest.fixture
def here(url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The variables that lead to the sandbox's Okta, also in this process."""
    variables = {"OKTA_API_TOKEN": TOKEN, "OKTA_HTTP_PROXY": url}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


def ask(url: str, method: str, path: str, document: object = None) -> httpx.Response:
    return httpx.request(method, f"{url}{path}", json=document, headers=HEADERS).raise_for_status()


def limit(url: str, calls: int) -> None:
    ask(url, "POST", "/sandbox/rate-limit", {"limit": calls, "per_seconds": 60})


def unlimited(url: str) -> None:
    limit(url, 100_000)


def no_wait(seconds: float) -> None:
    raise AssertionError(seconds)


def test_all_active_people_are_read_however_many_pages_they_are(
    url: str, here: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.okta.paging.LARGEST_LIMIT", 20)
    unlimited(url)
    gone = ask(url, "GET", "/api/v1/users/carlos.diaz@acme.example").json()["id"]
    ask(url, "POST", f"/api/v1/users/{gone}/lifecycle/suspend")
    emails = [profile["email"] for profile in okta_people.profiles(DOMAIN, here, no_wait)]
    assert len(emails) == len(set(emails)) == len(people()) - 1
    assert "carlos.diaz@acme.example" not in emails


def test_a_rate_limit_is_waited_for_until_its_reset(url: str, here: dict[str, str]) -> None:
    limit(url, 0)
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        unlimited(url)

    assert len(list(okta_people.profiles(DOMAIN, here, sleep))) == len(people())
    assert len(waited) == 1
    assert 1 <= waited[0] <= okta_people.LONGEST_WAIT_SECONDS


def test_a_rate_limit_that_does_not_end_is_given_up(url: str, here: dict[str, str]) -> None:
    limit(url, 0)
    waited: list[float] = []
    with pytest.raises(CommandError, match="rate limit is used up"):
        list(okta_people.profiles(DOMAIN, here, waited.append))
    assert len(waited) == okta_people.TRIES - 1


def test_a_next_page_elsewhere_is_refused(url: str, here: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    unlimited(url)
    link = "https://acme.okta.com.elsewhere.example/api/v1/users?after=1"
    monkeypatch.setattr("sandbox.okta.paging.LARGEST_LIMIT", 20)
    monkeypatch.setattr("sandbox.okta.paging._link", lambda relation, _changes: f'<{link}>; rel="{relation}"')
    with pytest.raises(CommandError, match="said to be elsewhere, and was not asked for"):
        list(okta_people.profiles(DOMAIN, here, no_wait))


def test_more_people_or_a_longer_answer_than_is_read_end_in_a_line(
    here: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(okta_people, "MOST_PEOPLE", 3)
    with pytest.raises(CommandError, match="more than 3 active people"):
        list(okta_people.profiles(DOMAIN, here, no_wait))
    monkeypatch.setattr(okta_people, "MOST_BYTES", 100)
    with pytest.raises(CommandError, match="longer than 100 bytes"):
        list(okta_people.profiles(DOMAIN, here, no_wait))


def test_who_is_left_out_is_counted_by_why() -> None:
    person = {"firstName": "Ann", "lastName": "Lee", "department": "Data", "userType": "Senior", "title": "Engineer"}
    values = itertools.chain(
        [{**person, "email": "Ann@acme.example", "guide": True}],
        [{**person, "email": "b@acme.example", "department": "legal"}],
        [
            {**person, "email": "c@acme.example", "userType": "principal"},
            {**person, "email": "d@acme.example", "userType": None},
        ],
        [{**person, "email": ""}],
    )
    found = okta_people.found(values, ["data"], okta_people.Attributes(champion="guide"))
    (ann,) = found.people
    assert (ann.email, ann.name, ann.team, ann.kind) == (
        "ann@acme.example",
        "Ann Lee",
        "data",
        ("data", "senior", True),
    )
    assert ann.role == "Engineer"
    assert found.said == [
        "Okta: 5 active people, 1 to choose from",
        "left out: 1 whose department is no team of the stack file",
        "left out: 2 whose userType is not one of senior, mid, junior: principal 1, none 1",
        "left out: 1 without a name and an e-mail address that a roster can hold",
    ]


@pytest.mark.usefixtures("here")
def test_a_roster_is_proposed_from_okta(url: str, rollout: Command) -> None:
    unlimited(url)
    arguments = ("select", "-s", "dev", "--okta", "--champions", "0", "--size", "5", "--juniors", "0-5", "--json")
    ended = rollout(*arguments)
    assert "active people" in ended.err
    known = {person["email"]: person for person in people()}
    chosen = [choice["person"] for choice in ended.document["choices"]]
    assert len(chosen) == 5
    assert all(known[person["email"]]["seniority"] == person["seniority"] for person in chosen)
    assert all(known[person["email"]]["team"] == person["team"] for person in chosen)


@pytest.mark.usefixtures("here")
def test_that_okta_knows_no_champions_is_said(url: str, rollout: Command) -> None:
    unlimited(url)
    ended = rollout("select", "-s", "dev", "--okta")
    assert ended.code == 1
    assert "name a --champion-attribute, set --champions 0, or give a CSV" in ended.err


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("token", "words"), [("", "no OKTA_API_TOKEN to read the directory with"), ("another", "refuses OKTA_API_TOKEN")]
)
def test_without_a_good_token_a_line_says_so(
    rollout: Command, monkeypatch: pytest.MonkeyPatch, token: str, words: str
) -> None:
    monkeypatch.setenv("OKTA_API_TOKEN", token)
    ended = rollout("select", "-s", "dev", "--okta")
    assert (ended.code, ended.out, ended.err.strip().count("\n")) == (1, "", 0)
    assert words in ended.err


@pytest.mark.parametrize("arguments", [(), ("--okta", "--directory", "people.csv")])
def test_one_source_of_people_is_given(rollout: Command, arguments: tuple[str, ...]) -> None:
    ended = rollout("select", "-s", "dev", *arguments)
    assert ended.code == 2
    assert "give one of the two" in ended.err
