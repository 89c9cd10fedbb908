"""The SDK takes a resource's message apart anew for every rule, which is most of what a pack costs; here once.

Its three steps (pulumi_policy 1.21) are kept by the identity of what they are given, and the given thing beside the
answer, so that no other can come to bear its identity. Where a later SDK has other steps, nothing is kept: slower, and
no less right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pulumi_policy import policy as sdk

# Of the last so many: 30 cohorts are about 1,000 resources, each with its provider, in one call of all stack rules.
KEPT = 10_000

Given = TypeVar("Given")
Made = TypeVar("Made")


def once(make: Callable[..., Made]) -> Callable[..., Made]:
    """`make` of one thing; with more said, as it was. What it gives is read by many, and not to be changed."""
    kept: dict[int, tuple[Any, Made]] = {}

    def made(given: Any, *more: Any, **named: Any) -> Made:
        if more or named:
            return make(given, *more, **named)
        found = kept.get(id(given))
        if found is None:
            while len(kept) >= KEPT:
                kept.pop(next(iter(kept)), None)
            found = kept[id(given)] = (given, make(given))
        return found[1]

    return made


def open_once() -> None:
    names: Any = sdk
    for step in ("deserialize_properties", "unknown_checking_proxy"):
        if hasattr(names, step):
            setattr(names, step, once(getattr(names, step)))
    if hasattr(names, "json_format"):
        names.json_format = _Reading(names.json_format)


class _Reading:
    """`google.protobuf.json_format`, which reads a message once."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self.MessageToDict = once(module.MessageToDict)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)
