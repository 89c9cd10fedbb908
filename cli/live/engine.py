"""What the engine remembers of a stack: its outputs, and its updates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from cli.live.stack import CommandError, pulumi
from rollout.incidents.cut_record import Record, from_outputs, joined, kept_in

SECONDS = 60

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
    """What the stack exported last. CommandError where the engine or its backend does not answer."""
    return _asked(project, "stack", "output", "--stack", stack)


def cut_record(project: Path, stack: str, seconds: float = SECONDS) -> Record:
    """What the stack's last update, ended or killed, left on record of cuts. CommandError where the engine or its
    backend does not answer, or where a newer program wrote it."""
    exported: dict[str, Any] = json.loads(pulumi(project, "stack", "export", "--stack", stack, seconds=seconds))
    resources: list[dict[str, Any]] = (exported.get("deployment") or {}).get("resources") or []
    try:
        kept, said = kept_in({each["urn"]: each for each in resources}), from_outputs(_cohorts(resources))
        return joined(kept, said) if kept else said
    except ValueError as error:
        raise CommandError(f"stack {stack}: {error}") from None


def _cohorts(resources: list[dict[str, Any]]) -> Mapping[str, Any]:
    outputs = [each.get("outputs") or {} for each in resources if each["type"] == "pulumi:pulumi:Stack"]
    return outputs[0].get("cohorts") or {} if outputs else {}


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
