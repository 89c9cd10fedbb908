"""What the engine remembers of a stack: its outputs, and its updates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from cli.live.stack import CommandError, pulumi
from rollout.incidents.component_outputs import said_by
from rollout.incidents.cut_record import Record, from_stack, joined, kept_in

SECONDS = 60
COHORT, MACS = "claude:rollout:Cohort", "claude:rollout:MacSettings"

Outputs = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Update:
    """`version`: counts from 1 up; 0 where the backend does not count. `result`: `succeeded`, `failed` and so on.
    `changes`: resources by what was done to them, `same` left out."""

    version: int
    kind: str
    started: datetime
    ended: datetime | None
    result: str
    message: str
    changes: Mapping[str, int]

    @property
    def succeeded(self) -> bool:
        return self.result == "succeeded"


def outputs(project: Path, stack: str) -> Outputs:
    """What the stack exported last, and with it, as `cohorts` and `macs`, what its components registered: the state as
    it is, also after an update that was killed. CommandError where the engine or its backend does not answer."""
    return _told(_resources(project, stack, SECONDS))


def _told(resources: list[dict[str, Any]]) -> Outputs:
    """Until its next update a stack of an older version has `cohorts` and `macs` in its outputs."""
    found, cohorts, macs = _of_stack(resources), dict[str, Any](), dict[str, Any]()
    for each in resources:
        if each.get("delete"):
            continue  # an older one, which the next update takes away
        name, registered = each["urn"].rpartition("::")[2], each.get("outputs") or {}
        if each["type"] == COHORT and "deployed" in registered:
            cohorts[name] = registered["deployed"]
        elif each["type"] == MACS and "confirmed" in registered:
            macs[name.removesuffix("-macs")] = registered["confirmed"]
    return {**found, **({"cohorts": cohorts} if cohorts else {}), **({"macs": macs} if macs else {})}


def cut_record(project: Path, stack: str, seconds: float = SECONDS) -> Record:
    """What the stack's last update, ended or killed, left on record of cuts. CommandError where the engine or its
    backend does not answer, or where a newer program wrote it."""
    resources = _resources(project, stack, seconds)
    try:
        kept, said = kept_in({each["urn"]: each for each in resources}), from_stack(_of_stack(resources))
        return joined(kept, said) if kept else said
    except ValueError as error:
        raise CommandError(f"stack {stack}: {error}") from None


@dataclass(frozen=True)
class Held:
    """A resource as a stack's state has it. `is_own`: made by it, and not only read."""

    name: str
    kind: str
    id: str
    is_own: bool


NO_STACK = "no stack named"


def held(project: Path, stack: str) -> list[Held]:
    """What a stack holds; nothing where there is no such stack yet. CommandError where the engine or its backend does
    not answer."""
    try:
        found = _resources(project, stack, SECONDS)
    except CommandError as error:
        if NO_STACK in str(error):
            return []
        raise
    return [
        Held(each["urn"].rpartition("::")[2], each["type"], str(each["id"]), not each.get("external"))
        for each in found
        if each.get("id") and not each.get("delete")
    ]


def _resources(project: Path, stack: str, seconds: float) -> list[dict[str, Any]]:
    exported: dict[str, Any] = json.loads(pulumi(project, "stack", "export", "--stack", stack, seconds=seconds))
    return (exported.get("deployment") or {}).get("resources") or []


def _of_stack(resources: list[dict[str, Any]]) -> Mapping[str, Any]:
    outputs = [each.get("outputs") or {} for each in resources if each["type"] == "pulumi:pulumi:Stack"]
    return said_by(outputs[0] if outputs else {}, resources)


def updates(project: Path, stack: str, at_most: int = 50) -> list[Update]:
    """The newest first, as `pulumi stack history` has them: updates, refreshes, destroys."""
    found: list[Mapping[str, Any]] = _asked(
        project, "stack", "history", "--stack", stack, "--page-size", str(at_most), "--page", "1"
    )
    return sorted((_update(one) for one in found), key=lambda update: update.started, reverse=True)


def last_update(found: list[Update]) -> Update | None:
    """The newest that changed the cloud, or was to."""
    return next((update for update in found if update.kind in {"update", "destroy"}), None)


def _update(given: Mapping[str, Any]) -> Update:
    changes = cast("Mapping[str, int]", given.get("resourceChanges") or {})
    return Update(
        version=int(given.get("version") or 0),
        kind=str(given["kind"]),
        started=datetime.fromisoformat(given["startTime"]),
        ended=datetime.fromisoformat(given["endTime"]) if given.get("endTime") else None,
        result=str(given.get("result") or "in progress"),
        message=str(given.get("message") or ""),
        changes={operation: count for operation, count in changes.items() if operation != "same"},
    )


def _asked(project: Path, *arguments: str) -> Any:
    return json.loads(pulumi(project, *arguments, "--json", seconds=SECONDS))
