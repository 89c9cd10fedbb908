"""The editor's schema says what the models say."""

from __future__ import annotations

import json

from rollout.stack_file.schema import stack_file_schema
from tests.stacks import COMMITTED, COMPANY, PROJECT

FILE = PROJECT / "stack-file.schema.json"


def test_the_committed_schema_is_the_models_own() -> None:
    assert json.loads(FILE.read_text(encoding="utf-8")) == stack_file_schema(), "run `make schema` and commit the file"


def test_each_stack_file_names_the_schema_for_the_editor() -> None:
    for stack in COMMITTED:
        first = (COMPANY / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8").splitlines()[0]
        assert first == f"# yaml-language-server: $schema=../../{FILE.name}"
