"""`ci/prepare` on a machine without an engine: what GitHub would serve is an archive of ours."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.engine import FLOOR, VERSION
from sandbox.engine.find import numbers
from tests.stacks import PROJECT

MACHINES = ("linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64")
UNPACKED = "#!/bin/sh\necho v{}\n"
SHIMS = {
    "make": "exit 0",
    "uname": '[ "$1" = -s ] && echo Linux || echo x86_64',
    # Only what was asked for is served, over https, and into the file that was named.
    "curl": 'while [ $# -gt 1 ]; do [ "$1" = --output ] && file=$2; [ "$1" = --proto ] && only=$2; shift; done\n'
    '[ "$only" = =https ] && echo "$1" >>"$SERVED/asked" && cp "$SERVED/$(basename "$1")" "$file"',
}


@dataclass(frozen=True)
class Runner:
    """A copy of what `ci/prepare` reads, and a machine of CI's: its home, and a PATH of little."""

    folder: Path

    @property
    def engine(self) -> Path:
        return self.folder / "home" / ".pulumi" / "bin" / "pulumi"

    @property
    def on_path(self) -> str:
        file = self.folder / "github_path"
        return file.read_text() if file.exists() else ""

    def pin(self, digest: str) -> None:
        name = f"pulumi-v{FLOOR}-linux-x64.tar.gz"
        (self.folder / "ci" / "engine.sha256").write_text(f"{digest}  {name}\n")

    def prepare(self) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.pathsep.join([str(self.folder / "bin"), "/usr/bin", "/bin"]),
            "HOME": str(self.folder / "home"),
            "GITHUB_PATH": str(self.folder / "github_path"),
            "SERVED": str(self.folder),
        }
        return subprocess.run(
            ["ci/prepare"], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    made = Runner(tmp_path)
    (tmp_path / "home").mkdir()
    (tmp_path / "bin").mkdir()
    shutil.copytree(PROJECT / "ci", tmp_path / "ci")
    for name, script in SHIMS.items():
        program(tmp_path / "bin" / name, f"#!/bin/sh\n{script}\n")
    program(tmp_path / "release" / "pulumi" / "pulumi", UNPACKED.format(FLOOR))
    program(tmp_path / "release" / "pulumi" / "pulumi-language-python", UNPACKED.format(FLOOR))
    archive = tmp_path / f"pulumi-v{FLOOR}-linux-x64.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(tmp_path / "release" / "pulumi", "pulumi")
    made.pin(hashlib.sha256(archive.read_bytes()).hexdigest())
    return made


def program(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)


def test_the_pinned_archive_is_installed_with_its_language_host(runner: Runner) -> None:
    done = runner.prepare()
    assert done.returncode == 0, done.stderr
    assert subprocess.run([runner.engine], capture_output=True, text=True, check=True).stdout == f"v{FLOOR}\n"
    assert (runner.engine.parent / "pulumi-language-python").exists()
    assert runner.on_path == f"{runner.engine.parent}\n"
    [asked] = (runner.folder / "asked").read_text().splitlines()
    assert asked.startswith("https://github.com/pulumi/pulumi/releases/download/")


def test_an_archive_that_is_not_the_pinned_one_is_not_unpacked(runner: Runner) -> None:
    runner.pin("0" * 64)
    done = runner.prepare()
    assert done.returncode == 1
    assert f"pulumi-v{FLOOR}-linux-x64.tar.gz is not the one that is pinned" in done.stderr
    assert not runner.engine.exists()
    assert not runner.on_path


def test_without_a_digest_nothing_is_asked_for(runner: Runner) -> None:
    (runner.folder / "ci" / "engine.sha256").write_text("# none yet\n")
    done = runner.prepare()
    assert done.returncode == 1
    assert "ci/engine.sha256 has no line for" in done.stderr
    assert not (runner.folder / "asked").exists()


def test_what_cannot_be_had_is_said(runner: Runner) -> None:
    (runner.folder / f"pulumi-v{FLOOR}-linux-x64.tar.gz").unlink()
    assert runner.prepare().returncode == 1
    assert not runner.engine.exists()


def test_an_engine_of_the_pinned_version_is_kept(runner: Runner) -> None:
    program(runner.folder / "bin" / "pulumi", UNPACKED.format(FLOOR))
    assert runner.prepare().returncode == 0
    assert not (runner.folder / "asked").exists()


def test_the_floor_is_pinned_for_each_kind_of_machine_and_the_sdk_is_not_older_than_it() -> None:
    pins = (PROJECT / "requirements.txt").read_text().splitlines()
    [sdk] = [pin for pin in pins if pin.startswith("pulumi==")]
    assert numbers(FLOOR) <= numbers(sdk)
    assert numbers(FLOOR) <= numbers(VERSION)
    pinned = re.findall(r"^[0-9a-f]{64}  (.*)$", (PROJECT / "ci" / "engine.sha256").read_text(), re.MULTILINE)
    assert pinned == [f"pulumi-v{FLOOR}-{machine}.tar.gz" for machine in MACHINES]


def test_no_workflow_and_no_script_runs_what_it_is_served() -> None:
    files = [*(PROJECT / "ci").iterdir(), *(PROJECT / ".github" / "workflows").iterdir(), PROJECT / "Makefile"]
    assert [file.name for file in files if re.search(r"curl.*\|\s*(ba)?sh\b", file.read_text())] == []
