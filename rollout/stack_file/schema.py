"""The JSON schema of a stack file, for editors. Made from the models, so that there is one place for each fact."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from rollout.model.base import Part
from rollout.model.cohort import OWN
from rollout.model.descriptions import meanings
from rollout.model.rollout import Rollout
from rollout.stack_file.load import PROJECT

DIALECT = "http://json-schema.org/draft-07/schema#"


def stack_file_schema() -> dict[str, Any]:
    """Of the whole file: our keys under `config` as the models say, anybody else's as they like."""
    schema = Rollout.model_json_schema(ref_template="#/definitions/{model}")
    _close(schema)
    parts = {part.__name__: part for part in _subclasses(Part)}
    for name, definition in [*schema["$defs"].items(), (Rollout.__name__, schema)]:
        for field, text in meanings(parts[name]).items() if name in parts else ():
            definition["properties"][field]["description"] = text
    member = schema["$defs"]["Member"]
    member["anyOf"] = [{"required": member.pop("required")}, {"propertyNames": {"enum": list(OWN)}}]
    return {
        "$schema": DIALECT,
        "title": "Stack file of claude-code-rollout",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": {f"{PROJECT}:{key}": value for key, value in schema["properties"].items()},
                "patternProperties": {rf"^(?!{PROJECT}:)": {}},
                "required": [f"{PROJECT}:{key}" for key in schema["required"]],
                "additionalProperties": False,
            }
        },
        "definitions": schema["$defs"],
    }


def _subclasses(part: type[Part]) -> Iterator[type[Part]]:
    for inner in part.__subclasses__():
        yield inner
        yield from _subclasses(inner)


def _close(schema: Any) -> None:
    """A key that matches no pattern is a mistake; pydantic leaves it open what else a map may hold."""
    if isinstance(schema, dict):
        schema = cast("dict[str, Any]", schema)
        if "patternProperties" in schema:
            schema["additionalProperties"] = False
        for inner in schema.values():
            _close(inner)
    elif isinstance(schema, list):
        for inner in cast("list[Any]", schema):
            _close(inner)
