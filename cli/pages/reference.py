"""`python -m cli.pages.reference`: docs/stack-file.md, from the stack file's schema and `reference_examples`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any, cast

from cli.pages.reference_examples import EXAMPLES
from rollout.stack_file.load import PROJECT
from rollout.stack_file.schema import stack_file_schema

Schema = Mapping[str, Any]

INTRODUCTION = f"""# The stack file

Every key of `Pulumi.<stack>.yaml` that is ours, under `config:` with the prefix `{PROJECT}:`. Written by
`make reference` from the models in `rollout/`, which are what is loaded; each example is loaded by a test.

A key that nobody knows is a mistake, and so is a value of the wrong kind. All mistakes come out at once, each with its
place, and nothing is touched. Secrets are set by `pulumi config set --secret` and kept encrypted.
"""
# How a map's key is written in a path, by the field that holds the map.
KEYS = {
    "teams": "<team>",
    "models": "<label>",
    "cohorts": "<cohort>",
    "members": "<e-mail>",
    "machines": "<machine>",
    "raises": "<e-mail>",
    "channels": "<audience>",
    "policy_exceptions": "<rule>",
}


def page() -> str:
    return "\n".join(Reference(stack_file_schema()).lines()) + "\n"


class Reference:
    """Each part is described where it is met first, and linked to from then on."""

    def __init__(self, schema: Schema) -> None:
        self._definitions: Schema = schema["definitions"]
        config = schema["properties"]["config"]
        self._keys: Schema = {name.removeprefix(f"{PROJECT}:"): field for name, field in config["properties"].items()}
        self._required = {name.removeprefix(f"{PROJECT}:") for name in config["required"]}
        self._described: dict[str, str] = {}

    def lines(self) -> Iterator[str]:
        yield INTRODUCTION
        yield "| Key | Meaning |"
        yield "| --- | --- |"
        for key, field in self._keys.items():
            yield f"| [`{key}`](#{key}) | {_cell(self._meaning(field))} |"
        for key, field in self._keys.items():
            yield from self._section(key, field)

    def _section(self, key: str, field: Schema) -> Iterator[str]:
        yield f"\n## {key}\n"
        yield self._meaning(field) + "\n"
        need = "Required." if key in self._required else f"Optional; {self._default(field)}."
        yield f"{_sentence(self._type(field))}. {need}"
        yield f"\n```yaml\nconfig:\n{_indented(EXAMPLES[key])}\n```"
        yield from self._parts(key, field)

    def _parts(self, path: str, field: Schema) -> Iterator[str]:
        """The tables of what is in a field, and of what is in that."""
        name, within = self._model(field), _held(field) is not None
        if name is None or name in self._described or "properties" not in self._definitions[name]:
            return
        path = f"{path}.{KEYS[path.rpartition('.')[2]]}" if within else path
        self._described[name] = path
        definition = self._definitions[name]
        if "." in path:
            yield f"\n### `{path}`\n"
            if "description" in definition and not (within and path.count(".") == 1):
                yield definition["description"] + "\n"
        else:
            yield ""
        required = _required(definition)
        yield "| Key | Type | Default | Meaning |"
        yield "| --- | --- | --- | --- |"
        for key, inner in definition["properties"].items():
            default = "required" if key in required else self._default(inner)
            meaning = _cell(inner.get("description", "") or self._meaning(inner))
            yield f"| `{key}` | {_cell(self._type(inner))} | {default} | {meaning} |"
        for key, inner in definition["properties"].items():
            yield from self._parts(f"{path}.{key}", inner)

    def _meaning(self, field: Schema) -> str:
        name = self._model(field)
        return field.get("description") or (self._definitions[name].get("description", "") if name else "")

    def _default(self, field: Schema) -> str:
        default = field.get("default")
        if isinstance(default, dict):
            return "empty" if not default else "its keys' defaults"
        if default is None or default == []:
            return "none"
        if isinstance(default, list):
            return ", ".join(f"`{item}`" for item in cast("list[object]", default))
        text = f"{default:,g}" if isinstance(default, float) else str(default)
        return f"`{str(default).lower() if isinstance(default, bool) else text.replace(',', '')}`"

    def _model(self, field: Schema) -> str | None:
        """The definition that a field is made of: itself, one of a map's, or the one beside null."""
        field = _held(field) or _given(field)
        reference = field.get("$ref")
        return reference.rpartition("/")[2] if isinstance(reference, str) else None

    def _type(self, field: Schema) -> str:
        field = _given(field)
        if held := _held(field):
            names = field.get("propertyNames", {})
            by = f" by {_kind(names)}" if names else ""
            return f"map{by} of {self._of(held)}"
        if "$ref" in field:
            return self._of(field)
        if field.get("type") == "object":
            return "secret"
        if field.get("type") == "array":
            count = _bounds(field.get("minItems"), field.get("maxItems"))
            return f"list{f' ({count})' if count else ''} of: {self._type(field['items'])}"
        return _kind(field)

    def _of(self, field: Schema) -> str:
        """A definition in words: its values, or where it is described."""
        name = self._model(field)
        if name is None:
            return f"lists, each of: {_kind(field['items'])}" if field.get("type") == "array" else _kind(field)
        definition = self._definitions[name]
        if "enum" in definition:
            return _kind(definition)
        known = self._described.get(name)
        if known is None:
            return "keys, below"
        if "<" in known:  # GitHub and the site make different anchors of it
            return f"keys as in `{known}`"
        return f"keys [as in `{known}`](#{_anchor(known)})"


def _given(field: Schema) -> Schema:
    """Without null and a word for it, which stand for a key that is left out."""
    kinds = [kind for kind in field.get("anyOf", ()) if kind.get("type") != "null" and "const" not in kind]
    return kinds[0] if len(kinds) == 1 else field


def _held(field: Schema) -> Schema | None:
    """What a map holds; none of what is no map."""
    patterns = field.get("patternProperties")
    if patterns:
        return next(iter(patterns.values()))
    more = field.get("additionalProperties")
    return cast("Schema", more) if isinstance(more, dict) else None


def _required(definition: Schema) -> set[str]:
    """Of alternatives, what the first wants."""
    return set(definition.get("required") or definition.get("anyOf", [{}])[0].get("required", ()))


def _kind(field: Schema) -> str:
    """A plain value in words."""
    if "enum" in field:
        return " \\| ".join(f"`{value}`" for value in field["enum"])
    if "errorMessage" in field:
        return field["errorMessage"].removeprefix("not ")
    if field.get("type") == "boolean":
        return "`true` \\| `false`"
    kind: str = {"integer": "whole number", "number": "number", "string": "text"}[field["type"]]
    above = field.get("exclusiveMinimum")
    most = field.get("maximum")
    return f"{kind}, {_bounds(field.get('minimum'), most) if above is None else f'above {above:g}, at most {most:,g}'}"


def _bounds(least: float | None, most: float | None) -> str:
    if least is not None and most is not None:
        return f"{least:,} to {most:,}"
    return f"at least {least:,}" if least is not None else f"at most {most:,}" if most is not None else ""


def _cell(text: str) -> str:
    return " ".join(text.split())


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _anchor(path: str) -> str:
    """As GitHub makes it of a heading."""
    return "".join(letter for letter in path.lower() if letter.isalnum() or letter in "-_")


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" if line else "" for line in text.strip().splitlines())


if __name__ == "__main__":
    sys.stdout.write(page())
