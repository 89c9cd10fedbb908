"""A pull request, from the changed stack file to the comment on it; then merged, and looked at the night after."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rollout.review.engine_plan import Plan
from sandbox import workspace
from tests.engine.world import World
from tests.stacks import PROJECT

EXAMPLE = PROJECT / "docs" / "review-example.md"
INCIDENT = {"id": "INC-7", "since": "2026-11-23T14:05:00Z", "reason": "A key was committed"}
RAVI = {"ravi.menon@acme.example": {"name": "Ravi Menon", "team": "backend", "seniority": "mid", "champion": True}}
YUKI = {"yuki.mori@acme.example": {"name": "Yuki Mori", "team": "backend", "seniority": "junior"}}


def run(world: World, *command: str) -> tuple[int, str]:
    """As a step of a workflow does, in the repository's folder."""
    found = subprocess.run(
        command,
        cwd=world.folder,
        env=workspace.full_environment(world.settings) | {"PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert "Traceback" not in found.stderr, found.stderr
    return found.returncode, found.stdout + found.stderr


def commit(world: World, message: str) -> None:
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@acme.example", "-c", "commit.gpgsign=false"]
    assert run(world, "git", "add", "--all")[0] == 0
    code, said = run(world, "git", *who, "commit", "--quiet", "--message", message)
    assert code == 0, said


@pytest.fixture
def repository(pilot: World) -> World:
    """The pilot and a second cohort, deployed and committed."""
    for folder in ("ci", "cli", "policies"):
        shutil.copytree(PROJECT / folder, pilot.folder / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(PROJECT / ".gitignore", pilot.folder / ".gitignore")
    with pilot.stack_file() as config:
        config["claude-code-rollout:cohorts"]["wave2"] = {"level": "active", "models": ["haiku"], "members": RAVI}
    pilot.up()
    assert run(pilot, "git", "init", "--quiet", "--initial-branch", "main")[0] == 0
    commit(pilot, "as it is")
    return pilot


def propose(world: World) -> None:
    with world.stack_file() as config:
        cohorts = config["claude-code-rollout:cohorts"]
        cohorts["pilot"] |= {"level": "suspended", "incident": INCIDENT}
        cohorts["wave2"]["members"] |= YUKI


def lasting(comment: str) -> str:
    """The comment without the engine's own diff, which names what the sandbox invents anew each time."""
    head, opened, rest = comment.partition("```diff\nPreviewing update")
    assert opened
    return f"{head}```diff\nPreviewing update (sandbox):\n…\n{rest[rest.rindex('```') :]}"


def test_a_pull_request_that_suspends_one_cohort_and_adds_to_another_reads_as_in_the_docs(repository: World) -> None:
    propose(repository)
    code, said = run(repository, "ci/preview", "sandbox", "HEAD", "review")
    assert code == 0, said
    comment = (repository.folder / "review" / "comment.md").read_text(encoding="utf-8")
    plan = Plan.read((repository.folder / "review" / "events.jsonl").read_text(encoding="utf-8"))
    assert not plan.is_refused
    assert "`sandbox`: 1 gain access, **25 lose access**" in comment
    if os.environ.get("REVIEW_EXAMPLE_WRITE"):
        EXAMPLE.write_text(lasting(comment), encoding="utf-8")
    assert lasting(comment) == EXAMPLE.read_text(encoding="utf-8"), "make review-example writes it anew"


def test_a_mistake_and_a_breach_of_policy_are_in_the_comment_and_fail_the_check(repository: World) -> None:
    access = repository.folder / "components" / "identity" / "access.py"
    longer = access.read_text(encoding="utf-8").replace("MAX_SESSION_SECONDS = 3600", "MAX_SESSION_SECONDS = 7200")
    access.write_text(longer, encoding="utf-8")
    with (repository.folder / "ci" / "drift").open("a", encoding="utf-8") as script:
        script.write("# whatever\n")
    code, _ = run(repository, "ci/preview", "sandbox", "HEAD", "review")
    comment = (repository.folder / "review" / "comment.md").read_text(encoding="utf-8")
    assert code == 1
    assert "session-at-most-one-hour (pilot-access-role): sessions of up to 7200" in comment
    assert "**Touches what judges it**: `ci/drift`, `components/identity/access.py`." in comment
    with repository.stack_file() as config:
        config["claude-code-rollout:cohorts"]["pilot"]["level"] = "activ"
    code, _ = run(repository, "ci/preview", "sandbox", "HEAD", "review")
    comment = (repository.folder / "review" / "comment.md").read_text(encoding="utf-8")
    assert code == 1
    assert "cohorts.pilot.level: not one of planned, active" in comment


def test_what_is_merged_is_deployed_and_what_is_changed_by_hand_is_found_at_night(repository: World) -> None:
    file = repository.folder / "Pulumi.sandbox.yaml"
    before = file.read_text(encoding="utf-8")
    propose(repository)
    commit(repository, "suspend the pilot")
    code, said = run(repository, "ci/deploy", "sandbox")
    assert code == 0, said
    assert "pilot: suspended" in said
    suspended = file.read_text(encoding="utf-8")
    file.write_text(before, encoding="utf-8")
    code, said = run(repository, "ci/deploy", "sandbox")
    assert code == 1, "what somebody merges from an older file gives access back"
    assert "cohorts.pilot: the stack has it at suspended" in said
    assert "Updating" not in said
    file.write_text(suspended, encoding="utf-8")
    assert run(repository, "ci/drift", "sandbox")[0] == 0
    repository.aws("iam").delete_role_policy(RoleName="claude-code-pilot", PolicyName="stop")
    code, said = run(repository, "ci/drift", "sandbox")
    assert code != 0
    assert "pilot-access-stop" in said


def test_no_script_needs_more_than_a_shell_and_git(tmp_path: Path) -> None:
    for script in sorted((PROJECT / "ci").iterdir()):
        checked = subprocess.run(["sh", "-n", script], capture_output=True, text=True, check=False, cwd=tmp_path)
        assert checked.returncode == 0, checked.stderr
