"""`name=value`, given several times."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import typer


def pairs(option: str, given: Sequence[str], known: Collection[str] = ()) -> dict[str, str]:
    """By name. BadParameter where one is none, is there twice, or is of none of the names that are `known`."""
    found: dict[str, str] = {}
    for text in given:
        name, is_pair, value = (part.strip() for part in text.partition("="))
        if not (name and is_pair and value):
            raise typer.BadParameter(f"not NAME=VALUE: {text}", param_hint=option)
        if known and name not in known:
            raise typer.BadParameter(f"no such column of a roster: {name}; {', '.join(known)}", param_hint=option)
        if name in found:
            raise typer.BadParameter(f"{name} is there twice", param_hint=option)
        found[name] = value
    return found
