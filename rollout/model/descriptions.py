"""What each field of the stack file means: the text beneath it in `rollout.model.rollout` and its parts.

Read from the source only when somebody asks, since pydantic's own way takes longer than all else at start.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache

from pydantic import BaseModel


@cache
def meanings(model: type[BaseModel]) -> dict[str, str]:
    """The described fields of a model, by name; of those it inherits too."""
    inherited = [base for base in model.__bases__ if issubclass(base, BaseModel) and base is not BaseModel]
    [definition] = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(definition, ast.ClassDef)  # noqa: S101
    found = {name: text for base in inherited for name, text in meanings(base).items()}
    for field, text in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            value = text.value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                found[field.target.id] = inspect.cleandoc(value.value)
    return found
