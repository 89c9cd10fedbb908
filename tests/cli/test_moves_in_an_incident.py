"""A person moved while an incident is open, here or in another stack, loses nothing that was taken from them."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.commands import move
from cli.live.emergency import deny
from cli.stack_file import together
from rollout import names
from tests.cli.conftest import Command
from tests.cli.test_people import INCIDENT, change, read, two, write

__all__ = ["two"]
KEVIN = "kevin@acme.example"
MOVE = ("move-member", "-s", "dev", KEVIN, "wave2", "--yes")


@pytest.fixture
def iam(moto_aws: None, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ARG001
    """Of an account with both cohorts' roles; no engine and no Okta."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    made: Any = boto3.client("iam")
    for cohort in ("pilot", "wave2"):
        made.create_role(RoleName=names.role(cohort), AssumeRolePolicyDocument="{}")
    return made


def cut(cohort: str, subject: str | None) -> None:
    deny(boto3.client, cohort, subject, [subject] if subject else [], datetime.now(UTC))


@pytest.mark.parametrize("subject", [KEVIN, None])
def test_whoever_is_cut_in_iam_is_not_moved_away_from_the_deny(
    rollout: Command, two: Path, iam: Any, subject: str | None
) -> None:
    assert iam
    cut("pilot", subject)
    before = read(two)
    ended = rollout(*MOVE, folder=two)
    assert ended.code == 1
    assert "denied in IAM by `rollout cut`, on the role of pilot: a move would leave that behind" in ended.err
    assert f"`rollout set-level -s dev {KEVIN} suspended`" in ended.err
    assert read(two) == before


def test_somebody_else_who_is_cut_keeps_nobody_from_moving(rollout: Command, two: Path, iam: Any) -> None:
    assert iam
    cut("pilot", "mei@acme.example")
    assert rollout(*MOVE, folder=two).code == 0
    assert KEVIN in read(two).cohorts["wave2"].members


def test_an_iam_that_does_not_tell_is_said_and_keeps_nobody_from_moving(rollout: Command, two: Path) -> None:
    ended = rollout(*MOVE, folder=two)
    assert ended.code == 0
    assert "IAM does not tell whether `rollout cut` denies them" in ended.out


def test_a_move_gives_nothing_back_in_another_stack_that_reads_the_same_rosters(rollout: Command, two: Path) -> None:
    document = change(two)
    document["cohorts"]["pilot"] |= {"level": "suspended", "incident": INCIDENT}
    write(two, "prod", document)
    before = read(two), read(two, "prod")
    ended = rollout(*MOVE, "--shared", folder=two)
    assert ended.code == 1
    assert f"Pulumi.prod.yaml: {KEVIN} is suspended in pilot, and would be active in wave2" in ended.err
    assert (read(two), read(two, "prod")) == before


def test_an_incident_of_the_same_level_is_not_exchanged_for_another_one(rollout: Command, two: Path) -> None:
    document = change(two)
    document["cohorts"]["pilot"] |= {"level": "restricted", "incident": {**INCIDENT, "deny": ["Bash(git push *)"]}}
    document["cohorts"]["wave2"] |= {"level": "restricted", "incident": {**INCIDENT, "id": "INC-1"}}
    write(two, "dev", document)
    ended = rollout(*MOVE, folder=two)
    assert ended.code == 1
    assert f"{KEVIN} is restricted in pilot by INC-7, and wave2 has another one" in ended.err


def test_whoever_is_killed_half_way_leaves_the_person_twice_and_never_nowhere(
    rollout: Command, two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In two rosters somebody is refused by name at the next command; in none they would lose access unseen."""
    real, written = together.write, list[str]()

    def once(file: Path, text: str) -> None:
        if written:
            raise KeyboardInterrupt
        real(file, text)
        written.append(file.name)

    kept = two.with_name("kept")
    monkeypatch.setattr(together, "write", once)
    monkeypatch.setattr(together, "_written", lambda texts: [once(file, text) for file, text in texts.items()])
    assert move.write_all is together.write_all
    rollout(*MOVE, folder=two)
    shutil.copytree(two, kept)
    assert written == ["wave2.csv"]
    assert KEVIN in (two / "rosters" / "wave2.csv").read_text(encoding="utf-8")
    ended = rollout("check", "-s", "dev", folder=two)
    assert ended.code == 1
    assert "rosters/wave2.csv:3: already in cohort pilot" in ended.out
