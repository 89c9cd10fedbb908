"""`rollout --version`: what an issue is asked for, from the one place that says it."""

from __future__ import annotations

import sys

import pytest

import rollout
from cli.app import main


def test_the_version_is_the_packages_and_nothing_is_loaded_for_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["rollout", "--version"])
    assert main() == 0
    assert capsys.readouterr().out == f"rollout {rollout.__version__}\n"
