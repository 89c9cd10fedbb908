"""The rollback drill as data: what is written into the stack file, and who may do what once it is applied."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.drill.macs import REMOVED

PEOPLE = 25
MODELS = ("sonnet", "haiku", "opus")
ALICE = "alice.chen@acme.example"
Cohort = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """`signs_in`: how many may begin a session. `before`, `after`: how many sessions from before and after the
    incident may invoke each model, in the order of MODELS. `told`: messages by Slack, e-mails and webhooks. `effect`:
    whether somebody at work, with the newest session there is, notices. `macs`: how many are at which level."""

    title: str
    change: Callable[[Cohort, Mapping[str, str]], Cohort]
    signs_in: int
    before: tuple[int, ...]
    after: tuple[int, ...]
    told: tuple[int, int, int] = (0, 0, 0)
    effect: bool = False
    macs: Mapping[str, int] = field(default_factory=dict[str, int])


def _at(level: str) -> Callable[[Cohort, Mapping[str, str]], Cohort]:
    return lambda cohort, incident: {**cohort, "level": level, "incident": dict(incident)}


def _resumed(cohort: Cohort, incident: Mapping[str, str]) -> Cohort:
    kept = {key: value for key, value in cohort.items() if key not in {"incident", "members"}}
    return {**kept, "level": "active", "sessions_valid_from": incident["since"]}


def _alice_alone(cohort: Cohort, incident: Mapping[str, str]) -> Cohort:
    return {**cohort, "members": {ALICE: {"level": "suspended", "incident": dict(incident)}}}


def _alice_back(cohort: Cohort, incident: Mapping[str, str]) -> Cohort:
    """What was hers alone is ended by her own line: a cohort's ends nobody's who was cut alone."""
    return {**cohort, "members": {ALICE: {"sessions_valid_from": incident["since"]}}}


def _same(cohort: Cohort, incident: Mapping[str, str]) -> Cohort:  # noqa: ARG001
    return cohort


ALL, NOBODY, HAIKU = (PEOPLE,) * 3, (0, 0, 0), (0, PEOPLE, 0)

MANAGERS = 5
EVERYBODY = PEOPLE + MANAGERS
# By Slack and e-mail: one to engineering, and security and leadership from level 4 on; each affected person and manager.
STEPS = (
    Step("0 active", _same, PEOPLE, ALL, ALL, macs={"active": PEOPLE}),
    Step("1 restricted", _at("restricted"), PEOPLE, ALL, ALL, (1, 0, 1), macs={"restricted": PEOPLE}),
    Step("2 throttled", _at("throttled"), PEOPLE, HAIKU, HAIKU, (1, 1, 1), effect=True, macs={"throttled": PEOPLE}),
    Step(
        "3 suspended",
        _at("suspended"),
        0,
        NOBODY,
        NOBODY,
        (1 + EVERYBODY, 1 + EVERYBODY, 1),
        macs={"suspended": PEOPLE},
    ),
    Step(
        "4 rolled back",
        _at("rolled_back"),
        0,
        NOBODY,
        NOBODY,
        (3 + EVERYBODY, 3 + EVERYBODY, 1),
        macs={REMOVED: PEOPLE},
    ),
    Step("0 active again", _resumed, PEOPLE, NOBODY, ALL, (3 + EVERYBODY, 3 + EVERYBODY, 1), macs={"active": PEOPLE}),
    Step(
        "one suspended alone",
        _alice_alone,
        PEOPLE - 1,
        NOBODY,
        (PEOPLE - 1,) * 3,
        (3, 3, 1),
        effect=True,
        macs={"active": PEOPLE - 1, "suspended": 1},
    ),
    Step("that one back", _alice_back, PEOPLE, NOBODY, ALL, (3, 3, 1), macs={"active": PEOPLE}),
)
BROKEN = Step("targeted destroy", _same, 0, NOBODY, NOBODY, effect=True, macs={REMOVED: PEOPLE})
MENDED = Step("up again", _same, PEOPLE, NOBODY, ALL, macs={"active": PEOPLE})


@dataclass(frozen=True)
class Typed:
    """A step that is a line of `rollout`. `code`: it ends with. `is_away`: nobody answers it as Okta or Jamf Pro; people
    still reach Okta, so that they sign in: the Deny is AWS's alone."""

    step: Step
    words: str
    code: int
    is_away: bool


GLASS = "break-glass --stack sandbox --cohort pilot --whatever-the-file-says --yes"
BY_AWS = (
    Typed(
        Step("cut, Okta and Jamf away", _same, PEOPLE, NOBODY, NOBODY, effect=True, macs={"active": PEOPLE}),
        "cut pilot",
        0,
        is_away=True,
    ),
    Typed(
        Step("both back: active", _same, PEOPLE, NOBODY, ALL, macs={"active": PEOPLE}),
        "set-level --stack sandbox pilot active --yes",
        0,
        is_away=False,
    ),
    Typed(
        Step("break-glass, Okta and Jamf away", _same, PEOPLE, NOBODY, NOBODY, effect=True, macs={"active": PEOPLE}),
        GLASS,
        3,
        is_away=True,
    ),
    Typed(Step("both back: break-glass", _same, 0, NOBODY, NOBODY, macs={REMOVED: PEOPLE}), GLASS, 0, is_away=False),
)
