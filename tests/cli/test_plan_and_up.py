"""`rollout plan` and `rollout up`, of an engine that says what the test has it say."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cli.updating.plan import fingerprint
from tests.cli.conftest import Command
from tests.terminal import asked, typed

# Plays `preview` and `up` from files, and notes that it was asked.
ENGINE = """#!/bin/sh
case $1 in
  stack) echo '{"deployment": {"resources": []}}'; exit ;;
esac
echo "$*" >>"$PLAYED/asked"
if [ -e "$PLAYED/$1.waits" ]; then touch "$PLAYED/waiting"; trap 'cat "$PLAYED/$1.jsonl"; exit 1' INT; while :; do sleep 0.1; done; fi
cat "$PLAYED/$1.jsonl"
cat "$PLAYED/$1.stderr" >&2 2>/dev/null
exit "$(cat "$PLAYED/$1.code" 2>/dev/null || echo 0)"
"""
ROLE = "urn:pulumi:dev::claude-code-rollout::claude:rollout:Cohort$aws:iam/role:Role::trial-access-role"
GROUP = "urn:pulumi:dev::claude-code-rollout::okta:group/group:Group::umbrella"


def began(urn: str, operation: str = "create") -> dict[str, Any]:
    kind = urn.split("::")[2].rpartition("$")[2]
    return {"resourcePreEvent": {"metadata": {"op": operation, "urn": urn, "type": kind}}}


def ended(urn: str, operation: str = "create") -> dict[str, Any]:
    return {"resOutputsEvent": {"metadata": {"op": operation, "urn": urn}}}


def failed(urn: str) -> dict[str, Any]:
    return {"resOpFailedEvent": {"metadata": {"op": "create", "urn": urn}}}


def said(severity: str, text: str) -> dict[str, Any]:
    return {"diagnosticEvent": {"severity": severity, "message": text}}


SUMMARY: dict[str, Any] = {"summaryEvent": {}}
PREVIEW = (began(ROLE), began(GROUP), SUMMARY)


class Engine:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def plays(self, verb: str, *events: Mapping[str, Any], code: int = 0, stderr: str = "") -> None:
        (self.folder / f"{verb}.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in events))
        (self.folder / f"{verb}.code").write_text(str(code))
        (self.folder / f"{verb}.stderr").write_text(stderr)

    @property
    def asked(self) -> list[str]:
        file = self.folder / "asked"
        return [line.split()[0] for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    program, played = tmp_path / "bin" / "pulumi", tmp_path / "played"
    program.parent.mkdir()
    played.mkdir()
    program.write_text(ENGINE, encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("PLAYED", str(played))
    found = Engine(played)
    found.plays("preview", *PREVIEW)
    found.plays("up", ended(ROLE), ended(GROUP), *PREVIEW)
    return found


@pytest.mark.usefixtures("engine")
def test_a_plan_says_who_gains_what_it_costs_and_what_the_engine_does(rollout: Command) -> None:
    found = rollout("plan", "-s", "dev")
    assert found.code == 0
    words = " ".join(found.out.split())
    assert "gain access" in words
    assert "Cost: 0 →" in words
    assert "The engine's plan: 2 create" in words
    assert "…" not in found.out.replace("… and", "")


@pytest.mark.usefixtures("engine")
def test_for_programs_it_is_one_document(rollout: Command) -> None:
    found = rollout("plan", "-s", "dev", "--json").document
    assert (found["stack"], found["refused"], found["counts"]) == ("dev", False, {"create": 2})
    assert {each["cohort"] for each in found["gain"]} == {"trial"}
    assert found["lose"] == []


@pytest.mark.parametrize("verb", [("plan",), ("up", "-y")])
def test_what_the_engine_refuses_is_exit_1_with_its_words_and_no_update(
    rollout: Command, engine: Engine, verb: tuple[str, ...]
) -> None:
    engine.plays("preview", said("error", "cohorts.trial: no such thing"), SUMMARY, code=255)
    found = rollout(*verb, "-s", "dev")
    assert (found.code, "cohorts.trial: no such thing" in found.out) == (1, True)
    assert engine.asked == ["preview"]


def test_a_mistake_of_the_file_asks_no_engine(rollout: Command, engine: Engine, project: Path) -> None:
    file = project / "Pulumi.dev.yaml"
    file.write_text(file.read_text().replace("level: active", "level: activ"))
    found = rollout("plan", "-s", "dev")
    assert (found.code, "cohorts.trial.level: not one of" in found.err, engine.asked) == (1, True, [])


def test_an_engine_that_says_no_events_is_told_in_its_own_words(rollout: Command, engine: Engine) -> None:
    engine.plays("preview", code=255, stderr="error: no stack named 'dev' found")
    found = rollout("plan", "-s", "dev")
    assert (found.code, "no stack named 'dev' found" in found.err) == (1, True)


def test_nobody_to_ask_is_said_before_anything_is_asked(rollout: Command, engine: Engine) -> None:
    found = rollout("up", "-s", "dev")
    assert (found.code, "nobody is here to ask; add --yes" in found.err, engine.asked) == (1, True, [])


@pytest.mark.usefixtures("engine")
def test_an_update_ends_with_where_to_look(rollout: Command) -> None:
    found = rollout("up", "-s", "dev", "-y")
    assert found.code == 0
    assert "updated: 2 create" in found.out
    assert "`rollout status -s dev`" in found.out
    assert "`rollout sign-in -s dev trial`" in found.out


def test_an_update_that_failed_half_way_is_exit_3_and_says_what_is_not_done(rollout: Command, engine: Engine) -> None:
    engine.plays("up", ended(ROLE), failed(GROUP), said("error", "Okta: 503"), *PREVIEW, code=255)
    found = rollout("up", "-s", "dev", "-y")
    assert found.code == 3
    assert "error Okta: 503" in found.out
    assert "not done: okta:group/group:Group umbrella" in found.out
    assert "the same command goes on where it stopped" in found.out
    assert rollout("up", "-s", "dev", "-y", "--json").document["not_done"] == [GROUP]


def test_an_update_that_did_nothing_is_exit_1(rollout: Command, engine: Engine) -> None:
    engine.plays("up", said("error", "the stack is locked"), SUMMARY, code=255)
    found = rollout("up", "-s", "dev", "-y")
    assert (found.code, "error the stack is locked" in found.out) == (1, True)


def test_the_question_comes_once_and_a_no_updates_nothing(project: Path, engine: Engine) -> None:
    with asked(["up", "-s", "dev"], project, os.environ) as question:
        assert "gain access" in question.said
        assert question.said.endswith("Update stack dev? [y/N] ")
        assert question.answer("n")[0] == 1
    assert engine.asked == ["preview"]
    with asked(["up", "-s", "dev"], project, os.environ) as question:
        assert question.answer("y")[0] == 0
    assert engine.asked == ["preview", "preview", "up"]


def test_a_file_that_is_changed_while_somebody_reads_is_not_carried_out(project: Path, engine: Engine) -> None:
    file = project / "Pulumi.dev.yaml"
    with asked(["up", "-s", "dev"], project, os.environ) as question:
        file.write_text(file.read_text().replace("alert_at: 0.8", "alert_at: 0.7"))
        code, rest = question.answer("y")
    assert (code, "was changed since it was planned; nothing was updated" in rest) == (1, True)
    assert engine.asked == ["preview"]


def test_ctrl_c_lets_the_engine_end_what_it_began_and_says_how_to_go_on(project: Path, engine: Engine) -> None:
    (engine.folder / "up.waits").touch()
    with typed(["up", "-s", "dev", "-y"], project, os.environ) as terminal:
        begun = terminal.until("updating dev")
        while not (engine.folder / "waiting").exists():
            begun += terminal.until("updating dev")
        code, rest = terminal.ctrl_c()
    assert code == 130, begun + rest
    assert "the same command goes on where it stopped" in " ".join(rest.split())


def test_no_engine_is_said_in_a_line(rollout: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))
    assert shutil.which("pulumi") is None
    found = rollout("plan", "-s", "dev")
    assert (found.code, "there is no `pulumi` on PATH" in found.err) == (1, True)


def test_what_an_update_reads_is_known_again_byte_by_byte(tmp_path: Path) -> None:
    """A tag, a region or an account that somebody writes in between changes nothing of the rollout, and much in AWS."""
    stack, roster = tmp_path / "Pulumi.dev.yaml", tmp_path / "rosters" / "pilot.csv"
    roster.parent.mkdir()
    for file, text in (
        (stack, "config:\n  aws:region: us-east-1\n"),
        (roster, "name\n"),
        (tmp_path / "Pulumi.yaml", "name: x\n"),
    ):
        file.write_text(text, encoding="utf-8")
    before = fingerprint(stack)
    assert fingerprint(stack) == before
    for file in (stack, roster, tmp_path / "Pulumi.yaml"):
        text = file.read_text(encoding="utf-8")
        file.write_text(f"{text}# more\n", encoding="utf-8")
        assert fingerprint(stack) != before, file.name
        file.write_text(text, encoding="utf-8")
    assert fingerprint(stack) == before
