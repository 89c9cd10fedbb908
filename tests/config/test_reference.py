"""docs/stack-file.md: made from the models, complete, and its examples load."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from cli.pages.reference import page
from cli.pages.reference_examples import EXAMPLES
from rollout.model.rollout import Rollout
from rollout.stack_file.load import PROJECT, load
from tests import stacks

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_the_reference_says_what_the_models_say() -> None:
    written = (stacks.PROJECT / "docs" / "stack-file.md").read_text(encoding="utf-8")
    assert page() == written, "run `make reference`"


def test_each_key_of_each_part_has_a_meaning() -> None:
    rows = [line.strip("|").split(" | ") for line in page().splitlines() if line.startswith("| ")]
    assert len(rows) > len(Rollout.model_fields)
    assert [row[0].strip() for row in rows if not row[-1].strip()] == []


def test_each_key_has_an_example() -> None:
    assert EXAMPLES.keys() == Rollout.model_fields.keys()


@pytest.mark.parametrize("key", Rollout.model_fields)
def test_each_example_can_be_added_to_a_small_stack_file_and_shows_its_key(key: str) -> None:
    added: dict[str, Any] = {
        name.removeprefix(f"{PROJECT}:"): value for name, value in yaml.safe_load(EXAMPLES[key]).items()
    }
    assert key in added
    secrets = {name: stacks.DECRYPTED[name] for name, value in added.items() if name in stacks.DECRYPTED and value}
    teams = {"organization": stacks.content("sandbox")[f"{PROJECT}:organization"]}
    rollout = load(stacks.config({**stacks.small(), **teams, **added, **secrets}), stacks.COMPANY, NOW)
    assert key in rollout.model_fields_set
