"""The newest Pulumi SDK that was tried: what rests on its inside holds there as on the pinned one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.engine.find import numbers
from tests.engine.access import test_verdicts
from tests.engine.access.test_levels import GROUP
from tests.engine.world import World
from tests.stacks import PROJECT

REQUIREMENTS = Path(__file__).with_name("requirements-sdk-newest.txt")


@pytest.fixture(scope="session")
def newest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PYTHONPATH, with that SDK and nothing else."""
    folder = tmp_path_factory.mktemp("sdk")
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    subprocess.run([*install, "--target", str(folder), "--requirement", str(REQUIREMENTS)], check=True)
    return folder


@pytest.fixture(autouse=True)
def on_path(newest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(newest), str(PROJECT)]))


def test_it_is_newer_than_what_is_installed_and_is_what_a_program_gets() -> None:
    asked = "from importlib.metadata import version; import pulumi; print(version('pulumi'), pulumi.__file__)"
    version, _, file = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    ).stdout.partition(" ")
    assert f"pulumi=={version} " in REQUIREMENTS.read_text()
    assert str(PROJECT) not in file
    [installed] = [pin for pin in (PROJECT / "requirements.txt").read_text().splitlines() if pin.startswith("pulumi==")]
    assert numbers(version) > numbers(installed)


@pytest.mark.long
def test_a_verdict_on_memberships_fails_an_update_and_keeps_no_access(pilot: World) -> None:
    test_verdicts.test_a_removal_that_okta_refuses_at_a_suspension_fails_the_update_and_is_made_by_the_next(
        pilot, GROUP
    )


@pytest.mark.long
def test_the_verdicts_are_made_after_the_last_step() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "tests/graph/test_verdicts.py"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
