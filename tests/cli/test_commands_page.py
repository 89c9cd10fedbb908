"""The reference of the commands, and what the tab key offers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.commands_page import page
from tests.stacks import PROJECT


def test_the_page_is_what_the_commands_say() -> None:
    assert (PROJECT / "docs" / "rollout.md").read_text(encoding="utf-8") == page(), "run `make commands-page`"


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("rollout check -s p", ["prod"]),
        ("rollout remove-member -s dev tr", ["trial"]),
        ("rollout set-level -s dev trial sus", ["suspended"]),
        ("rollout remove-member -s prod pilot alice", ["alice.chen@acme.example"]),
    ],
)
def test_the_tab_key_offers_what_the_files_have(project: Path, typed: str, offered: list[str]) -> None:
    assert completed(project, typed) == (offered, "")


def test_the_tab_key_is_silent_where_the_files_are_wrong(project: Path) -> None:
    for file in project.glob("Pulumi.*.yaml"):
        file.write_text("config: [", encoding="utf-8")
    assert completed(project, "rollout remove-member -s dev tr") == ([], "")


def completed(folder: Path, typed: str) -> tuple[list[str], str]:
    variables = {
        **os.environ,
        "PYTHONPATH": str(PROJECT),
        "_ROLLOUT_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split()) - 1),
    }
    ended = subprocess.run(
        [sys.executable, "-m", "cli"], cwd=folder, env=variables, capture_output=True, text=True, check=False
    )
    return ended.stdout.split(), ended.stderr
