"""Whoever installs the product gets what it runs on, and nothing of the sandbox."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.packaging.distributions import (
    PRODUCT,
    declared,
    imported,
    modules_of,
    undeclared,
    unused,
    with_all_they_need,
)
from tests.stacks import COMPANY, PROJECT

PYPROJECT = PROJECT / "pyproject.toml"
# Refuses modules, as if nobody had installed them; then is `rollout`.
WITHOUT = """
import sys
refused = set(sys.argv.pop(1).split(","))
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in refused:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
sys.path.insert(0, sys.argv.pop(1))
from cli.app import main
sys.exit(main())
"""


def test_the_product_depends_on_what_it_imports_and_on_nothing_else() -> None:
    holders = imported(PRODUCT)
    assert (undeclared(PYPROJECT, holders), unused(PYPROJECT, holders)) == ([], set())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, since a build writes beside what it builds; without the network."""
    copy, out = tmp_path_factory.mktemp("product"), tmp_path_factory.mktemp("wheel")
    for room in PRODUCT:
        shutil.copytree(PROJECT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, copy)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", str(out), str(copy)], check=True, capture_output=True)
    [made] = out.glob("claude_code_rollout-*.whl")
    return made


@pytest.mark.slow
def test_the_product_holds_each_file_of_its_rooms_and_no_other(wheel: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *PRODUCT],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    )
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == set(listed.stdout.split())


@pytest.mark.slow
def test_the_product_alone_checks_a_stack_file(wheel: Path, tmp_path: Path) -> None:
    installed, project = tmp_path / "installed", tmp_path / "project"
    zipfile.ZipFile(wheel).extractall(installed)
    project.mkdir()
    for name in ("Pulumi.yaml", "Pulumi.sandbox.yaml"):
        shutil.copy(COMPANY / name, project)
    shutil.copytree(COMPANY / "rosters", project / "rosters")
    beside = modules_of(set().union(*imported(["sandbox", "tests"]))) - modules_of(
        with_all_they_need(declared(PYPROJECT))
    )
    refused = beside | {"sandbox", "tests"}
    assert {"moto", "flask", "lxml", "signxml"} <= refused
    said = subprocess.run(
        [sys.executable, "-P", "-c", WITHOUT, ",".join(refused), str(installed), "check"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stderr) == (0, "")
    assert "pilot" in said.stdout
