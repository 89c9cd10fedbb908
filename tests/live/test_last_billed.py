"""The last billed month for the report: which one it is, and why there is none. What is asked of AWS is given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from cli.billing import reconciled
from cli.billing.billing_export import NotWrittenError
from rollout.reconcile.compare import Reconciliation
from rollout.report.facts import NotReconciled
from tests.reconcile.world import ACCOUNT, rollout

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
Export = Callable[..., None]


def clients(_: str) -> Any:
    return SimpleNamespace(meta=SimpleNamespace(region_name=ACCOUNT.region))


@pytest.fixture
def delivered(monkeypatch: pytest.MonkeyPatch) -> Export:
    """When AWS wrote each month last; nothing of those that are not named."""

    def give(months: dict[date, datetime]) -> None:
        def export_of(_: Any, _bucket: str, _folder: str, month: date) -> Any:
            if month not in months:
                raise NotWrittenError("not there")
            return SimpleNamespace(delivered=months[month])

        monkeypatch.setattr(reconciled.aws, "account_of", lambda _: ACCOUNT.id)
        monkeypatch.setattr(reconciled.billing_export, "export_of", export_of)
        monkeypatch.setattr(reconciled.billing_export, "bill", lambda *_: iter(()))
        monkeypatch.setattr(reconciled.counted, "counted", lambda *_: iter(()))

    return give


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_it_is_the_last_month_once_aws_has_billed_its_last_day(delivered: Export) -> None:
    delivered({NOVEMBER: at("2026-11-30T20:00"), DECEMBER: at("2027-01-03T00:00")})
    found = reconciled.last_billed(clients, rollout(), at("2027-01-03T06:00"))
    assert isinstance(found, Reconciliation)
    assert (found.month, found.warnings) == (DECEMBER, ())


def test_before_that_it_is_the_month_before(delivered: Export) -> None:
    delivered({NOVEMBER: at("2026-12-05T00:00"), DECEMBER: at("2027-01-02T05:00")})
    found = reconciled.last_billed(clients, rollout(), at("2027-01-02T06:00"))
    assert isinstance(found, Reconciliation)
    assert found.month == NOVEMBER


def test_an_export_that_has_stopped_is_said_and_never_passed_over(delivered: Export) -> None:
    delivered({NOVEMBER: at("2026-12-05T00:00"), DECEMBER: at("2026-12-20T00:00")})
    found = reconciled.last_billed(clients, rollout(), at("2027-01-20T06:00"))
    assert isinstance(found, Reconciliation)
    assert found.month == DECEMBER
    assert "it has stopped" in found.warnings[0]


def test_an_export_of_this_week_has_no_month_that_is_over(delivered: Export) -> None:
    delivered({})
    found = reconciled.last_billed(clients, rollout(), at("2027-01-20T06:00"))
    assert found == NotReconciled(why="AWS has not billed December 2026 yet")


def test_what_the_stack_file_rules_out_is_known_without_asking_anybody() -> None:
    now = at("2027-01-20T06:00")
    assert reconciled.obstructed(rollout(), now) is None
    nothing = rollout().model_copy(update={"billing_export": None})
    assert reconciled.obstructed(nothing, now) == NotReconciled(why="no billing_export in the stack file")
    short = rollout(logs={"retention_days": 30})
    assert reconciled.obstructed(short, now) == NotReconciled(
        why="the usage log of pilot keeps 30 days, too few for December 2026"
    )
    assert reconciled.obstructed(short, now - timedelta(days=19, hours=10)) is not None
