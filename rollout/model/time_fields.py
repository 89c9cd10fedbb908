"""Times and days in a stack file: as YAML, the engine and people write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from rollout.model.errors import shown

# YAML reads an unquoted time as a time, and the engine hands it on in Go's notation: of a zone that has no name, its
# offset twice.
_GO_TIME = re.compile(r"^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) ([+-]\d\d)(\d\d) [\w+-]+$")


def _instant(value: object) -> object:
    if isinstance(value, datetime):
        return value
    try:
        parsed = datetime.fromisoformat(_GO_TIME.sub(r"\1T\2\3:\4", str(value)))
        instant = parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"not a time: {shown(value)}. Write it as 2026-11-23T14:05:00Z") from None
    if parsed.tzinfo is None:
        raise ValueError(f"no time zone: {shown(value)}. Write it as 2026-11-23T14:05:00Z")
    return instant


def _text(allowed: str) -> Any:
    """For editors, which know the text and no time."""
    return Annotated[str, WithJsonSchema({"type": "string", "errorMessage": f"not {allowed}"})]


Instant = Annotated[
    datetime,
    BeforeValidator(_instant, json_schema_input_type=_text("a time with its zone such as 2026-11-23T14:05:00Z")),
]


def _day(value: object) -> object:
    """The engine hands on an unquoted day as Go's midnight."""
    if type(value) is date:
        return value
    text = str(value).strip()
    try:
        return date.fromisoformat(text.partition(" ")[0].removesuffix("T00:00:00Z"))
    except ValueError:
        raise ValueError(f"not a day: {shown(value)}. Write it as 2026-12-31") from None


Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=_text("a day such as 2026-12-31"))]


# What the engine makes of a day without quotes, and of midnight without quotes: the two cannot be told apart.
_GO_MIDNIGHT = re.compile(r"^(\d{4}-\d\d-\d\d) 00:00:00 \+0000 UTC$")


# IAM reads a time of four digits, and of an earlier year one would be missing.
FIRST_YEAR = 2000


def _end(value: object) -> object:
    """A day counts whole, in UTC: what ends then ends as the next day begins. To the second, as IAM compares."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(microsecond=0)
    text = str(value).strip()
    if unquoted := _GO_MIDNIGHT.match(text):
        day = unquoted[1]
        raise ValueError(
            f'a day without quotes, which YAML takes for a time: {day}. Write "{day}" in quotes for the whole of that '
            f'day, or "{day}T00:00:00Z" to end as it begins'
        )
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            next_day = date.fromisoformat(text) + timedelta(days=1)
            instant: object = datetime.combine(next_day, datetime.min.time(), UTC)
        else:
            instant = _instant(text)
    except (ValueError, OverflowError):
        raise ValueError(
            f'not a day or a time with its zone: {shown(value)}. Write it as "2026-12-31", which counts whole in UTC, '
            "or 2026-12-31T17:00:00+01:00"
        ) from None
    if isinstance(instant, datetime) and instant.year < FIRST_YEAR:
        raise ValueError(f"long before there was anything to end: {shown(value)}")
    return instant.replace(microsecond=0) if isinstance(instant, datetime) else instant


End = Annotated[
    datetime,
    BeforeValidator(
        _end, json_schema_input_type=_text('a day in quotes such as "2026-12-31", or a time with its zone')
    ),
]
