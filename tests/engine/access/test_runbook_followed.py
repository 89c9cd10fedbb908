"""The runbook followed to the letter by somebody at a terminal, who reads what is asked and says yes: one person
restricted, cut, the cohort suspended, rolled back, and given back."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

import pytest

from cli.live.emergency import RoleState, role_state
from cli.stack_file.files import rollout_of
from rollout.observability.alarms import shared_alarms
from sandbox import workspace
from sandbox.errors import SandboxError
from tests.documentation.markdown import blocks, code_in_sentences
from tests.drill.traffic import answers, bedrock
from tests.engine.world import STACK, World
from tests.stacks import COMPANY, PROJECT
from tests.terminal import typed

SET = f"set-level -s {STACK}"
RUNBOOK = PROJECT / "docs" / "runbook.md"
ALICE, BOB = "alice.chen@acme.example", "bob.kim@acme.example"


def lines() -> list[str]:
    """What it says to type of `rollout`, in its order; `STACK` is what it calls any."""
    shown = [line for block in blocks("sh") if block.page == RUNBOOK for line in block.text.splitlines()]
    shown += [code for code in code_in_sentences(RUNBOOK) if code.endswith(" pilot active")][:1]
    return [line.replace("STACK", STACK) for line in shown if line.startswith("rollout ")]


def line(beginning: str) -> str:
    """The first one that begins so."""
    found = [each for each in lines() if each.startswith(f"rollout {beginning}")]
    assert found, f"the runbook has no line rollout {beginning}"
    return found[0]


def follow(world: World, shown: str) -> str:
    _, *words = shlex.split(shown, comments=True)
    with typed(words, world.folder, workspace.full_environment(world.settings)) as command:
        code, said = command.answers("y")
    assert code == 0, f"{shown}\n{said}"
    return said


def iam(world: World) -> RoleState:
    return role_state(world.aws, "pilot")


def lives(world: World, sessions: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Whom a model answers; a session ends with its role."""
    found = world.aws("bedrock").list_inference_profiles(typeEquals="APPLICATION")["inferenceProfileSummaries"]
    [haiku] = [each["inferenceProfileArn"] for each in found if "-pilot-haiku-" in each["inferenceProfileName"]]
    return [who for who, session in sessions.items() if answers(bedrock(world, session), haiku)]


@pytest.mark.long
def test_the_runbooks_lines_typed_in_order_do_what_it_says(pilot: World) -> None:
    sessions = {who: pilot.sign_in(who, "pilot") for who in (ALICE, BOB)}

    said = follow(pilot, line(f"{SET} {ALICE} restricted "))
    assert "verified: " in said
    assert said.count("[y/N]") == 1
    assert lives(pilot, sessions) == [ALICE, BOB]

    assert "in force in IAM since " in follow(pilot, line(f"cut {ALICE}"))
    assert lives(pilot, sessions) == [BOB]
    assert "in force in IAM since " in follow(pilot, line("cut pilot"))
    assert lives(pilot, sessions) == []

    said = follow(pilot, line(f"{SET} pilot suspended "))
    assert said.count("[y/N]") == 2
    assert said.index("in force in IAM since ") < said.index("verified: ")
    assert (iam(pilot).suspended, iam(pilot).allows, iam(pilot).cut) == (True, False, None)
    assert lives(pilot, sessions) == []
    with pytest.raises(SandboxError):
        pilot.sign_in(BOB, "pilot")

    assert "verified: " in follow(pilot, line(f"{SET} pilot rolled_back "))
    assert not iam(pilot).exists

    assert "verified: " in follow(pilot, line(f"{SET} pilot active"))
    assert (iam(pilot).allows, iam(pilot).suspended) == (True, False)
    assert lives(pilot, sessions) == [], "sessions from before stay dead"
    assert lives(pilot, {BOB: pilot.sign_in(BOB, "pilot")}) == [BOB]


def test_runbook_and_alarm_say_the_same_the_person_first() -> None:
    text = RUNBOOK.read_text(encoding="utf-8")
    typed_at_night = [each for each in lines() if each.startswith(f"rollout set-level -s {STACK} ")]
    people = ["@" in each for each in typed_at_night]
    assert people == sorted(people, reverse=True), "the lines of a person come before those of a cohort"
    [alarm] = [
        each
        for each in shared_alarms(rollout_of(COMPANY / f"Pulumi.{STACK}.yaml", by_clock=False))
        if each.name.endswith("credential-found")
    ]
    for words in (
        "that person to `restricted` with the incident (`rollout set-level -s STACK PERSON restricted",
        "may have been used, `rollout cut` the person, then the cohort, and then `suspended`",
    ):
        assert words in text
        assert words in re.sub(r"\s+", " ", alarm.then)
