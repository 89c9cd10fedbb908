"""`rollout incidents`: one headline that is true of all that is listed below it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cli.commands import incidents
from cli.live import engine
from cli.live.asking import Unreachable
from cli.live.emergency import Emergency
from rollout.incidents.cut_record import Record
from tests.cli.conftest import Command
from tests.review.changes import ALICE

SINCE = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
CUT = Emergency(cohort="pilot", subject=ALICE, names=(ALICE,), since=SINCE, policy=f"cut-{ALICE}")


def listed(rollout: Command, monkeypatch: pytest.MonkeyPatch, cuts: list[Emergency] | Unreachable) -> tuple[int, str]:
    monkeypatch.setattr(engine, "cut_record", lambda *_: Record())
    monkeypatch.setattr(incidents, "asked", lambda *_: cuts)
    ended = rollout("incidents", "-s", "dev")
    return ended.code, ended.out


def test_a_cut_in_iam_that_the_file_does_not_know_is_in_the_headline(
    rollout: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, text = listed(rollout, monkeypatch, [CUT])
    first, second = text.splitlines()
    assert first.startswith("cuts of stack dev that the file does not know: 1 that `rollout cut` put in IAM")
    assert second.endswith("the file does not say so")
    assert code == 0, "ci/deploy goes on: no update takes it away"


def test_a_file_that_knows_every_cut_is_said_to_and_only_where_iam_answered(
    rollout: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert listed(rollout, monkeypatch, [])[1].startswith(
        "the file knows every cut that stack dev has on record, and all"
    )
    away = Unreachable("IAM", "AccessDenied")
    assert listed(rollout, monkeypatch, away)[1].endswith("on record; IAM did not answer\n")
