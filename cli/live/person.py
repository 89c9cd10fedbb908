"""What a directory says of a person, held against what a stack file can hold."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import TypeAdapter, ValidationError

from rollout.model.fields import Cell, Email

_EMAIL, _CELL = TypeAdapter[str](Email), TypeAdapter[str](Cell)


def refusals(email: str, name: str, role: str = "") -> Iterator[str]:
    """`email: not an e-mail address ...`, a line each; a role may be missing."""
    for key, value, kind in (("email", email, _EMAIL), ("name", name, _CELL), ("role", role, _CELL)):
        try:
            if value or key != "role":
                kind.validate_python(value)
        except ValidationError as error:
            yield f"{key}: {error.errors()[0]['msg'].removeprefix('Value error, ')}" if value else f"{key}: missing"
