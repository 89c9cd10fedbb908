"""What the README shows is true: its stack-file blocks load, its commands exist, its links lead somewhere."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from rollout.load import load
from tests import stacks

PAGES = [stacks.PROJECT / "README.md", *sorted((stacks.PROJECT / "docs").rglob("*.md"))]
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_each_stack_file_block_of_the_readme_can_be_added_to_the_sandbox_stack() -> None:
    found = blocks(PAGES[0], "yaml")
    assert found
    for block in found:
        added = yaml.safe_load(block)["config"]
        content = stacks.content("sandbox")
        for key, value in added.items():
            content[key] = content[key] | value if key.endswith(":cohorts") else value
        rollout = load(stacks.as_engine(content), stacks.PROJECT, NOW)
        assert set(added.get("claude-code-rollout:cohorts", {})) <= set(rollout.cohorts)


def test_each_make_command_shown_is_a_target() -> None:
    makefile = (stacks.PROJECT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    shown = {
        word
        for page in PAGES
        for word in re.findall(r"`?\bmake (?:-s )?([a-z-]+)\b(?=[`\s)])", "\n".join(blocks(page, "sh")))
    }
    assert shown
    assert shown <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert "://" in target or (page.parent / target).exists(), target


def test_the_readme_names_every_room() -> None:
    layout = blocks(PAGES[0], "text")[-1]
    named = {line.split()[0].rstrip("/") for line in layout.splitlines() if line.strip()}
    rooms = {path.name for path in stacks.PROJECT.iterdir() if (path / "__init__.py").exists()}
    assert rooms <= named
