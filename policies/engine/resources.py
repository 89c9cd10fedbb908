"""Resources as a rule sees them: plain data, and what is not known yet by its own name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, cast

from pulumi_policy.proxy import UnknownValueError

COHORT: Final = "claude:rollout:Cohort"


class Unknown:
    """A value that only the update will know. It equals nothing, and holds nothing."""

    def __repr__(self) -> str:
        return "(not known yet)"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, kw_only=True)
class Resource:
    """`props`: inputs to a rule on resources, outputs to one on the stack; those of a component are what it registered.
    `parent`: its URN."""

    type: str
    name: str
    urn: str
    props: Mapping[str, Any] = field(default_factory=dict[str, Any])
    protect: bool = False
    parent: str | None = None

    @property
    def ancestors(self) -> tuple[str, ...]:
        """Types of the components it is under, outermost first: the engine writes them into the URN."""
        return tuple(self.urn.split("::")[2].split("$")[:-1])


@dataclass(frozen=True)
class Stack:
    """All that there is once an update is done, as far as it is known."""

    resources: Sequence[Resource]

    @cached_property
    def by_urn(self) -> Mapping[str, Resource]:
        return {resource.urn: resource for resource in self.resources}

    def of(self, *types: str) -> list[Resource]:
        return [resource for resource in self.resources if resource.type in types]

    def under(self, component: Resource, *types: str) -> list[Resource]:
        """Descendants of a component, of these types."""
        return [r for r in self.of(*types) if component.urn in self._above(r)]

    def _above(self, resource: Resource) -> Iterator[str]:
        at = resource.parent
        while at:
            yield at
            at = self.by_urn[at].parent if at in self.by_urn else None


def plain(value: Any) -> Any:
    """The SDK's proxies, opened: they raise where a value is not known, which would turn a rule into advice."""
    if isinstance(value, Mapping):
        known = cast("Mapping[str, Any]", value)
        return {key: _at(known, key) for key in known}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        row = cast("Sequence[Any]", value)
        return [_at(row, index) for index in range(len(row))]
    return value


def _at(holder: Any, key: Any) -> Any:
    try:
        value = holder[key]
    except UnknownValueError:
        return UNKNOWN
    return plain(value)


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each text within a value, with the way to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in cast("Mapping[str, Any]", value).items():
            yield from texts(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, Sequence):
        for index, inner in enumerate(cast("Sequence[Any]", value)):
            yield from texts(inner, f"{path}[{index}]")
