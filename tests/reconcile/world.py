"""A month of a small rollout: what the meter counted, the bill that agrees with it, and files of such a bill."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from rollout.account import Account
from rollout.model.rollout import Rollout
from rollout.reconcile.books import PER, Counted, Month, books
from rollout.reconcile.compare import Cause, Reconciliation, reconciliation
from rollout.reconcile.lines import COLUMNS, Line
from rollout.stack_file.load import load
from tests import stacks

ACCOUNT = Account("123456789012", "us-east-1")
FIRST = date(2026, 11, 1)
# Two days and more after the month.
AFTER = datetime(2026, 12, 4, 6, tzinfo=UTC)
NOW = datetime(2026, 12, 4, 12, tzinfo=UTC)
ALICE, GRACE = "alice.chen@acme.example", "grace.liu@acme.example"
# What AWS charges: the small stack file's own prices, and of haiku other ones for long prompts.
RATES = {
    "sonnet": {"input": "3", "output": "15", "cache_read": "0.3", "cache_write": "3.75", "cache_write_1h": "6"},
    "haiku": {"input": "1", "output": "5", "cache_read": "0.1", "cache_write": "1.25", "cache_write_1h": "2"},
}
LONG = {"above_tokens": 200000, "input": 2, "output": 7.5, "cache_read": 0.2, "cache_write": 2.5, "cache_write_1h": 4}
NAMES = {"sonnet": "Claude4.6Sonnet", "haiku": "Claude4.5Haiku"}
KINDS = {
    "input": "input-tokens",
    "output": "output-tokens",
    "cache_read": "cache-read-input-tokens",
    "cache_write": "cache-write-input-tokens",
    "cache_write_1h": "cache-write-1h-input-tokens",
}


def rollout(**changes: Any) -> Rollout:
    document = stacks.small()
    document["models"]["haiku"]["long_prompt"] = LONG
    document["billing_export"] = {}
    return load(stacks.config(document | changes), stacks.COMPANY, NOW)


def counted(day: int, model: str = "sonnet", person: str = ALICE, usd: Any = None, **tokens: int) -> Counted:
    """At the file's prices, unless `usd` says another sum."""
    exact = sum((Decimal(RATES[model][kind]) * count / PER for kind, count in tokens.items()), Decimal())
    return Counted(
        day=FIRST.replace(day=day),
        person=person,
        cohort="pilot",
        model=model,
        tokens=tokens,
        usd=exact if usd is None else Decimal(usd),
    )


def line(
    day: int,
    kind: str = "input",
    tokens: int = 0,
    model: str = "sonnet",
    person: str = ALICE,
    rate: str | None = None,
    **changes: Any,
) -> Line:
    """As AWS bills what one person used in a day."""
    usd = Decimal(rate or RATES[model][kind]) * tokens / PER
    said: dict[str, Any] = {
        "day": FIRST.replace(day=day),
        "account": ACCOUNT.id,
        "type": "Usage",
        "usage_type": f"USE1-{NAMES[model]}-{KINDS[kind]}",
        "amount": Decimal(tokens) / 1000,
        "usd": usd,
        "principal": f"arn:aws:sts::{ACCOUNT.id}:assumed-role/claude-code-pilot/{person}",
        "unit": "1K tokens",
    }
    said |= changes
    return Line(**said, about=(said["usage_type"], "Claude (Amazon Bedrock Edition)"))


def billed(rows: Iterable[Counted]) -> list[Line]:
    """The bill that agrees."""
    return [
        line(row.day.day, kind, tokens, row.model, row.person)
        for row in rows
        for kind, tokens in row.tokens.items()
        if tokens
    ]


def compared(
    rows: Iterable[Counted], bill: Iterable[Line], delivered: datetime = AFTER, now: datetime = NOW, **changes: Any
) -> Reconciliation:
    month = Month(first=FIRST, delivered=delivered)
    return reconciliation(books(rollout(**changes), ACCOUNT, month, rows, bill), now)


def findings(found: Reconciliation) -> list[tuple[str, str, str, Cause, Decimal, int]]:
    """Person, model, kind, cause, USD and tokens of all that a person must look at."""
    return [
        (cell.key.person, cell.key.model, cell.key.kind, part.cause, part.usd, part.tokens)
        for cell in found.cells
        for part in cell.findings
    ]


def packed(rows: Sequence[Sequence[str]], header: Sequence[str] = COLUMNS) -> io.BytesIO:
    """A file of an export."""
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return io.BytesIO(gzip.compress(text.getvalue().encode()))


def row(**changes: str) -> list[str]:
    """One line of such a file, by column."""
    said = {
        "line_item_usage_start_date": "2026-11-05T00:00:00.000Z",
        "line_item_usage_account_id": ACCOUNT.id,
        "line_item_line_item_type": "Usage",
        "line_item_product_code": "cz5yjcz",
        "line_item_usage_type": "USE1-MP:USE1_InputTokenCount_Global-Units",
        "line_item_usage_amount": "0.0012000000",
        "line_item_unblended_cost": "0.0036000000",
        "line_item_currency_code": "USD",
        "line_item_line_item_description": "AWS Marketplace software usage",
        "line_item_iam_principal": f"arn:aws:sts::{ACCOUNT.id}:assumed-role/claude-code-pilot/{ALICE}",
        "pricing_unit": "Units",
        "product": '{"product_name":"Claude Sonnet 4.6 (Amazon Bedrock Edition)"}',
    } | changes
    return [said[name] for name in COLUMNS]
