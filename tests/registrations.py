"""What a run of the program asked for, in values that can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi

# What Jamf Pro adds to what it is told.
JAMF: Mapping[str, Mapping[str, Any]] = {
    "jamf:index:ComputerGroup": {"computer_ids": ["17", "18"], "former_computer_ids": [], "without_mac": []},
    "jamf:index:ConfigurationProfile": {"confirmed": {"C0HJDXF9HV": "installed"}},
    "jamf:index:ManagedFiles": {"confirmed": {"C0HJDXF9HV": "completed"}},
}


@dataclass(frozen=True)
class Registration:
    """One resource as the program asked for it. `parent`, `depends_on`: URNs. `secrets`: inputs that are."""

    urn: str
    type: str
    name: str
    inputs: Mapping[str, Any]
    parent: str
    depends_on: tuple[str, ...]
    protect: bool
    retain: bool
    read: bool = False
    delete_first: bool = False
    """Before what replaces it is made."""
    secrets: tuple[str, ...] = ()
    frames: int = 0
    """Of the stack of calls that declared it, as the engine would keep them in the state."""
    depends_on_by_property: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


@dataclass
class Recorded:
    """What a run asked for. `order` is the order of registration, which the program does not control."""

    order: list[Registration] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    outputs_of: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """By URN: what a resource came to be, and what a component registered."""

    @property
    def by_urn(self) -> dict[str, Registration]:
        return {registration.urn: registration for registration in self.order}

    @property
    def cohorts(self) -> dict[str, Any]:
        """What each cohort's component registered, by its name."""
        found = {urn.rpartition("::")[2]: outputs.get("deployed") for urn, outputs in self.outputs_of.items()}
        return {name: deployed for name, deployed in found.items() if deployed}

    def of(self, kind: str) -> list[Registration]:
        """Those of a type such as `aws:iam/role:Role`, by name."""
        return sorted((r for r in self.order if r.type == kind), key=lambda r: r.name)

    def one(self, name: str) -> Registration:
        [found] = [registration for registration in self.order if registration.name == name]
        return found


def comparable(value: Any) -> Any:
    """Assets as what is in them, or where it is: two objects of the SDK are never equal."""
    match value:
        case pulumi.AssetArchive():
            return {name: comparable(asset) for name, asset in value.assets.items()}
        case pulumi.FileAsset():
            path = str(value.path)
            # Where a library is installed differs from machine to machine; what it is does not.
            return {"file": path.rpartition("/site-packages/")[2].removeprefix("../../")}
        case pulumi.StringAsset():
            return {"text": value.text}
        case dict():
            return {key: comparable(inner) for key, inner in value.items()}
        case _:
            return value
