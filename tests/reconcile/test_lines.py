"""A bill as a file: read where it is one, refused in a line each where it is not, and never more than memory holds."""

from __future__ import annotations

import contextlib
import gzip
import io
import zlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.reconcile import lines as module
from rollout.reconcile.lines import COLUMNS, ExportError, lines
from rollout.reconcile.usage_types import foundation_name, model_name, usage_type
from tests.reconcile.world import compared, counted, packed, row

WHERE = "s3://acme/bill.csv.gz"


def mistakes(file: io.BytesIO, **how: int) -> list[str]:
    with pytest.raises(ExportError) as refused:
        list(lines(file, WHERE, **how))
    return refused.value.lines


def test_a_line_of_the_marketplace_is_read_to_the_token_and_the_micro_dollar() -> None:
    found = compared([counted(5, input=1200)], lines(packed([row()]), WHERE))
    assert found.agrees
    assert [(cell.billed_tokens, cell.billed_usd) for cell in found.cells] == [(1200, Decimal("0.0036"))]


def test_columns_may_come_in_any_order_and_with_others() -> None:
    header = ["more", *reversed(COLUMNS)]
    assert len(list(lines(packed([["x", *reversed(row())]], header), WHERE))) == 1


def test_missing_columns_are_named() -> None:
    header = [name for name in COLUMNS if name not in {"line_item_iam_principal", "line_item_usage_type"}]
    (said,) = mistakes(packed([], header))
    assert said.startswith(f"{WHERE}: without the column line_item_usage_type, line_item_iam_principal; has line_item")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"line_item_unblended_cost": "1,5"}, "line_item_unblended_cost: no number: '1,5'"),
        ({"line_item_unblended_cost": "NaN"}, "line_item_unblended_cost: no number: 'NaN'"),
        ({"line_item_usage_amount": "1e999999"}, "line_item_usage_amount: no number: '1e999999'"),
        ({"line_item_unblended_cost": "1e15"}, "line_item_unblended_cost: no number of a bill: '1e15'"),
        ({"line_item_usage_amount": "-9e99"}, "line_item_usage_amount: no number of a bill: '-9e99'"),
        ({"line_item_usage_start_date": "yesterday\x1b[2J"}, "no time: 'yesterday\\x1b[2J'"),
        ({"line_item_currency_code": "CNY"}, "line_item_currency_code: not USD: 'CNY'"),
    ],
)
def test_a_line_that_is_wrong_is_said_with_its_place(changes: dict[str, str], reason: str) -> None:
    (said,) = mistakes(packed([row(), row(**changes)]))
    assert said.startswith(f"{WHERE}: line 3: ")
    assert reason in said


def test_all_mistakes_come_at_once_and_no_more_than_people_read() -> None:
    said = mistakes(packed([row(line_item_unblended_cost="x")] * 50))
    assert len(said) == 21
    assert said[-1] == f"{WHERE}: and 30 lines more"


def test_what_is_no_file_of_an_export_is_refused_in_a_line() -> None:
    whole = packed([row()] * 1000).getvalue()
    assert "no gzip, or cut off" in mistakes(io.BytesIO(b"line_item_usage_type\n"))[0]
    assert "no gzip, or cut off" in mistakes(io.BytesIO(whole[: len(whole) // 2]))[0]
    assert "without the column" in mistakes(io.BytesIO(gzip.compress(b"")))[0]
    assert mistakes(io.BytesIO(gzip.compress(b"\xff\xfe")))[0] == f"{WHERE}: no UTF-8"
    assert "under 12 columns" in mistakes(packed([["a", "b"]]))[0]


def test_a_bomb_is_left_before_it_fills_the_memory() -> None:
    bomb = zlib.compressobj(wbits=31)
    line = b"x" * 10_000_000
    file = b"".join(bomb.compress(line) for _ in range(30)) + bomb.flush()
    assert "a line of more than 256 KB" in mistakes(io.BytesIO(file))[0]
    many = packed([row()] * 20_000)
    assert "more than 1,000,000 bytes unpacked" in mistakes(many, bytes_at_most=1_000_000)[0]


def test_a_product_that_is_no_map_only_hides_the_model() -> None:
    for product in ("", "{", "[1]", '{"product_name": 7}', "{" * 10_000):
        found = compared([], lines(packed([row(product=product)]), WHERE))
        assert [cell.key.model for cell in found.cells] == ["?"]


@given(st.binary(max_size=400))
def test_whatever_a_file_holds_it_is_read_or_refused(content: bytes) -> None:
    for file in (content, gzip.compress(content), gzip.compress(",".join(COLUMNS).encode() + b"\n" + content)):
        with contextlib.suppress(ExportError):
            list(lines(io.BytesIO(file), WHERE))


@pytest.mark.parametrize(
    ("text", "kind", "long", "everywhere"),
    [
        ("USE1-Claude4.6Sonnet-input-tokens", "input", False, False),
        ("USE1-Claude4.6Sonnet-cache-read-input-tokens", "cache_read", False, False),
        ("USE1-MP:USE1_OutputTokenCount_Global-Units", "output", False, True),
        ("USW2-MP:USW2_cache_write_1h_tokens_global_standard-Units", "cache_write_1h", False, True),
        ("USE1-MP:USE1_CacheWriteInputTokenCount_LCtx-Units", "cache_write", True, False),
    ],
)
def test_each_form_of_a_usage_type_is_understood(text: str, kind: str, long: bool, everywhere: bool) -> None:
    found = usage_type(text)
    assert found
    assert (found.kind, found.long_prompt, found.everywhere) == (kind, long, everywhere)


def test_what_is_no_token_of_claude_is_of_no_kind_and_no_model() -> None:
    assert usage_type("USE1-BoxUsage:t3.micro") is None
    assert model_name("Amazon Nova Lite", "USE1-Nova2.0Lite-input-tokens") is None
    assert model_name("Claude Opus 5.0", "x") == foundation_name("anthropic.claude-opus-5") == "opus 5"
    assert foundation_name("anthropic.claude-3-5-haiku-20241022-v1:0") == model_name("Claude 3.5 Haiku") == "haiku 3.5"


def test_the_bounds_are_those_of_a_bill() -> None:
    assert module.LINE_AT_MOST > 100 * 1024
    assert module.BYTES_AT_MOST > 1024**3
