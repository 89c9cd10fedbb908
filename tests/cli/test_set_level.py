"""When `rollout set-level` writes the stack file: after the answer, and just before the update."""

from __future__ import annotations

import json
import os
import signal
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from cli.commands import level
from cli.commands.level import report
from cli.commands.level_change import Outcome
from cli.cutting.verification import Verdict
from rollout.incidents.cut_record import NAME, STASH, CohortRecord, Record
from rollout.levels import Level
from rollout.review.engine_plan import Plan, Step
from tests.cli.conftest import Command
from tests.terminal import asked

SUSPEND = ["set-level", "-s", "dev", "trial", "suspended", "--incident", "INC-7", "--reason", "A key was committed"]
RESTRICT = ["set-level", "-s", "dev", "trial", "restricted", *SUSPEND[5:]]
# Keeps, of each time it is asked, what a preview would read and what an update would.
ENGINE = """#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    stack) cat "$KEPT/state" 2>/dev/null; exit ;;
    preview | up) kept=$(mktemp "$KEPT/$1.XXXXXX") ;;
    --config-file) cp "$2" "$kept.given" ;;
  esac
  shift
done
cp Pulumi.dev.yaml "$kept"
"""


@pytest.fixture
def variables(tmp_path: Path) -> Mapping[str, str]:
    """Of a machine whose engine only notes what it was given."""
    engine, kept = tmp_path / "bin" / "pulumi", tmp_path / "kept"
    engine.parent.mkdir()
    kept.mkdir()
    engine.write_text(ENGINE, encoding="utf-8")
    engine.chmod(engine.stat().st_mode | stat.S_IXUSR)
    return {**os.environ, "PATH": f"{engine.parent}:{os.environ['PATH']}", "KEPT": str(kept)}


