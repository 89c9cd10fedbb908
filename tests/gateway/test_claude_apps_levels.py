"""The drill with `claude gateway`: at each level what one says that still has the file of before, and one with its own.

IAM judges each call, since it is made with a session of the person's: a file that was not read again gives nothing back.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import yaml

from tests.engine.access.test_levels import set_level
from tests.engine.access.test_machines import INCIDENT
from tests.gateway.conftest import Company
from tests.gateway.deployed import ALICE, SAMIRA
from tests.gateway.person import Person

SONNET, HAIKU, OPUS = MODELS = ("claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-5-5")
BOB = "bob.kim@acme.example"
SERVED, DENIED, NOT_LISTED = 200, 403, 400


@dataclass(frozen=True)
class Row:
    """`old`, `new`: what Alice is answered for each model by the gateway with active's file, and by one with this
    level's; none of the new: she gets no session there. `file`: whether her cohort is in the new file at all.
    `resumed`: whether the old one is to be asked for a while, without being started anew."""

    level: str
    old: tuple[int, ...]
    new: tuple[int, ...]
    file: bool = True
    resumed: bool = False


# The plan's levels. At `restricted` it is settings that change.
ROWS = (
    Row("active", (SERVED,) * 3, (SERVED,) * 3),
    Row("restricted", (SERVED,) * 3, (SERVED,) * 3),
    Row("throttled", (DENIED, SERVED, DENIED), (NOT_LISTED, SERVED, NOT_LISTED)),
    Row("suspended", (DENIED,) * 3, (), file=False),
    Row("active", (SERVED,) * 3, (SERVED,) * 3, resumed=True),
    Row("rolled_back", (DENIED,) * 3, (), file=False),
    # The profiles are others now, which the old file does not name.
    Row("active", (DENIED,) * 3, (SERVED,) * 3),
)
# A gateway keeps a person's session of AWS; after a refusal it takes a new one, if that one is half a minute old.
AGAIN_SECONDS = 90


def asked(person: Person) -> tuple[int, ...]:
    return tuple(status(person.asks(model)) for model in MODELS)


def status(answer: httpx.Response) -> int:
    """Whatever AWS refused, of STS or of Bedrock, is DENIED: the gateway tells a client no more than that."""
    return DENIED if answer.status_code in {403, 502} else answer.status_code


def served_in(text: str) -> set[str]:
    return {upstream["name"] for upstream in yaml.safe_load(text)["upstreams"]}


def at(company: Company, level: str) -> str:
    """The level in force, and its file."""
    set_level(company.world, level)
    company.world.up()
    return company.files().gateway


def test_each_level_holds_for_a_gateway_that_has_not_read_it_and_for_one_that_has(company: Company) -> None:
    alice, samira = company.person(ALICE), company.person(SAMIRA)
    with ExitStack() as stack:
        old = stack.enter_context(company.gateway(company.files().gateway))
        for person in (alice, samira):
            person.signs_in()
        for row in ROWS:
            text = at(company, row.level)
            company.internet.hosts["claude.acme.example"] = old.port
            until = time.monotonic() + (AGAIN_SECONDS if row.resumed else 0)
            while (found := asked(alice)) != row.old and time.monotonic() < until:
                time.sleep(2)
            assert found == row.old, row
            assert samira.asks(HAIKU).status_code == SERVED, row  # her cohort is not the one that is cut
            assert ("pilot" in served_in(text)) is row.file, row
            with company.gateway(text):
                assert (asked(alice) if row.new else ()) == row.new, row
                if not row.new:
                    # With the session that she still has, and with none that she could get.
                    assert set(asked(alice)) == {NOT_LISTED}, row
                    assert alice.refreshes().status_code == 401, row
                    assert "access_token" not in company.person(ALICE).signs_in().json(), row


def test_one_member_alone_is_held_by_iam_whatever_the_cohorts_file_says(company: Company) -> None:
    world = company.world
    alice, bob = company.person(ALICE), company.person(BOB)
    text = company.files().gateway
    with company.gateway(text):
        for person in (alice, bob):
            person.signs_in()
        changes: list[tuple[str, Callable[[Person], Any], Any]] = [
            ("throttled", asked, (DENIED, SERVED, DENIED)),
            ("suspended", asked, (DENIED,) * 3),
        ]
        for level, ask, expected in changes:
            with world.stack_file() as config:
                pilot = config["claude-code-rollout:cohorts"]["pilot"]
                pilot["members"] = {ALICE: {"level": level, "incident": INCIDENT}}
            world.up()
            assert ask(alice) == expected
            assert asked(bob) == (SERVED,) * 3
        said = company.files().gateway
        assert yaml.safe_load(said) == yaml.safe_load(text)
        assert f"# Of cohort pilot, IAM and not this file has the level of: {ALICE}" in said
        assert alice.refreshes().status_code == 401
