"""Checks of one value out of a request; each gives the value back, or refuses it by its path."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, cast

from .errors import refuse

# What XML can not carry, a SAML assertion could not either.
NOT_TEXT = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def an_object(value: Any, field: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        refuse(field, "must be an object")
    return cast("dict[str, Any]", value)


def a_text(value: Any, field: str, *, most: int, least: int = 1) -> str:
    if least and (value is None or value == ""):
        refuse(field, "The field cannot be left blank")
    if not isinstance(value, str):
        refuse(field, "must be a string")
    if not least <= len(value) <= most:
        refuse(field, f"must be {least} to {most} characters long")
    if NOT_TEXT.search(value):
        refuse(field, "must not hold control characters")
    return value


def a_flag(value: Any, field: str) -> bool:
    if not isinstance(value, bool):
        refuse(field, "must be true or false")
    return value


def a_number(value: Any, field: str, *, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        refuse(field, "must be an integer")
    if not least <= value <= most:
        refuse(field, f"must be from {least} to {most}")
    return value


def one_of(value: Any, field: str, allowed: Collection[str]) -> str:
    if not isinstance(value, str) or value not in allowed:
        refuse(field, f"must be one of {', '.join(sorted(allowed))}")
    return value


def texts(value: Any, field: str, *, most: int = 1000) -> list[str]:
    if not isinstance(value, list):
        refuse(field, "must be a list")
    return [a_text(each, field, most=most) for each in cast("list[Any]", value)]


def only(keys: Collection[str], known: Collection[str], field: str) -> None:
    """Refuses keys the real API has no meaning for, so that a typing mistake can not pass unseen."""
    for key in sorted(set(keys) - set(known)):
        refuse(f"{field}.{key}", "unknown property")
