"""Exceptions, as the stack file has them: `policy_exceptions.<rule>: {resource, reason, expires}`.

The engine tells a Python pack nothing of the stack's configuration: none of it comes to the process, and a resource
knows its own inputs alone. So the file itself is read, from the project's folder where `pulumi` runs, and only once
something is in breach. What cannot be read excepts nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, cast

KEY = "claude-code-rollout:policy_exceptions"
MAX_BYTES = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Excepted:
    rule: str
    resource: str
    reason: str
    expires: date

    def covers(self, urn: str, today: date) -> bool:
        """Through its last day."""
        return today <= self.expires and self.resource in {urn, urn.rpartition("::")[2]}

    @property
    def line(self) -> str:
        return f"{self.rule} is excepted until {self.expires}: {self.reason}"


def exception(rule: str, urn: str) -> Excepted | None:
    """In force today, for this resource."""
    found = of_stack(urn.split(":", 3)[2] if urn.startswith("urn:pulumi:") else "", Path.cwd()).get(rule)
    return found if found and found.covers(urn, datetime.now(UTC).date()) else None


@cache
def of_stack(stack: str, folder: Path) -> Mapping[str, Excepted]:
    file = folder / f"Pulumi.{stack}.yaml"
    try:
        text = file.read_text(encoding="utf-8") if file.stat().st_size <= MAX_BYTES else ""
    except (OSError, UnicodeDecodeError):
        return {}
    if KEY not in text:
        return {}
    import yaml

    try:
        config: Any = yaml.safe_load(text)["config"]
        entries = cast("Mapping[str, Any]", config[KEY])
        return {rule: _excepted(rule, entry) for rule, entry in entries.items()}
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError):
        return {}  # the program says what is wrong with it


def _excepted(rule: str, entry: Mapping[str, Any]) -> Excepted:
    expires = entry["expires"]
    return Excepted(
        rule=rule,
        resource=str(entry["resource"]),
        reason=str(entry["reason"]),
        expires=expires if type(expires) is date else date.fromisoformat(str(expires)[:10]),
    )
