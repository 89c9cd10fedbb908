"""The rollback drill as data: what is written into the stack file, and who may do what once it is applied."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

PEOPLE = 25
MODELS = ("sonnet", "haiku", "opus")
ALICE = "alice.chen@acme.example"
Cohort = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """`signs_in`: how many may begin a session. `before`, `after`: how many sessions from before and after the
    incident may invoke each model, in the order of MODELS."""

    title: str
    change: Callable[[Cohort, Mapping[str, str]], Cohort]
    signs_in: int
    before: tuple[int, ...]
    after: tuple[int, ...]


def _at(level: str) -> Callable[[Cohort, Mapping[str, str]], Cohort]:
    return lambda cohort, incident: {**cohort, "level": level, "incident": dict(incident)}


def _resumed(cohort: Cohort, incident: Mapping[str, str]) -> Cohort:
    kept = {key: value for key, value in cohort.items() if key not in {"incident", "members"}}
    return {**kept, "level": "active", "sessions_valid_from": incident["since"]}


def _alice_alone(cohort: Cohort, incident: Mapping[str, str]) -> Cohort:
    return {**cohort, "members": {ALICE: {"level": "suspended", "incident": dict(incident)}}}


def _same(cohort: Cohort, incident: Mapping[str, str]) -> Cohort:  # noqa: ARG001
    return cohort


ALL, NOBODY, HAIKU = (PEOPLE,) * 3, (0, 0, 0), (0, PEOPLE, 0)

STEPS = (
    Step("0 active", _same, PEOPLE, ALL, ALL),
    Step("1 restricted", _at("restricted"), PEOPLE, ALL, ALL),
    Step("2 throttled", _at("throttled"), PEOPLE, HAIKU, HAIKU),
    Step("3 suspended", _at("suspended"), 0, NOBODY, NOBODY),
    Step("4 rolled back", _at("rolled_back"), 0, NOBODY, NOBODY),
    Step("0 active again", _resumed, PEOPLE, NOBODY, ALL),
    Step("one suspended alone", _alice_alone, PEOPLE - 1, NOBODY, (PEOPLE - 1,) * 3),
    Step("that one back", _resumed, PEOPLE, NOBODY, ALL),
)
BROKEN = Step("break-glass", _same, 0, NOBODY, NOBODY)
MENDED = Step("up again", _same, PEOPLE, NOBODY, ALL)