@pytest.fixture
def there(variables: Mapping[str, str], rollout: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """A command on that machine, with nobody at a terminal."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return rollout


def kept(tmp_path: Path, command: str) -> list[str]:
    return [file.read_text(encoding="utf-8") for file in sorted((tmp_path / "kept").glob(f"{command}.*"))]


def test_the_file_is_written_after_the_answer_and_before_the_update(
    project: Path, tmp_path: Path, variables: Mapping[str, str]
) -> None:
    file = project / "Pulumi.dev.yaml"
    before = file.read_text(encoding="utf-8")
    with asked(SUSPEND, project, variables) as first:
        assert kept(tmp_path, "preview") == []
        question = first.next("y")
        seen, previewed = kept(tmp_path, "preview")
        assert seen == file.read_text(encoding="utf-8") == before
        assert "level: suspended" in previewed
        question.answer("y")
    assert kept(tmp_path, "up") == [previewed]
    assert file.read_text(encoding="utf-8") == previewed


@pytest.mark.parametrize("end", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_terminal_that_goes_while_it_asks_leaves_the_file_as_it_was(
    project: Path, tmp_path: Path, variables: Mapping[str, str], end: int
) -> None:
    before = (project / "Pulumi.dev.yaml").read_bytes()
    with asked(SUSPEND, project, variables) as question:
        assert question.send(end) != 0
    assert (project / "Pulumi.dev.yaml").read_bytes() == before
    assert kept(tmp_path, "up") == []


def test_a_file_from_before_an_incident_is_refused_and_what_it_lacks_is_said(
    project: Path, tmp_path: Path, there: Command
) -> None:
    file = project / "Pulumi.dev.yaml"
    before = file.read_bytes()
    began = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
    record = Record(cohorts={"trial": CohortRecord(level=Level.SUSPENDED, since=began, dead_before=began)})
    kept_as = {"urn": f"urn:pulumi:dev::p::{STASH}::{NAME}", "type": STASH, "outputs": {"input": record.document()}}
    (tmp_path / "kept" / "state").write_text(json.dumps({"deployment": {"resources": [kept_as]}}), encoding="utf-8")
    restrict = ("set-level", "-s", "dev", "trial", "restricted", "--incident", "INC-8", "--reason", "Another", "--yes")
    ended = there(*restrict)
    assert ended.code == 1
    assert "cohorts.trial: the stack has it at suspended, sessions from before 2026-11-23T14:05:00Z dead" in ended.err
    assert (file.read_bytes(), kept(tmp_path, "up")) == (before, [])
    assert there("incidents", "-s", "dev", "--json").document["forgotten"][0]["cohort"] == "trial"
    assert there(*SUSPEND, "--yes").code != 1, "nothing keeps anybody from a suspension"
    assert len(kept(tmp_path, "up")) == 1


def test_a_stack_that_does_not_tell_keeps_nobody_from_a_suspension(tmp_path: Path, there: Command) -> None:
    ended = there(*SUSPEND, "--yes")
    assert "not asked: whether this file knows every incident; stack outputs: " in ended.out
    assert len(kept(tmp_path, "up")) == 1
    assert there("incidents", "-s", "dev").code == 1


def test_with_nobody_to_ask_there_is_no_preview(tmp_path: Path, there: Command) -> None:
    ended = there(*SUSPEND)
    assert (ended.code, kept(tmp_path, "preview")) == (1, [])
    assert "nobody is here to ask; add --yes" in ended.err


def test_what_somebody_else_wrote_since_the_preview_is_not_overwritten(
    project: Path, tmp_path: Path, variables: Mapping[str, str]
) -> None:
    file = project / "Pulumi.dev.yaml"
    with asked(RESTRICT, project, variables) as question:
        theirs = file.read_text(encoding="utf-8") + "# theirs\n"
        file.write_text(theirs, encoding="utf-8")
        code, said = question.answer("y")
    assert (code, said) == (
        1,
        "rollout: Pulumi.dev.yaml: changed by somebody else since it was read; nothing was written\n",
    )
    assert file.read_text(encoding="utf-8") == theirs
    assert kept(tmp_path, "up") == []


def test_a_read_only_file_is_refused_before_anybody_is_asked(
    project: Path, tmp_path: Path, variables: Mapping[str, str]
) -> None:
    (project / "Pulumi.dev.yaml").chmod(0o444)
    said = r"Pulumi\.dev\.yaml: read-only; nothing was written"
    with pytest.raises(AssertionError, match=said), asked(RESTRICT, project, variables):
        pass
    assert kept(tmp_path, "preview") == []


@pytest.mark.parametrize(("errors", "helps"), [((), True), (("Okta does not answer",), False)])
def test_what_an_update_does_not_see_by_itself_is_brought_back_by_one_that_looks(
    errors: tuple[str, ...], helps: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Typed again, the same command would end the same: what was changed by hand is not in the engine's state."""
    steps = (Step(operation="update", kind="okta:index:Memberships", name="pilot-umbrella"),)
    found = Verdict(in_force=("IAM: everything on Bedrock is denied to cohort pilot",), steps=steps, in_the_way=errors)
    ended = Outcome(
        level=Level.SUSPENDED,
        path=Path("Pulumi.dev.yaml"),
        verdict=found,
        left=Plan(steps=steps, errors=errors),
        update_seconds=1,
        seconds=2,
    )
    report(Console(soft_wrap=True), ended)
    out = capsys.readouterr().out
    assert "in force in IAM: everything on Bedrock is denied to cohort pilot" in out
    assert "so nothing gives access back" not in out
    assert "not done: update Memberships pilot-umbrella" in out
    assert ("`pulumi up --stack dev --refresh`, then the same command" in out) is helps


def test_whoever_set_a_level_is_told_to_commit_the_file(
    rollout: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = SimpleNamespace(in_force=(), steps=(), in_the_way=())
    path = project / "Pulumi.dev.yaml"
    done = SimpleNamespace(
        is_done=True, path=path, verdict=verdict, figures={}, update_seconds=1, seconds=2, first_seconds=None
    )
    monkeypatch.setattr(level, "bring", lambda *_: done)
    ended = rollout("set-level", "-s", "dev", "trial", "active", "--yes")
    assert ended.out.splitlines()[-1].startswith("now commit Pulumi.dev.yaml")
