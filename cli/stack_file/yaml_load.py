"""A stack file's YAML read fast, and as strictly as the engine reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, cast

import yaml

# What anchors and aliases may unfold to: a hundred cohorts of a hundred people are 100,000.
MAX_VALUES = 2_000_000
# libyaml goes down by recursion, and takes the whole process along somewhere below 20,000.
MAX_DEPTH = 1000
_BRACKETS, _ROW = re.compile(r"[\[\]{}]"), re.compile(rf"(?:[-?:][ \t]+){{{MAX_DEPTH}}}")

# Thirty times as fast where PyYAML was built with libyaml, as its wheels are.
_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Safe):
    """A key that is there twice is a mistake, as it is to the engine; PyYAML would take the last."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[str] = set()
        for key, _ in node.value:
            name = getattr(key, "value", None)
            if isinstance(name, str) and name != "<<":
                if name in seen:
                    raise yaml.MarkedYAMLError(None, None, f"{name} is there twice", key.start_mark)
                seen.add(name)
        parent: Any = super()
        return parent.construct_mapping(node, deep)


def loaded(text: str) -> Any:
    """yaml.YAMLError where it is no YAML, or unfolds to more than memory has; its text is one line."""
    if _is_deep(text):
        raise yaml.YAMLError("nested too deep")
    try:
        found: Any = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe one
        values = _values(found, {}, set())
    except RecursionError:
        raise yaml.YAMLError("nested too deep") from None
    except ValueError as error:  # such as a date of the 31st of February
        raise yaml.YAMLError(str(error)) from None
    if values > MAX_VALUES:
        raise yaml.YAMLError(f"its aliases unfold to more than {MAX_VALUES} values")
    return found


def _is_deep(text: str) -> bool:
    """Brackets in texts are counted too: nobody writes a thousand that are never closed."""
    depth = 0
    for bracket in _BRACKETS.finditer(text):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > MAX_DEPTH:
            return True
    return bool(_ROW.search(text))


def line_of(error: yaml.YAMLError) -> str:
    """`12: mapping values are not allowed here`: the line, and what is wrong."""
    mark = cast("Any", getattr(error, "problem_mark", None))
    problem = getattr(error, "problem", None) or " ".join(str(error).split())
    return f"{mark.line + 1}: {problem}" if mark else str(problem)


def _values(value: Any, known: dict[int, int], within: set[int]) -> int:
    """How many there are once each alias is what it stands for."""
    if not isinstance(value, (dict, list)):
        return 1
    place = id(cast("object", value))
    if place in known:
        return known[place]
    if place in within:
        raise yaml.YAMLError("an alias that stands for what it is in")
    within.add(place)
    parts = cast("Iterable[Any]", value.values() if isinstance(value, dict) else value)
    known[place] = 1 + sum(_values(part, known, within) for part in parts)
    within.discard(place)
    return known[place]
