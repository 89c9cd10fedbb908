"""Commands run in this process, in a folder of their own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.app import main
from tests.stacks import COMMITTED, COMPANY


@dataclass(frozen=True)
class Ended:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Ended]


@pytest.fixture(autouse=True)
def no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of any account: whoever listens at port 9 of this machine is nobody."""
    for name, value in (("AWS_ENDPOINT_URL", "http://127.0.0.1:9"), ("AWS_ACCESS_KEY_ID", "test")):
        monkeypatch.setenv(name, value)
    for name, value in (("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_PROFILE", "OKTA_API_TOKEN", "OKTA_HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The committed stack files and rosters, to change."""
    folder = tmp_path / "project"
    folder.mkdir()
    for stack in COMMITTED:
        shutil.copy(COMPANY / f"Pulumi.{stack}.yaml", folder)
    shutil.copytree(COMPANY / "rosters", folder / "rosters")
    return folder


@pytest.fixture
def rollout(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """`rollout` with arguments, in the project's folder unless `folder` is another."""

    def run(*arguments: str, folder: Path = project) -> Ended:
        monkeypatch.chdir(folder)
        monkeypatch.setattr("sys.argv", ["rollout", *arguments])
        monkeypatch.delenv("ROLLOUT_STACK", raising=False)
        monkeypatch.setenv("COLUMNS", "80")
        try:
            code = main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return run
