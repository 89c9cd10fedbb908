"""The examples in other languages, each as a project in a world of its own, with the hosts that run them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from sandbox import workspace
from sandbox.engine.language_hosts import language_host
from tests.engine.world import World
from tests.stacks import PROJECT

EXAMPLES = PROJECT / "examples"


def program_in(language: str, host: str, world: World) -> World:
    """`world`, but that its project is the example in this language."""
    folder = world.folder.parent / language
    shutil.copytree(EXAMPLES / language, folder, ignore=shutil.ignore_patterns("node_modules", "sdks", "bin"))
    placed = workspace.bin_folder(world.settings) / host
    if not placed.exists():  # the release's archive brings it along
        workspace.link(language_host(host, say), placed)
    project = folder / "Pulumi.yaml"
    here = os.path.relpath(PROJECT, folder)
    project.write_text(
        project.read_text(encoding="utf-8").replace("claude-code: ../..", f"claude-code: {here}"), "utf-8"
    )
    return replace(world, folder=folder)


def node_modules(folder: Path) -> None:
    """What the example's lock file names, from the npm registry."""
    ended = subprocess.run(
        ["npm", "ci", "--silent", "--prefer-offline", "--ignore-scripts"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
