"""`rollout status --all`: one table of every stack, in which one that does not answer is a row."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from cli.commands import status_all
from cli.commands.status_all import code, document, read_all, show
from cli.live.asking import Unreachable
from cli.live.status import Told
from cli.terminal.errors import CommandError
from rollout.model.rollout import Rollout
from tests import stacks
from tests.live.told import GONE, NOW, alarm, rollout, told, update

WELL, ILL = told(alarms=[alarm()]), told(alarms=[alarm("ALARM")])
NOT_UP = told(outputs=Unreachable("stack outputs", "`pulumi stack export` failed: error: no stack named 'new' found"))
DESTROYED = told(outputs={}, updates=[replace(update(), kind="destroy")])
BROKEN_OFF = told(outputs={}, updates=[update("failed")])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    text = yaml.safe_dump({"config": {f"claude-code-rollout:{k}": v for k, v in stacks.small().items()}})
    for stack in ("dev", "prod"):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "Pulumi.secrets.yaml").write_text("encryptionsalt: v1:x\n", encoding="utf-8")
    return tmp_path


def answering(monkeypatch: pytest.MonkeyPatch, **by_stack: Told | Exception) -> None:
    def read(_project: Path, stack: str, _now: datetime) -> tuple[Rollout, Told]:
        answer = by_stack[stack]
        if isinstance(answer, Exception):
            raise answer
        return rollout(), answer

    monkeypatch.setattr(status_all, "read", read)


def shown(found: list[status_all.One]) -> str:
    out = io.StringIO()
    show(Console(file=out, width=80, highlight=False), found)
    return out.getvalue()


def test_every_stack_is_a_row_and_spend_is_summed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, dev=WELL, prod=WELL)
    found = read_all(project, NOW)
    assert [one.stack for one in found] == ["dev", "prod"], "a file without a config is no stack yet"
    assert code(found) == 0
    said = json.loads(json.dumps(document(found), default=str))
    assert (said["usd_today"], said["usd_month"], said["complete"]) == (40.5, 241.5, True)
    assert [row["account"] for row in said["stacks"]] == ["123456789012"] * 2
    text = shown(found)
    assert "Spend:       USD 40.50 today, 241.50 this month" in text
    assert max(map(len, text.splitlines())) <= 80


def test_one_that_is_dead_is_a_row_that_says_so_and_the_exit_code_too(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, dev=CommandError("the config profile (dev) could not be found"), prod=WELL)
    found = read_all(project, NOW)
    assert code(found) == 3
    text = shown(found)
    assert [line.split()[:3] for line in text.splitlines()[1:2]] == [["dev", "not", "read"]]
    assert "dev: not read: the config profile (dev) could not be found" in text
    assert "at least USD 20.25 today" in text
    assert document(found)["stacks"][0]["error"] == "the config profile (dev) could not be found"
    assert document(found)["complete"] is False


def test_what_needs_a_person_in_any_stack_comes_before_what_was_not_asked(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, dev=told(days=GONE), prod=ILL)
    found = read_all(project, NOW)
    assert code(found) == 1
    assert "prod: alarm claude-code-pilot-spend: too much [of it]" in shown(found)


def test_a_source_that_was_not_reached_is_not_zero(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, dev=told(days=GONE), prod=WELL)
    found = read_all(project, NOW)
    assert code(found) == 3
    [row] = [line for line in shown(found).splitlines() if line.startswith("dev  ")]
    assert "?" in row
    assert "dev: Not everything could be asked: spend" in shown(found)


def test_a_stack_that_was_never_made_is_not_up_and_nobodys_fault(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, dev=NOT_UP, prod=WELL)
    found = read_all(project, NOW)
    assert code(found) == 0
    assert shown(found).splitlines()[1].split()[:3] == ["dev", "not", "up"]
    assert document(found)["usd_today"] == 20.25


def test_a_stack_whose_first_update_broke_off_needs_a_person(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, dev=BROKEN_OFF, prod=WELL)
    found = read_all(project, NOW)
    assert code(found) == 1
    assert "dev: the last update ended as failed" in shown(found)


def test_a_folder_without_stacks_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="there is no stack file here"):
        read_all(tmp_path, datetime.now(UTC))
