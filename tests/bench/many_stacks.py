"""A hundred cohorts as five stacks of twenty: the first makes what all share, and the others adopt it."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import yaml

from sandbox import company, workspace
from tests.bench.size import processor_seconds, stack_of, world_of
from tests.engine import world as worlds
from tests.engine.world import STACK, World

EACH = 20
AT_ONCE = 2
PARTS = ("organization", "models", "cohorts")


@dataclass(frozen=True, kw_only=True)
class Stacks:
    """`updates`: processor seconds of each stack's first update, the first stack's first, one after the other or
    `AT_ONCE`; `seconds`: what all of them took by the clock. `preview`: of the last one, without a change."""

    cohorts: int
    members: int
    resources: int
    updates: float
    seconds: float
    preview: float


def measured(root: Path, cohorts: int, members: int, each: int = EACH) -> Stacks:
    """In a sandbox of its own in `root`, which is made and left behind."""
    world, own = world_of(root, stack_of(cohorts, members))
    with world.stack_file() as config:
        config.update(stack_of(each, members)["config"])
    with patch.dict(os.environ, {company.VARIABLE: str(own)}), worlds.running(world):
        workspace.stacks(world.settings, world.folder)
        began = time.monotonic()
        updates = processor_seconds(lambda: _up(world, STACK))
        elapsed = time.monotonic() - began
        others = [_beside(world, f"more{n}", each, members, n) for n in range(each, cohorts, each)]
        began = time.monotonic()
        updates += processor_seconds(lambda: _at_once(world, others))
        elapsed += time.monotonic() - began
        last = others[-1] if others else STACK
        unchanged = ("preview", "--expect-no-changes", "--stack", last)
        preview = processor_seconds(lambda: world.pulumi(*unchanged, timeout=600))
        resources = sum(len(world.state(stack)) for stack in (STACK, *others))
    return Stacks(
        cohorts=cohorts, members=members, resources=resources, updates=updates, seconds=elapsed, preview=preview
    )


def _up(world: World, stack: str) -> str:
    return world.pulumi("up", "--stack", stack, "--yes", "--skip-preview", timeout=3600)


def _at_once(world: World, stacks: Sequence[str]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for done in [threads.submit(_up, world, stack) for stack in stacks]:
            done.result()


def _beside(world: World, stack: str, cohorts: int, members: int, first: int) -> str:
    """As a person writes it: by `rollout init --beside`, and then the cohorts."""
    wanted = stack_of(cohorts, members, first)["config"]
    (world.folder / "people.csv").write_text(
        "name,email,team\nRavi Menon,ravi@acme.example,team000\n", encoding="utf-8"
    )
    answers = {"cohort": "trial", "people": "people.csv", "models": ["haiku"], "monthly_usd": 500}
    (world.folder / "answers.yaml").write_text(yaml.safe_dump(answers), encoding="utf-8")
    ended = world.command("init", "--beside", STACK, "--stack", stack, "--answers", "answers.yaml", "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    with world.stack_file(stack) as config:
        config.update({key: wanted[key] for part in PARTS if (key := f"{company.PREFIX}{part}")})
    world.pulumi("stack", "init", stack, "--no-select")
    return stack
