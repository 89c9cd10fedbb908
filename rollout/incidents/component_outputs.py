"""What a stack tells people, where the rollout is a component of somebody else's program (docs/other-languages.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

# A whole rollout, and one cohort beside it, as a component of somebody else's program.
COMPONENT, COHORT_COMPONENT = "claude-code:index:Rollout", "claude-code:index:Cohort"


def said_by(outputs: Mapping[str, Any], resources: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """What a stack tells people: its own outputs, or, where the rollout is a component in it, that component's.
    `resources`: of its state, each with `type` and `outputs`."""
    found = dict(outputs)
    for each in resources:
        if each.get("type") in {COMPONENT, COHORT_COMPONENT}:
            found |= cast("Mapping[str, Any]", each.get("outputs") or {})
    return found
