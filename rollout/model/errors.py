"""What is said to a person about a mistake in the stack file: where, what, and what is allowed."""

from __future__ import annotations

import difflib
import json
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rollout.model.descriptions import meanings

Path = tuple[str | int, ...]
MAX_SHOWN = 80
MAX_LISTED = 30
MAX_LINES = 100
BOUNDS = {
    "greater_than_equal": "at least",
    "greater_than": "more than",
    "less_than_equal": "at most",
    "less_than": "less than",
}


@dataclass(frozen=True, order=True)
class Mistake:
    """One line: where it is (`cohorts.pilot.members.x@y.team`, or `rosters/pilot.csv:14: team`) and what to do."""

    path: Path
    text: str
    by_clock: bool = False
    """Whether it comes or goes with time alone, in a file that nobody touched."""

    def line(self, origins: Mapping[Path, str]) -> str:
        for length in range(len(self.path), 0, -1):
            if origin := origins.get(self.path[:length]):
                rest = dotted(self.path[length:])
                return f"{origin}: {rest}: {self.text}" if rest else f"{origin}: {self.text}"
        return f"{dotted(self.path)}: {self.text}" if self.path else self.text


class StackFileError(ValueError):
    """All mistakes of a stack file, one line each."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = list(lines)
        count = "1 mistake" if len(self.lines) == 1 else f"{len(self.lines)} mistakes"
        more = [f"and {len(self.lines) - MAX_LINES:,} more"] if len(self.lines) > MAX_LINES else []
        said = [f"the stack file has {count}; nothing was touched:", *self.lines[:MAX_LINES], *more]
        super().__init__("\n".join(said))


def dotted(path: Iterable[str | int]) -> str:
    return ".".join(shown(part) for part in path if part != "[key]")


def shown(value: object) -> str:
    if value is None or isinstance(value, bool):
        value = json.dumps(value)
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(value))
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def one_of(values: Iterable[object]) -> str:
    """The values in a row; of very many the first, and how many more."""
    known = [shown(value) for value in values]
    more = [f"and {len(known) - MAX_LISTED} more"] if len(known) > MAX_LISTED else []
    return ", ".join([*known[:MAX_LISTED], *more])


def some(names: Sequence[str], most: int) -> str:
    """The first of them, for a sentence, and how many more."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def nearest(word: str, known: Iterable[str]) -> str:
    """A sentence that begins with what was probably meant."""
    known = list(known)
    close = difflib.get_close_matches(word, known, n=1)
    meant = f"did you mean {shown(close[0])}? " if close else ""
    return f"{meant}allowed: {one_of(sorted(known)) or 'none'}"


def mistakes_of(error: ValidationError, model: type[BaseModel], teams: Iterable[str]) -> list[Mistake]:
    return [Mistake(tuple(detail["loc"]), _text(detail, model, teams)) for detail in error.errors()]


def _text(detail: ErrorDetails, model: type[BaseModel], teams: Iterable[str]) -> str:
    kind, value, context = detail["type"], shown(detail["input"]), detail.get("ctx", {})
    match kind:
        case "missing" if detail["loc"][-1] == "team":
            return f"missing; one of organization.teams: {one_of(sorted(teams)) or 'none'}"
        case "missing":
            return "missing; " + _meaning(model, detail["loc"])
        case "extra_forbidden":
            return "unknown key; " + nearest(str(detail["loc"][-1]), _fields(model, detail["loc"][:-1]))
        case "enum" | "literal_error":
            return f"not one of {str(context['expected']).replace(chr(39), '').replace(' or ', ', ')}: {value}"
        case "int_type" | "int_parsing" | "int_from_float":
            return f"not a whole number: {value}"
        case "float_type" | "float_parsing" | "finite_number":
            return f"not a number: {value}"
        case "bool_type" | "bool_parsing":
            return f"not true or false: {value}"
        case "greater_than_equal" | "greater_than" | "less_than_equal" | "less_than":
            return f"must be {BOUNDS[kind]} {next(iter(context.values()))}, not {value}"
        case "too_short":
            return "empty; name at least one"
        case "too_long":
            return f"{len(detail['input'])} of them; at most {context['max_length']}"
        case "string_type":
            scalar = isinstance(detail["input"], (int, float))
            return f"not a text: {value}" + (f'; put it in quotes: "{value}"' if scalar else "")
        case "model_type" | "mapping_type" | "dict_type" | "model_attributes_type":
            return f"not a map of keys and values: {value}"
        case "tuple_type" | "list_type":
            return f"not a list: {value}"
        case "value_error":
            return str(context["error"])
        case _:
            return f"{detail['msg']}: {value}"


def _model_at(model: type[BaseModel], path: Sequence[str | int]) -> type[BaseModel] | None:
    """The model that a path of the stack file leads to."""
    annotation: Any = model
    for part in path:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            field = annotation.model_fields.get(str(part))
            annotation = field.annotation if field else None
        else:
            annotation = (typing.get_args(annotation) or (None,))[-1]
        annotation = _unwrapped(annotation)
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _unwrapped(annotation: Any) -> Any:
    """`X | None` and `Annotated[X, ...]` without what surrounds X."""
    arguments = [argument for argument in typing.get_args(annotation) if argument is not type(None)]
    if typing.get_origin(annotation) is typing.Annotated or (type(None) in typing.get_args(annotation)):
        return _unwrapped(arguments[0])
    return annotation


def _fields(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    found = _model_at(model, path)
    return list(found.model_fields) if found else []


def _meaning(model: type[BaseModel], path: Sequence[str | int]) -> str:
    found = _model_at(model, path[:-1])
    return (meanings(found) if found else {}).get(str(path[-1]), f"give `{path[-1]}`")
