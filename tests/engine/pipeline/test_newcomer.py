"""A newcomer's path: from a list of people to a cohort that has access, lost it, has it again, and is told of.

How long each step takes is printed (`pytest -s`), and judged by nobody here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from tests.engine.world import STACK, World

ROSTER = """name,email,team,role,seniority,champion,manager,rationale
Ravi Menon,ravi.menon@acme.example,backend,Engineer,mid,yes,,Asked for it
Yuki Mori,yuki.mori@acme.example,backend,Engineer,junior,no,,Learns fast
"""
RAVI = "ravi.menon@acme.example"


@contextmanager
def timed(step: str) -> Generator[None]:
    began = time.monotonic()
    yield
    print(f"{time.monotonic() - began:6.1f} s  {step}")  # noqa: T201  shown by `pytest -s`


def typed(world: World, *words: str) -> str:
    with timed(f"rollout {' '.join(words[:3])}"):
        answer = world.command(*words)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def may_sign_in(world: World, email: str, cohort: str) -> bool:
    try:
        world.sign_in(email, cohort)
    except SandboxError:
        return False
    return True


@pytest.mark.long
def test_a_newcomer_opens_a_cohort_takes_it_back_resumes_and_reports(empty: World, tmp_path: Path) -> None:
    people, page = tmp_path / "people.csv", tmp_path / "report.html"
    people.write_text(ROSTER, encoding="utf-8")

    typed(empty, "add-cohort", "wave2", "--stack", STACK, "--model", "haiku", "--level", "planned", "--yes")
    typed(empty, "import-roster", "wave2", str(people), "--stack", STACK, "--shared", "--yes")
    judged = json.loads(typed(empty, "check", "--stack", STACK, "--json"))["stacks"][STACK]
    assert judged["mistakes"] == []
    assert judged["cohorts"]["wave2"]["people"] == 2

    typed(empty, "set-level", "wave2", "active", "--stack", STACK, "--yes")
    with timed("pulumi up"):
        empty.up("--expect-no-changes")
    assert may_sign_in(empty, RAVI, "wave2")

    why = ("--incident", "INC-7", "--reason", "A key was committed")
    said = typed(empty, "set-level", "wave2", "suspended", "--stack", STACK, *why, "--yes")
    assert "verified" in said
    assert not may_sign_in(empty, RAVI, "wave2")

    typed(empty, "set-level", "wave2", "active", "--stack", STACK, "--yes")
    assert may_sign_in(empty, RAVI, "wave2")
    assert typed(empty, "status", "--stack", STACK)

    typed(empty, "report", "--stack", STACK, "--out", str(page))
    text = page.read_text(encoding="utf-8")
    assert "INC-7" in text
    assert "27 of 51 people have Claude Code" in text
