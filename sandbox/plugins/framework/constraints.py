"""Checks of single values. AWS's own limits come from the service models that botocore ships."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from sandbox.plugins.framework.entry import Constraint


def length(least: int, most: int) -> Constraint:
    """Characters of a text, items of a list, keys of a map."""

    def check(value: Any) -> str | None:
        unit = "characters" if isinstance(value, str) else "items"
        if len(value) < least:
            return f"needs at least {least} {unit}, has {len(value)}"
        return f"takes at most {most} {unit}, has {len(value)}" if len(value) > most else None

    return check


def between(least: float, most: float) -> Constraint:
    return lambda value: None if least <= value <= most else f"must be from {least} to {most}: {value}"


def one_of(*allowed: Any) -> Constraint:
    words = ", ".join(str(item) for item in allowed)
    return lambda value: None if value in allowed else f"must be one of {words}: {value}"


def matches(pattern: str, says: str) -> Constraint:
    """The whole value matches; `says` completes "must ..."."""
    compiled = re.compile(pattern)
    return lambda value: None if compiled.fullmatch(value) else f"must {says}: {value}"


def excludes(pattern: str, says: str) -> Constraint:
    compiled = re.compile(pattern)
    return lambda value: f"must not {says}: {value}" if compiled.search(value) else None


def each(*constraints: Constraint) -> Constraint:
    """For the items of a list or the values of a map."""
    check_one = every(*constraints)

    def check(value: Any) -> str | None:
        items: Iterable[Any] = value.values() if isinstance(value, dict) else value
        return next((reason for item in items if isinstance(item, str | int) and (reason := check_one(item))), None)

    return check


def every(*constraints: Constraint) -> Constraint:
    return lambda value: next((reason for constraint in constraints if (reason := constraint(value))), None)


def unsupported(_value: Any) -> str:
    """For inputs whose behaviour is not known well enough to stand in for."""
    return "is beyond the stand-in plug-in: remove it, or install the official plug-in"


def json_text(value: Any) -> str | None:
    try:
        json.loads(value)
    except ValueError as error:
        return f"is not JSON: {error}"
    return None


def arn(value: Any) -> str | None:
    """The shape the provider asks of every ARN; empty is allowed."""
    if not value:
        return None
    parts = value.split(":", maxsplit=5)
    wanted = ("arn", r"aws(-[a-z]+)*", r".+", r"([a-z]{2}(-[a-z]+)+-\d{1,2})?", _ACCOUNT, r".+")
    whole = len(parts) == len(wanted)
    fits = whole and all(re.fullmatch(w, part, re.DOTALL) for w, part in zip(wanted, parts, strict=True))
    return None if fits else f"is not an ARN: {value}"


_ACCOUNT = r"(\d{12}|aws|aws-managed|third-party|cw.{10})?"


def model(service: str, operation: str, member: str) -> Constraint:
    """The type's length, pattern and enum in AWS's model: `model("iam", "CreateRole", "RoleName")`."""

    def check(value: Any) -> str | None:  # the model is read when a value is there to judge
        return _model_check(service, operation, member)(value)

    return check


@lru_cache
def _service_model(service: str) -> dict[str, Any]:
    from botocore.loaders import Loader

    return Loader().load_service_model(service, "service-2")


@lru_cache
def _model_check(service: str, operation: str, member: str) -> Constraint:
    """Dots lead into members; an unknown name is a mistake in the table and raises."""
    document = _service_model(service)
    shapes = document["shapes"]
    shape = shapes[document["operations"][operation]["input"]["shape"]]
    for name in member.split("."):
        shape = shapes[(shape["member"] if name == "[]" else shape["members"][name])["shape"]]
    return _shape_check(shape)


def _shape_check(shape: dict[str, Any]) -> Constraint:
    constraints: list[Constraint] = []
    numeric = shape["type"] in {"integer", "long", "double", "float"}
    least, most = shape.get("min", 0), shape.get("max", float("inf"))
    if least or most != float("inf"):
        constraints.append(between(least, most) if numeric else length(least, most))
    if "enum" in shape:
        constraints.append(one_of(*shape["enum"]))
    if "pattern" in shape:
        pattern = compiled_pattern(shape["pattern"])
        constraints.append(
            lambda value: None if pattern.fullmatch(value) else f"must match {shape['pattern']}: {value}"
        )
    return every(*constraints)


_UNICODE_CLASSES = {r"\p{L}": r"\w", r"\p{M}": r"\w", r"\p{N}": r"\d", r"\p{Z}": r"\s", r"\p{S}": "$+<=>^`|~"}


def compiled_pattern(pattern: str) -> re.Pattern[str]:
    r"""AWS writes patterns for Java, where `\w` is ASCII, and has Unicode classes that Python lacks."""
    if r"\p{" not in pattern:
        return re.compile(pattern, re.ASCII)
    for theirs, ours in _UNICODE_CLASSES.items():
        pattern = pattern.replace(theirs, ours)
    return re.compile(pattern)
