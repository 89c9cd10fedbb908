"""What a cohort's component says of itself, for the policy pack: a pack sees no configuration, and of a component only
what it registered. It stands in the state, so it holds counts and times and nobody's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollout import names
from rollout.composition import composition
from rollout.config import Rollout
from rollout.levels import Level


def cohort_standing(
    rollout: Rollout, cohort: str, session_names: Mapping[str, str], user_ids: Mapping[str, str] | None
) -> dict[str, Any]:
    """`session_names`: by e-mail address, as Okta signs them, of all members. `user_ids`: of those who may sign in and
    are known; None where Okta does not answer."""
    found = rollout.cohorts[cohort]
    valid_from = found.valid_from()
    unknown = len(found.signed_in) - len(user_ids) if user_ids is not None else 0
    return {
        "level": found.level.value,
        "valid_from": valid_from.isoformat() if valid_from else None,
        "stopped_members": _stopped_members(rollout, cohort, session_names),
        "roster": composition(rollout, cohort, unknown).document(),
    }


def _stopped_members(rollout: Rollout, cohort: str, session_names: Mapping[str, str]) -> int:
    """Who are suspended alone, under a name that a session can have."""
    found = rollout.cohorts[cohort]
    if found.level.rank >= Level.SUSPENDED.rank:
        return 0
    stopped = (email for email in found.members if found.level_of(email).rank >= Level.SUSPENDED.rank)
    return len({session_names[email] for email in stopped if names.SESSION.fullmatch(session_names[email])})
