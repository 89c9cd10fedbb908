"""What the provider asks of a resource type, and what its properties may look like."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from providers.jamf.context import Context
from providers.jamf.tokens import NOT_SENT, PENDING, PENDING_ID
from providers.jamf.values import UNKNOWN, Properties, is_known

MISSING = object()


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One input. `kind`: str, list (of texts) or dict. `allowed`: values of a text; none: any."""

    kind: type
    default: Any = MISSING
    allowed: tuple[str, ...] = ()
    longest: int = 0

    def faults(self, value: Any) -> Iterator[str]:
        """What is not known yet is not judged yet."""
        if value == UNKNOWN:
            return
        if not isinstance(value, self.kind):
            words = {str: "a text", list: "a list of texts", dict: "a map"}[self.kind]
            yield f"must be {words}"
        elif self.kind is list and not all(isinstance(each, str) for each in cast("list[Any]", value)):
            yield "must be a list of texts"
        elif self.allowed and value not in self.allowed:
            yield f"must be one of {', '.join(self.allowed)}: {value}"
        elif self.longest and not 1 <= len(value) <= self.longest:
            yield f"must have 1 to {self.longest} characters, and has {len(value)}"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """As Jamf Pro has it: the inputs that would make it so, and what is known beside."""

    inputs: Properties
    outputs: Properties


class Kind(ABC):
    """A resource type. Inputs are complete and known wherever an operation changes something."""

    token: str
    shapes: Mapping[str, Shape]
    computed: tuple[str, ...]
    """Outputs that are no inputs; unknown in a preview of a create."""
    volatile: tuple[str, ...] = ()
    """Those of them that an update may change."""
    unmade: Mapping[str, Any]
    """The outputs of what is not in Jamf Pro yet."""

    def complete(self, inputs: Properties) -> Properties:
        """With defaults; lists in order, for their order means nothing."""
        defaults = {name: shape.default for name, shape in self.shapes.items() if shape.default is not MISSING}
        return {name: _ordered(value) for name, value in {**defaults, **inputs}.items() if value is not None}

    def faults(self, inputs: Properties) -> Iterator[tuple[str, str]]:
        """Property and reason, all of them."""
        for name, shape in self.shapes.items():
            if name not in inputs:
                yield name, "missing"
            else:
                yield from ((name, reason) for reason in shape.faults(inputs[name]))
        for name in inputs.keys() - self.shapes.keys():
            yield name, f"unknown; allowed: {', '.join(sorted(self.shapes))}"

    def differences(self, context: Context | None, state: Properties, inputs: Properties) -> list[str]:  # noqa: ARG002
        """Paths of what an update would change. `context`: None where Jamf Pro cannot be asked yet."""
        return sorted(name for name in self.shapes if not _same(state.get(name), inputs.get(name)))

    def preview(self, context: Context | None, state: Properties | None, inputs: Properties) -> Properties:  # noqa: ARG002
        """Outputs as far as they can be told beforehand."""
        kept = {name: state[name] for name in self.computed if state and name in state and name not in self.volatile}
        return {**dict.fromkeys(self.computed, UNKNOWN), **kept, **inputs}

    def pending_create(self, inputs: Properties, why: str) -> Properties:
        """Outputs of a create that Jamf Pro could not be told of: nothing is there, and nobody has confirmed it."""
        return {**inputs, **self.unmade, PENDING: why}

    def pending_update(self, state: Properties, why: str) -> Properties:
        """The same of an update: what is in Jamf Pro is what was there before. A Mac's word on that is none on this."""
        confirmed = {"confirmed": dict.fromkeys(state["confirmed"], NOT_SENT)} if state.get("confirmed") else {}
        return {**state, **confirmed, PENDING: why}

    def waits_for(self, inputs: Properties) -> bool:
        """Whether it names something that is not in Jamf Pro yet."""
        return any(PENDING_ID in (value if isinstance(value, list) else [value]) for value in inputs.values())

    @abstractmethod
    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]: ...

    @abstractmethod
    def read(self, context: Context, resource_id: str, state: Properties) -> Resource | None:
        """None once it is certain that it is gone. `state`: empty on import."""

    @abstractmethod
    def update(self, context: Context, resource_id: str, state: Properties, inputs: Properties) -> Properties: ...

    @abstractmethod
    def delete(self, context: Context, resource_id: str, state: Properties) -> None: ...


def _ordered(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(each, str) for each in cast("list[Any]", value)):
        return sorted(cast("list[str]", value))
    return value


def _same(state: Any, wanted: Any) -> bool:
    return is_known(wanted) and _ordered(state) == _ordered(wanted)
