"""A program in TypeScript, by the SDK that `pulumi package add` writes of the component's schema."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.engine import world as worlds
from tests.engine.languages.programs import node_modules, program_in
from tests.engine.world import World
from tests.stacks import PROJECT

ALICE = "alice.chen@acme.example"


def run(folder: Path, bins: Path, *command: str) -> None:
    path = os.pathsep.join([str(bins), os.environ.get("PATH", os.defpath)])
    ended = subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.fixture
def in_typescript(fresh: World, tmp_path: Path) -> Generator[World]:
    with worlds.running(worlds.again(fresh, tmp_path / "world")) as world:
        yield program_in("typescript", "pulumi-language-nodejs", world)


def test_a_program_in_typescript_compiles_against_the_sdk_and_holds_the_rollout(in_typescript: World) -> None:
    world, folder = in_typescript, in_typescript.folder
    node_modules(folder)
    world.pulumi("package", "add", str(PROJECT))
    sdk = folder / "sdks" / "claude-code"
    linked = folder / "node_modules" / "@pulumi" / "claude-code"
    if not linked.exists():  # what stands in for the official host links nothing
        linked.symlink_to(sdk)
    bins = folder / "node_modules" / ".bin"
    run(sdk, bins, "node", "scripts/postinstall.js")  # as npm does, where it installs the SDK
    run(folder, bins, "npm", "run", "build")
    world.up()
    assert world.output("residualAccess")["suspended"]["met"]
    assert world.sign_in(ALICE, "pilot")
    world.pulumi("preview", "--stack", "sandbox", "--expect-no-changes")
