"""What a cohort's component says of itself, for the policy pack: a pack sees no configuration, and of a component only
what it registered. It stands in the state, so it holds counts and times and nobody's name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rollout.incidents.cut_record import Record
from rollout.incidents.ends import Ends, ends
from rollout.incidents.named_stops import homes_of, named_stops
from rollout.model.rollout import Rollout
from rollout.people.composition import composition


def cohort_standing(
    rollout: Rollout, cohort: str, record: Record, user_ids: Mapping[str, str] | None
) -> dict[str, Any]:
    """`record`: of cuts. `user_ids`: of those who may sign in and are known; None where Okta does not answer."""
    found, known = rollout.cohorts[cohort], record.cohorts[cohort]
    valid_from = known.dead_before
    unknown = len(found.signed_in) - len(user_ids) if user_ids is not None else 0
    return {
        "level": found.level.value,
        "valid_from": valid_from.isoformat() if valid_from else None,
        "stopped_members": _stopped_members(rollout, cohort, record),
        "roster": composition(rollout, cohort, unknown).document(),
        **_ends(ends(record, homes_of(rollout), cohort)),
    }


def _ends(found: Ends) -> dict[str, Any]:
    """`until`: of everybody. `ends`: how many names of sessions end at each time, as many as are denied
    whatever room there is."""
    count = Counter(at.isoformat() for at in found.newest.values())
    return {
        **({"until": found.whole.isoformat()} if found.whole else {}),
        **({"ends": dict(sorted(count.items()))} if count else {}),
    }


def _stopped_members(rollout: Rollout, cohort: str, record: Record) -> int:
    """How many names a session can have whose holder is suspended alone, or left while one could live."""
    found = record.cohorts[cohort]
    return 0 if found.denies_everybody else len(named_stops(record, rollout, cohort).suspended)
