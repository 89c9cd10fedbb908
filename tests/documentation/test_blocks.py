"""What pages show of files is right: a stack file's parts load, everything else is what it says it is."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from rollout.model.errors import StackFileError
from rollout.stack_file.load import PROJECT, load
from tests import stacks
from tests.documentation.markdown import Block, blocks

NOW = datetime(2026, 11, 24, tzinfo=UTC)
# Read by eye, each with why: no reader of it is part of the project.
UNREAD = {
    "": "what a review's comment folds",
    "text": "what programs print",
    "diff": "a diff",
    "hcl": "Terraform",
    "mermaid": "drawn by GitHub",
}


def _completed(base: Any, added: Any) -> Any:
    """What a page shows, in place of the same keys in a whole stack file."""
    if isinstance(added, Mapping) and "members" in added and isinstance(base, Mapping):
        return added  # a cohort as a whole, in place of one with a roster
    if isinstance(base, Mapping) and isinstance(added, Mapping):
        base, added = cast("dict[str, Any]", base), cast("dict[str, Any]", added)
        return {**base, **{key: _completed(base.get(key), value) for key, value in added.items()}}
    return added


def _stack_file(text: str) -> dict[str, Any]:
    """A block's keys as a stack file has them, whether it shows `config:`, full keys or ours alone."""
    shown = yaml.safe_load(text)
    shown = shown.get("config", shown)
    return {key if ":" in key else f"{PROJECT}:{key}": value for key, value in shown.items()}


def loaded(text: str, folder: Path) -> set[str]:
    """The block's keys, loaded as a part of the sandbox's stack file; a mistake raises."""
    shown = _stack_file(text)
    assert shown
    secrets = {f"{PROJECT}:{key}": value for key, value in stacks.DECRYPTED.items()}
    whole = {**_completed(stacks.content("sandbox"), shown), **{key: secrets[key] for key in shown.keys() & secrets}}
    load(stacks.as_engine(whole), folder, NOW)
    return set(shown)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("project")
    shutil.copytree(stacks.COMPANY / "rosters", found / "rosters")
    return found


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_each_part_of_a_stack_file_loads(block: Block, folder: Path) -> None:
    loaded(block.text, folder)


def test_a_part_with_a_mistake_does_not_load(folder: Path) -> None:
    with pytest.raises(StackFileError, match=r"cohorts.pilot.level: not one of planned"):
        loaded("cohorts:\n  pilot:\n    level: suspendet\n", folder)


def test_each_document_can_be_read() -> None:
    for block in blocks("json", "toml"):
        {"json": json.loads, "toml": tomllib.loads}[block.language](block.text)


def test_each_block_says_what_it_is() -> None:
    known = {"sh", "yaml", "json", "toml", *UNREAD}
    every = blocks(*known, "bash", "python", "console", "shell", "yml", "mermaid")
    assert [str(block) for block in every if block.language not in known] == []


@pytest.mark.parametrize("block", blocks("mermaid"), ids=str)
def test_no_sentence_in_a_drawing_has_a_semicolon(block: Block) -> None:
    """It ends a statement, and GitHub then shows an error in place of the drawing."""
    assert ";" not in block.text
