"""What the meter counted beside what AWS billed: each difference has its cause, and the parts sum to it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.reconcile.books import Counted, Month
from rollout.reconcile.compare import Cause
from rollout.reconcile.lines import Line
from rollout.reconcile.usage_types import KINDS
from tests.reconcile.world import (
    AFTER,
    ALICE,
    FIRST,
    GRACE,
    LONG,
    NOW,
    RATES,
    billed,
    compared,
    counted,
    findings,
    line,
)

USED = [
    counted(3, input=1200, output=300, cache_read=50_000, cache_write=700, cache_write_1h=90),
    counted(3, "haiku", input=10, output=20),
    counted(4, input=5),
    counted(4, person=GRACE, output=77),
]
TAX: dict[str, Any] = {"type": "Tax", "usd": Decimal("1.23"), "principal": ""}


def test_a_bill_of_what_was_counted_agrees() -> None:
    found = compared(USED, billed(USED))
    assert found.agrees
    assert [cell.parts for cell in found.cells if cell.parts] == []
    assert sum(cell.billed_usd for cell in found.cells) == sum(row.usd for row in USED)


def test_tax_and_credits_and_who_is_none_of_ours_are_set_aside_and_agree() -> None:
    others = [
        line(3, "input", 10, **TAX),
        line(3, "input", 10, type="Credit", usd=Decimal(-1), principal=""),
        line(3, "input", 10, principal="arn:aws:sts::123456789012:assumed-role/somebody-elses/alice.chen@acme.example"),
        line(3, "input", 10, principal="arn:aws:sts::999999999999:assumed-role/claude-code-pilot/eve"),
        line(3, "input", 10, principal="arn:aws:iam::123456789012:user/bob"),
    ]
    found = compared(USED, [*billed(USED), *others])
    assert found.agrees
    assert {name: (one.usd, one.lines) for name, one in found.aside.items()} == {
        "tax": (Decimal("1.23"), 1),
        "credits, fees and discounts": (Decimal(-1), 1),
        "principals not of ours": (Decimal("0.00009"), 3),
    }


@pytest.mark.parametrize(
    ("bill", "cause", "usd", "tokens"),
    [
        ([line(3, "input", 1100)], Cause.NOT_BILLED, "-0.0003", -100),
        ([line(3, "input", 1300)], Cause.NOT_COUNTED, "0.0003", 100),
        ([line(3, "input", 1200, rate="3.3")], Cause.PRICE, "0.00036", 0),
        ([], Cause.NOT_BILLED, "-0.0036", -1200),
    ],
)
def test_a_difference_has_its_cause_to_the_micro_dollar(bill: list[Line], cause: Cause, usd: str, tokens: int) -> None:
    found = compared([counted(3, input=1200)], bill)
    assert not found.agrees
    assert findings(found) == [(ALICE, "sonnet", "input", cause, Decimal(usd), tokens)]


def test_somebody_whom_the_meter_never_saw_is_told_from_somebody_whom_it_did() -> None:
    found = compared([counted(3, input=5)], [line(3, "input", 5), line(3, "output", 10, person=GRACE)])
    assert findings(found) == [(GRACE, "sonnet", "output", Cause.UNSEEN, Decimal("0.00015"), 10)]


def test_what_aws_may_still_be_late_with_is_no_finding_and_what_it_may_not_is() -> None:
    delivered = datetime(2026, 11, 20, 6, tzinfo=UTC)
    used = [counted(17, input=7), counted(18, input=11), counted(20, input=13)]
    found = compared(used, [line(18, "input", 3)], delivered, delivered)
    assert not found.settled
    assert findings(found) == [(ALICE, "sonnet", "input", Cause.NOT_BILLED, Decimal("-0.000021"), -7)]
    late = [part for cell in found.cells for part in cell.parts if part.cause is Cause.NOT_YET_BILLED]
    assert [part.tokens for part in late] == [-21]


def test_a_request_at_midnight_that_is_billed_on_the_next_day_agrees() -> None:
    assert compared([counted(3, input=1200)], [line(4, "input", 1200)]).agrees


def test_an_export_that_has_stopped_is_no_reason_to_agree() -> None:
    delivered = datetime(2026, 11, 10, 6, tzinfo=UTC)
    found = compared([counted(20, input=7)], [], delivered, delivered + timedelta(days=4))
    assert findings(found) == []
    assert not found.agrees
    assert "it has stopped" in found.warnings[0]


def test_use_that_is_billed_to_nobody_is_said() -> None:
    found = compared(USED, [*billed(USED), line(3, "input", 10, principal="")])
    assert not found.agrees
    assert "billed to no principal" in found.warnings[0]


def test_long_prompts_agree_whichever_side_tells_them_apart() -> None:
    dearer = {kind: str(LONG[kind]) for kind in KINDS}
    usd = (300_000 * Decimal(dearer["input"]) + 40 * Decimal(dearer["output"])) / 1_000_000
    used = [counted(3, "haiku", usd=usd, input=300_000, output=40)]
    bill = [
        line(3, kind, used[0].tokens[kind], "haiku", rate=dearer[kind], usage_type=f"USE1-Claude4.5Haiku-{word}-lctx")
        for kind, word in (("input", "input-tokens"), ("output", "output-tokens"))
    ]
    assert compared(used, bill).agrees
    unmarked = compared(used, [line(3, "input", 300_000, "haiku", rate="2"), line(3, "output", 40, "haiku")])
    assert {cause for *_, cause, _, _ in findings(unmarked)} == {Cause.PRICE, Cause.NOT_BILLED}


def test_a_price_that_changed_within_the_month_is_told_from_a_wrong_one() -> None:
    found = compared([counted(3, usd="0.0030", input=1200)], [line(3, "input", 1200)])
    assert [(kind, cause, usd) for _, _, kind, cause, usd, _ in findings(found)] == [
        ("long_prompt", Cause.METERED_PRICE, Decimal("0.0006"))
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"usage_type": "USE1-Claude4.6Sonnet-thinking-somethings"},
        {"unit": "images"},
        {"usage_type": "USE1-Claude9.9Verse-input-tokens"},
    ],
)
def test_a_line_that_is_not_understood_is_said_and_not_guessed(changes: dict[str, Any]) -> None:
    found = compared([], [line(3, "input", 1000, **changes)])
    ((person, model, kind, cause, usd, _),) = findings(found)
    assert (person, model, cause, usd) == (ALICE, "?", Cause.STRANGE, Decimal("0.003"))
    assert kind == changes.get("usage_type", "USE1-Claude4.6Sonnet-input-tokens")


def test_names_of_people_are_one_whatever_their_case() -> None:
    assert compared([counted(3, input=5)], [line(3, "input", 5, person="Alice.Chen@acme.example")]).agrees


def test_a_month_is_settled_two_days_after_its_end() -> None:
    at = datetime(2026, 12, 3, tzinfo=UTC)
    assert Month(first=FIRST, delivered=at).settled
    assert not Month(first=FIRST, delivered=at - timedelta(seconds=1)).settled
    assert Month(first=date(2027, 2, 1), delivered=at).last == date(2027, 2, 28)


TOKENS = st.dictionaries(st.sampled_from(KINDS), st.integers(1, 10**9), min_size=1)
DAYS = st.integers(1, 30)
MODELS, PEOPLE = st.sampled_from(sorted(RATES)), st.sampled_from([ALICE, GRACE])
ROWS = st.lists(
    st.builds(lambda day, model, person, tokens: counted(day, model, person, **tokens), DAYS, MODELS, PEOPLE, TOKENS),
    max_size=8,
)
LINES = st.lists(
    st.builds(
        lambda day, kind, tokens, model, person, rate, change: line(day, kind, tokens, model, person, rate, **change),
        DAYS,
        st.sampled_from(KINDS),
        st.integers(1, 10**9),
        MODELS,
        PEOPLE,
        st.sampled_from([None, "0.7", "22.5"]),
        st.sampled_from([{}, {"usage_type": "USE1-Claude4.5Haiku-output-tokens-lctx"}, {"unit": "blocks"}]),
    ),
    max_size=8,
)


@given(rows=ROWS, bill=LINES, back=st.integers(0, 30))
def test_the_parts_of_every_difference_sum_to_it_and_no_dollar_is_lost(
    rows: list[Counted], bill: list[Line], back: int
) -> None:
    found = compared(rows, bill, AFTER - timedelta(days=back), NOW)
    for cell in found.cells:
        assert sum((part.usd for part in cell.parts), Decimal()) == cell.billed_usd - cell.counted_usd
    assert sum((cell.counted_usd for cell in found.cells), Decimal()) == sum((row.usd for row in rows), Decimal())
    assert sum((cell.billed_usd for cell in found.cells), Decimal()) == sum((each.usd for each in bill), Decimal())


@given(rows=ROWS, planted=st.lists(st.tuples(st.integers(0, 7), st.integers(-9, 9)), max_size=3))
def test_exactly_what_is_planted_is_found(rows: list[Counted], planted: list[tuple[int, int]]) -> None:
    bill, wanted = billed(rows), dict[tuple[str, str, str], int]()
    own = [(row, kind) for row in rows for kind in row.tokens]
    for place, more in planted:
        if place < len(own) and more:
            row, kind = own[place]
            usd, amount = Decimal(RATES[row.model][kind]) * more / 1_000_000, Decimal(more) / 1000
            bill.append(line(row.day.day, kind, model=row.model, person=row.person, amount=amount, usd=usd))
            key = (row.person, row.model, kind)
            wanted[key] = wanted.get(key, 0) + more
    result = findings(compared(rows, bill))
    assert {(who, model, kind): tokens for who, model, kind, _, _, tokens in result} == {
        key: tokens for key, tokens in wanted.items() if tokens
    }
