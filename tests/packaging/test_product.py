"""Whoever installs the product gets what it runs on, and nothing of the sandbox."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cli.company.upgrade import CHANGELOG
from tests.packaging.distributions import (
    INSTALLED,
    PRODUCT,
    copied,
    declared,
    imported,
    modules_of,
    undeclared,
    unused,
    wheel,
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
def product(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of it."""
    out = tmp_path_factory.mktemp("wheel")
    wheel(copied(tmp_path_factory.mktemp("product")), out)
    [made] = out.glob("claude_code_rollout-*.whl")
    return made


@pytest.mark.slow
def test_the_product_holds_each_file_of_its_rooms_and_no_other(product: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *INSTALLED],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    )
    held = {name for name in zipfile.ZipFile(product).namelist() if ".dist-info/" not in name}
    assert held == set(listed.stdout.split())


@pytest.mark.slow
def test_the_product_holds_what_changed_for_who_upgrades_to_it(product: Path) -> None:
    assert zipfile.ZipFile(product).read(CHANGELOG.as_posix()) == (PROJECT / "CHANGELOG.md").read_bytes()


@pytest.mark.slow
def test_the_product_alone_checks_a_stack_file(product: Path, tmp_path: Path) -> None:
    installed, project = tmp_path / "installed", tmp_path / "project"
    zipfile.ZipFile(product).extractall(installed)
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
