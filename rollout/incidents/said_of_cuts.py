"""What a stack's outputs say of its cuts, for people and for programs that do not read its record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollout.incidents.cut_record import CohortRecord, Record, text_of
from rollout.levels import Level


def cuts(cohort: CohortRecord) -> dict[str, Any]:
    """What a cohort says of its cuts. `stopped`: of members alone, by e-mail address;
    `session_names`: by which their sessions were known besides."""
    stopped = {
        email: {"level": (each.level or Level.ACTIVE).value, "sessions_valid_from": text_of(each.dead_before)}
        for email, each in sorted(cohort.people.items())
        if each.dead_before and not each.left
    }
    called = {email: list(each.names) for email, each in sorted(cohort.people.items()) if each.names}
    return {
        **({"sessions_valid_from": text_of(cohort.dead_before)} if cohort.dead_before else {}),
        **({"stopped": stopped} if stopped else {}),
        **({"session_names": called} if called else {}),
    }


def said_of_cuts(record: Record, levels: Mapping[str, Level]) -> dict[str, Any]:
    """The output `cuts`, by cohort: of those that are cut, or have anybody's sessions from before a time dead."""
    said = {name: cuts(each) for name, each in sorted(record.cohorts.items()) if name in levels}
    return {name: {"level": levels[name].value, **each} for name, each in said.items() if each or levels[name].is_cut}
