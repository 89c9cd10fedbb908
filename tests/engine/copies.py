"""Copies of the project and of what a sandbox remembers, for a test to change."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.stacks import COMPANY, PROJECT

PROGRAM = ("__main__.py", "program", "Pulumi.yaml", "rollout", "components", "functions", "mac", "providers")


def copy_project(folder: Path) -> None:
    """The program with the company's files beside it, so that a test may change either."""
    folder.mkdir(parents=True)
    for path in [*(PROJECT / name for name in PROGRAM), *COMPANY.glob("Pulumi.*.yaml"), COMPANY / "rosters"]:
        if path.is_dir():
            shutil.copytree(path, folder / path.name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(path, folder / path.name)


def link_or_copy(source: str, target: str) -> None:
    """The engine is large and never changes; all else is a copy."""
    if Path(source).name == "pulumi":
        Path(target).hardlink_to(source)
    else:
        shutil.copy2(source, target)
