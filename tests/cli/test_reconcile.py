"""`rollout reconcile`: its exit codes, its table and its JSON; what it asks of AWS is given."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from cli.billing import reconciled
from cli.commands import reconcile
from cli.terminal import reconciliation
from cli.terminal.errors import CannotLookError
from rollout.reconcile.compare import Reconciliation
from rollout.reconcile.lines import ExportError, Line
from tests.reconcile.world import ACCOUNT, AFTER, ALICE, GRACE, NOW, billed, compared, counted, line, rollout

USED = [counted(3, input=1200, output=300), counted(4, "haiku", person=GRACE, output=77)]
DIFFERS = [*billed(USED), line(3, "input", 1000, person=GRACE), line(3, type="Tax", usd=Decimal("1.23"), principal="")]
STRANGE = line(3, "input", 10, usage_type="USE1-\x1b]0;PWNED\x07[bold]hour", usd=Decimal("0.5"))
Told = pytest.CaptureFixture[str]


class Clock(datetime):
    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # noqa: ARG003
        return NOW


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A stack file, and a bill; an error in its place is raised when it is asked for."""

    def give(bill: list[Line] | Exception, **changes: Any) -> None:
        def export_of(*_: Any) -> Any:
            if isinstance(bill, Exception):
                raise bill
            return SimpleNamespace(delivered=AFTER)

        clients = lambda _: SimpleNamespace(meta=SimpleNamespace(region_name=ACCOUNT.region))  # noqa: E731
        for target, name, answer in (
            (reconcile, "datetime", Clock),
            (reconcile, "stack_path", lambda *_: None),
            (reconcile, "with_config", lambda _: (rollout().model_copy(update=changes), {})),
            (reconcile, "clients_of", lambda *_: clients),
            (reconciled.aws, "account_of", lambda _: ACCOUNT.id),
            (reconciled.billing_export, "export_of", export_of),
            (reconciled.billing_export, "bill", lambda *_: iter(bill if isinstance(bill, list) else ())),
            (reconciled.counted, "counted", lambda *_: iter(USED)),
        ):
            monkeypatch.setattr(target, name, answer)

    return give


def table(found: Reconciliation, people: bool) -> str:
    text = io.StringIO()
    reconciliation.show(Console(file=text, width=200), found, people)
    return text.getvalue()


def test_a_month_that_agrees_ends_with_0_and_one_that_does_not_with_1(given: Callable[..., None], capsys: Told) -> None:
    given(billed(USED))
    assert reconcile.run("sandbox", "2026-11", people=False, as_json=False) == 0
    assert "the meter and the bill agree" in capsys.readouterr().out
    given(DIFFERS)
    assert reconcile.run("sandbox", "2026-11", people=False, as_json=True) == 1
    assert json.loads(capsys.readouterr().out)["agrees"] is False


@pytest.mark.parametrize(
    ("month", "bill", "changes", "said"),
    [
        ("2026-13", [], {}, "MONTH: no month such as 2026-11: 2026-13"),
        ("November", [], {}, "MONTH: no month"),
        ("2026-11-01", [], {}, "MONTH: no month"),
        ("2027-01", [], {}, "MONTH: 2027-01 has not begun"),
        ("2026-11", [], {"billing_export": None}, "billing_export: missing in the stack file"),
        ("2001-01", [], {}, "cohorts.pilot: its usage log keeps"),
        ("2026-11", ExportError(["a.csv.gz: one", "a.csv.gz: two"]), {}, "a.csv.gz: one\na.csv.gz: two"),
        (
            "2026-11",
            ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetObject"),
            {},
            "GetObject: AccessDenied: no",
        ),
    ],
)
def test_what_could_not_be_held_against_each_other_is_said_and_ends_with_2(
    given: Callable[..., None], month: str, bill: list[Line] | Exception, changes: dict[str, Any], said: str
) -> None:
    given(bill, **changes)
    with pytest.raises(CannotLookError) as refused:
        reconcile.run("sandbox", month, people=False, as_json=False)
    assert said in str(refused.value)
    assert refused.value.code == 2


def test_json_names_nobody_unless_asked_and_its_differences_sum_to_the_difference() -> None:
    found = compared(USED, DIFFERS)
    said = reconciliation.document(found, people=False)
    assert ALICE not in json.dumps(said, default=str)
    assert (said["month"], said["settled"], said["agrees"], said["difference_usd"]) == ("2026-11", True, False, 0.003)
    assert said["not_compared"] == {"tax": {"usd": 1.23, "lines": 1}}
    for row in said["rows"]:
        parts = sum(part["usd"] for part in row["differences"])
        assert parts == pytest.approx(row["billed_usd"] - row["counted_usd"], abs=1e-9)
    [row] = [row for row in said["rows"] if row["differences"]]
    assert (row["cohort"], row["model"], row["kind"], row["billed_tokens"]) == ("pilot", "sonnet", "input", 2200)
    assert {row["person"] for row in reconciliation.document(found, people=True)["rows"]} == {ALICE, GRACE}


def test_the_table_says_each_finding_by_its_row_and_who_only_when_asked() -> None:
    found = compared(USED, DIFFERS)
    said = table(found, people=False)
    assert "look: pilot sonnet input: billed to a person whom the meter never saw" not in said  # she used haiku
    assert "look: pilot sonnet input: billed, not counted: USD +0.003000, +1,000 tokens, 1 person" in said
    assert "not compared: tax: USD +1.23 in 1 lines" in said
    assert GRACE not in said
    assert f"look: pilot {GRACE} sonnet input: billed, not counted" in table(found, people=True)


def test_a_month_with_more_rows_than_people_read_says_where_the_rest_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciliation, "ROWS_AT_MOST", 2)
    assert "and 1 rows more, which --json has" in table(compared(USED, billed(USED)), people=False)


def test_last_days_that_aws_may_be_late_with_are_said_at_the_top() -> None:
    early = datetime(2026, 11, 4, 6, tzinfo=UTC)
    said = table(compared(USED, [], early, early + timedelta(hours=1)), people=False)
    assert "AWS may still be late with its last days" in said
    assert "explained: not yet billed" in said
    assert "the meter and the bill agree" in said


def test_what_a_bill_names_is_printed_and_never_done_by_the_terminal() -> None:
    said = table(compared([], [STRANGE]), people=True)
    assert "\x1b" not in said
    assert r"USE1-\x1b]0;PWNED\x07[bold]hour: of a usage type that is not understood" in said
