"""Dependencies point one way: rollout <- components <- the root; nothing but tests reads the sandbox."""

from __future__ import annotations

import ast
import sys
import tomllib
from pathlib import Path

import pytest

from tests.stacks import PROJECT

TEMPLATE = PROJECT / "cli" / "company" / "template"
ROOMS = {
    *("rollout", "components", "cli", "functions", "mac", "commit_guard", "policies", "providers", "sandbox", "tests"),
    *("bootstrap", "gateway", "program"),
}
MAY_READ = {
    "rollout": {"rollout"},
    "components": {"components", "rollout", "providers"},
    "__main__.py": {"program"},
    "program": {"program", "components", "rollout"},
    "cli": {"cli", "rollout"},
    "functions": {"functions", "rollout"},
    "gateway": {"gateway"},
    "mac": {"commit_guard"},
    "policies": {"policies", "rollout"},
    "providers": {"providers"},
    "sandbox": {"sandbox"},
}
FORBIDDEN = {
    "rollout": {"pulumi", "boto3", "httpx"},
    "components": {"boto3", "httpx"},
    "functions": {"pulumi", "pydantic", "requests"},
    "gateway": {"pulumi", "pydantic", "requests"},
    "providers": {"boto3"},
}


def imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("room", MAY_READ)
def test_a_room_reads_only_what_it_may(room: str) -> None:
    path = PROJECT / room
    for file in [path] if path.is_file() else path.rglob("*.py"):
        if TEMPLATE in file.parents:
            continue  # what `rollout init` writes: a company's
        names = imported(file)
        assert names & ROOMS <= MAY_READ[room], file
        assert not names & FORBIDDEN.get(room, set()), file


def test_what_runs_on_the_macs_needs_nothing_but_python() -> None:
    for file in (PROJECT / "mac").rglob("*.py"):
        assert (
            imported(file) - {"aws_calls", "commit_guard", "rollout_credentials", "rollout_me", "rollout_token"}
            <= sys.stdlib_module_names
        ), file


def test_components_know_a_provider_by_its_sdk_alone() -> None:
    for file in (PROJECT / "components").glob("*.py"):
        for line in file.read_text(encoding="utf-8").splitlines():
            if "providers" in line and "import" in line:
                assert line == "from providers.jamf import sdk as jamf", file


def test_components_ask_neither_for_configuration_nor_for_the_stack() -> None:
    for file in (PROJECT / "components").glob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert "pulumi.Config" not in text
        assert "get_stack" not in text


def test_the_composition_root_stays_small() -> None:
    for file, most in {"stack.py": 60, "whole.py": 90}.items():
        assert len((PROJECT / "program" / file).read_text(encoding="utf-8").splitlines()) < most, file


def test_each_room_is_in_a_part_of_what_the_type_checker_is_given() -> None:
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pyright"]
    _, parts, _ = (PROJECT / "tools" / "types.sh").read_text(encoding="utf-8").split("'", 2)
    assert sorted(parts.split()) == sorted(settings["include"])
