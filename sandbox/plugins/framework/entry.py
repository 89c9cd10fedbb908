"""What one resource type is: a row of the table that drives a plug-in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from sandbox.plugins.framework.errors import Failure
from sandbox.plugins.framework.values import Props

Cloud = TypeVar("Cloud")

Constraint = Callable[[Any], str | None]
"""The reason a known value is refused, or None."""
Rule = Callable[[Props], Iterable[Failure]]
"""The mistakes in the inputs as a whole; values may be `UNKNOWN`."""


@dataclass(kw_only=True)
class Call(Generic[Cloud]):
    """One operation on one resource.

    `new` is what is wanted (checked inputs with all defaults), `old` what is known of what is there, and `told` what
    a create or update without a read afterwards has learnt. A create that fails after setting `id` leaves the resource
    in state, to be finished by the next `up`.
    """

    cloud: Cloud
    id: str = ""
    new: Props = field(default_factory=dict)
    old: Props = field(default_factory=dict)
    told: Props = field(default_factory=dict)

    @property
    def region(self) -> str | None:
        return self.new.get("region") or self.old.get("region")

    def changed(self, *names: str) -> bool:
        """Whether any of these differs; unset, empty and zero are the same."""
        return any((self.new.get(name) or None) != (self.old.get(name) or None) for name in names)


@dataclass(frozen=True, kw_only=True)
class AutoName:
    """The input that is named after the resource when the user leaves it out."""

    field: str = "name"
    longest: int = 255
    prefix: str = ""
    unless: str = "namePrefix"
    suffix: Callable[[Props], str] = lambda _: ""
    lower: bool = False


def same_id(resource_id: str) -> tuple[str, Props]:
    return resource_id, {}


def nothing(_old: Props, _new: Props) -> Iterable[str]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Entry(Generic[Cloud]):
    """`read` returns what the API says (a field it leaves out keeps its last known value), or None when gone.

    Paths are camelCase and dotted; lists are passed through: `metricQueries.metric.period`.
    """

    token: str
    create: Callable[[Call[Cloud]], str]
    read: Callable[[Call[Cloud]], Props | None]
    delete: Callable[[Call[Cloud]], None]
    update: Callable[[Call[Cloud]], None] | None = None
    engine: Literal["SDKv2", "PF"] = "SDKv2"

    replaces: tuple[str, ...] = ()
    """Inputs whose change replaces the resource."""
    adopts: tuple[str, ...] = ()
    """Of these, the ones that may be set where state knows none, after an import."""
    replaces_when: Callable[[Props, Props], Iterable[str]] = nothing
    """Further inputs that replace for this old state and these new inputs."""
    deletes_first: bool = False
    autoname: AutoName | None = None

    required: tuple[str, ...] = ()
    """Inputs the provider requires though the SDK does not."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    computed: tuple[str, ...] = ()
    """Inputs that, left out, keep whatever the API chose."""
    recomputed: Callable[[Props, Props], Iterable[str]] = nothing
    """Outputs that an update makes unknown."""
    checks: Mapping[str, Constraint] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    documents: tuple[str, ...] = ()
    """Inputs given as an object or as its JSON text."""

    sets: tuple[str, ...] = ()
    """Lists whose order means nothing."""
    same: Mapping[str, Callable[[Any, Any], bool]] = field(default_factory=dict)
    """Fields with an equality of their own, of what is there and what is wanted."""
    keeps: tuple[str, ...] = ()
    """Of these, the ones whose wording in state outlives reading an equal one."""
    stored: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    """Text that state words differently from the input, such as JSON with its keys sorted."""
    by_place: tuple[str, ...] = ()
    """Of the sets, the ones of objects with keys that differ: a refresh takes the inputs from state place by place."""
    tags: bool = False
    reads_back: bool = True
    """Whether create and update end with a read."""
    imports: Callable[[str], tuple[str, Props]] = same_id
    """The id in state, and what `read` needs to know, from an import id."""
