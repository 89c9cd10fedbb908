"""What other languages' SDKs are made of, as a file to review: a change here is a change of their programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from program.package.host import Package

FILE = Path(__file__).with_name("package-schema.json")


def test_the_components_have_the_schema_that_was_reviewed(request: pytest.FixtureRequest) -> None:
    text = json.dumps(json.loads(Package().schema or ""), indent=2, ensure_ascii=False) + "\n"
    if request.config.getoption("--golden-write"):
        FILE.write_text(text, encoding="utf-8")
    assert FILE.read_text(encoding="utf-8") == text, "run `make golden`, review the difference, and commit it"
