"""`ci/review`, as the job that comments runs it: the base's code, on what a request brings as data."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.stacks import COMPANY, PROJECT

COMMITTER = ["-c", "user.name=Somebody", "-c", "user.email=somebody@acme.example", "-c", "commit.gpgsign=false"]
FILE = "Pulumi.prod.yaml"


class Request:
    """A repository whose `main` is the base, with one commit of a request upon it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.out = folder / "request", folder / "review"
        self.folder.mkdir()
        self.out.mkdir()
        shutil.copy(COMPANY / FILE, self.folder)
        shutil.copytree(COMPANY / "rosters", self.folder / "rosters")
        self.git("init", "--quiet", "--initial-branch", "main")
        self._commit()
        self.base = self.git("rev-parse", "HEAD").strip()
        (self.out / "events.jsonl").write_text('{"summaryEvent": {}}')
        (self.out / "diff.txt").write_text("")

    def git(self, *arguments: str) -> str:
        command = ["git", *COMMITTER, *arguments]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def _commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "as it is")

    def comment(self) -> str:
        """What `ci/review` of this checkout says of it."""
        self._commit()
        said = subprocess.run(
            [str(PROJECT / "ci" / "review"), "prod", self.base, str(self.out), str(self.folder)],
            cwd=PROJECT,
            env={**os.environ, "PYTHON": sys.executable},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (said.returncode, said.stderr) == (0, "")
        return (self.out / "comment.md").read_text(encoding="utf-8")


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    return Request(tmp_path)


def suspend(request: Request) -> None:
    file = request.folder / FILE
    config = yaml.safe_load(file.read_text(encoding="utf-8"))
    incident = {"id": "INC-7", "since": "2026-11-23T14:05:00Z", "reason": "A key was committed"}
    config["config"]["claude-code-rollout:cohorts"]["pilot"] |= {"level": "suspended", "incident": incident}
    file.write_text(yaml.safe_dump(config), encoding="utf-8")


def test_a_request_that_rewrites_its_judge_is_judged_by_the_base(request_: Request) -> None:
    suspend(request_)
    for name in ("cli", "rollout", "yaml"):
        package = request_.folder / name
        package.mkdir()
        (package / "__init__.py").write_text("raise SystemExit('nothing to see')")
    said = request_.comment()
    assert "**25 lose access**" in said
    assert "**Touches what judges it**: `cli/__init__.py`, `rollout/__init__.py`." in said


def _attributes(folder: Path) -> None:
    (folder / ".gitattributes").write_text(f"{FILE} export-ignore -diff\nrosters export-ignore\n")


def _link(folder: Path) -> None:
    roster = folder / "rosters" / "pilot.csv"
    secret = folder.parent / "secret.csv"
    secret.write_text("name,email,team\nA Secret,secret@acme.example,backend\n")
    roster.unlink()
    roster.symlink_to(secret)


@pytest.mark.parametrize(
    ("change", "said", "unsaid"),
    [(_attributes, "**25 lose access**", "no such"), (_link, "cannot be carried out", "secret@acme.example")],
)
def test_what_git_would_make_of_a_file_elsewhere_changes_nothing(
    request_: Request, change: Callable[[Path], None], said: str, unsaid: str
) -> None:
    suspend(request_)
    change(request_.folder)
    comment = request_.comment()
    assert said in comment
    assert unsaid not in comment


def test_the_job_that_may_comment_runs_the_base_and_holds_its_token_for_one_step() -> None:
    workflow = yaml.safe_load((PROJECT / ".github" / "workflows" / "pull-request.yml").read_text(encoding="utf-8"))
    steps: list[dict[str, Any]] = workflow["jobs"]["comment"]["steps"]
    base, *others = [step["with"] for step in steps if "checkout" in step.get("uses", "")]
    assert (base["ref"], base.get("path")) == ("${{ github.event.pull_request.base.sha }}", None)
    assert [one["path"] for one in others] == ["request"]
    runs = [step["run"] for step in steps if "run" in step]
    assert runs == [
        "make setup",
        'ci/review "$STACK" "$BASE" review request',
        'ci/comment "$STACK" "$PULL_REQUEST" review/comment.md',
    ]
    assert ["GH_TOKEN" in step.get("env", {}) for step in steps] == [False] * (len(steps) - 1) + [True]
