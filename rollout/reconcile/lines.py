"""AWS's bill as an export has it (CUR 2.0, gzip over CSV), read line by line and within bounds.

It comes from a bucket that others may write to, so nothing of it is believed: its size, its columns and each number are
looked at, and every mistake is said with its place.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import BinaryIO, cast

COLUMNS = (
    *("line_item_usage_start_date", "line_item_usage_account_id", "line_item_line_item_type"),
    *("line_item_product_code", "line_item_usage_type", "line_item_usage_amount", "line_item_unblended_cost"),
    *("line_item_currency_code", "line_item_line_item_description", "line_item_iam_principal"),
    *("pricing_unit", "product"),
)
# Without which nothing can be said; the others only help to tell what a line is about.
NEEDED = (
    *("line_item_usage_start_date", "line_item_usage_account_id", "line_item_line_item_type"),
    *("line_item_usage_type", "line_item_usage_amount", "line_item_unblended_cost", "line_item_iam_principal"),
)
# Unpacked, of one file: CUR 2.0 begins another one long before.
BYTES_AT_MOST = 4 * 1024**3
LINE_AT_MOST = 256 * 1024
MISTAKES_AT_MOST = 20
# Before the point. A sum of larger numbers has more digits than decimals keep.
DIGITS_AT_MOST = 15
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,2})?")


class ExportError(ValueError):
    """`lines`: what is wrong with a file, each with its place."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the bill. `amount`: in `unit`s. `usd`: before tax, as invoiced (unblended). `about`: texts that may
    name the model, best first."""

    day: date
    account: str
    type: str
    usage_type: str
    amount: Decimal
    usd: Decimal
    principal: str
    unit: str
    about: tuple[str, ...]


def lines(packed: BinaryIO, where: str, bytes_at_most: int = BYTES_AT_MOST) -> Iterator[Line]:
    """Of one file. ExportError where it cannot be read as a whole, or, at its end, for the lines that could not."""
    mistakes: list[str] = []
    wrong = 0
    try:
        rows = csv.reader(_text(packed, where, bytes_at_most), strict=True)
        header = next(rows, list[str]())
        places = {name.strip().lower().replace("/", "_"): index for index, name in enumerate(header)}
        if missing := [name for name in NEEDED if name not in places]:
            raise ExportError([f"{where}: without the column {', '.join(missing)}; has {_header(header)}"])
        for row in rows:
            try:
                yield _line(row, places, len(header))
            except ValueError as error:
                wrong += 1
                if len(mistakes) < MISTAKES_AT_MOST:
                    mistakes.append(f"{where}: line {rows.line_num}: {error}")
    except csv.Error as error:
        raise ExportError([*mistakes, f"{where}: no CSV: {error}"]) from None
    except (OSError, EOFError, zlib.error) as error:
        raise ExportError([*mistakes, f"{where}: no gzip, or cut off: {error}"]) from None
    if wrong:
        more = [f"{where}: and {wrong - len(mistakes)} lines more"] if wrong > len(mistakes) else []
        raise ExportError([*mistakes, *more])


def _text(packed: BinaryIO, where: str, most: int) -> Iterator[str]:
    """Line by line: neither a file nor one of its lines can take all memory."""
    with gzip.GzipFile(fileobj=packed) as unpacked:
        read = 0
        # Buffered: a read of a compressed file is slow, and one of it line by line slower still.
        buffered = io.BufferedReader(cast("io.RawIOBase", unpacked), 1 << 20)
        while found := buffered.readline(LINE_AT_MOST + 1):
            read += len(found)
            if len(found) > LINE_AT_MOST:
                raise ExportError([f"{where}: a line of more than {LINE_AT_MOST // 1024} KB is none of a bill"])
            if read > most:
                raise ExportError([f"{where}: more than {most:,} bytes unpacked; nothing is that large"])
            try:
                yield found.decode()
            except UnicodeDecodeError:
                raise ExportError([f"{where}: no UTF-8"]) from None


def _header(header: list[str]) -> str:
    shown = ", ".join(name[:60] for name in header[:30])
    return shown.encode("ascii", "backslashreplace").decode() or "none"


def _line(row: list[str], places: dict[str, int], width: int) -> Line:
    if len(row) != width:
        raise ValueError(f"{len(row)} values under {width} columns")

    def of(name: str) -> str:
        return row[places[name]].strip() if name in places else ""

    currency = of("line_item_currency_code")
    if currency not in {"", "USD"}:
        raise ValueError(f"line_item_currency_code: not USD: {_shown(currency)}")
    usage_type = of("line_item_usage_type")
    return Line(
        day=_day(of("line_item_usage_start_date")),
        account=of("line_item_usage_account_id"),
        type=of("line_item_line_item_type"),
        usage_type=usage_type,
        amount=_number("line_item_usage_amount", of("line_item_usage_amount")),
        usd=_number("line_item_unblended_cost", of("line_item_unblended_cost")),
        principal=of("line_item_iam_principal"),
        unit=of("pricing_unit"),
        about=(usage_type, _product(of("product")), of("line_item_line_item_description")),
    )


def _number(column: str, text: str) -> Decimal:
    """Nothing at all is none: a line of tax has no amount."""
    if not text:
        return Decimal()
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{column}: no number: {_shown(text)}")
    found = Decimal(text)
    if found and found.adjusted() >= DIGITS_AT_MOST:
        raise ValueError(f"{column}: no number of a bill: {_shown(text)}")
    return found


def _day(text: str) -> date:
    """UTC, as AWS writes it: `2026-11-23T00:00:00.000Z`, or with a blank."""
    try:
        found = datetime.fromisoformat(text)
        return (found.astimezone(UTC) if found.tzinfo else found).date()
    except (ValueError, OverflowError):
        raise ValueError(f"line_item_usage_start_date: no time: {_shown(text)}") from None


def _product(text: str) -> str:
    """The product's name, out of a map that CSV holds as JSON."""
    try:
        found: object = json.loads(text) if text.startswith("{") else None
    except (ValueError, RecursionError):
        return ""
    name = cast("dict[str, object]", found).get("product_name") if isinstance(found, dict) else None
    return name if isinstance(name, str) else ""


def _shown(text: str) -> str:
    return ascii(text[:40])
