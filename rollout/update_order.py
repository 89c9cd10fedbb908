"""In which order an update carries out one cohort: what waits for what, and why.

`components.cohort` takes every dependency between these steps from here, and docs/architecture.md shows them as a
table. A step has nothing to do at some levels; what waits for it then waits for nothing. What a level does in each step
is `rollout.levels`'.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Plane(StrEnum):
    STATE = "Pulumi's state"
    IAM = "IAM"
    OKTA = "Okta"
    METER = "Meter"
    GATEWAY = "Gateway"
    MACS = "Macs"
    ANNOUNCER = "Announcer"


class Step(StrEnum):
    RECORD = "record of cuts"
    COHORT_DENY = "Deny of the cohort"
    MEMBER_DENIES = "Denies of members"
    ENDS = "Denies from an end on"
    QUOTAS = "quota policies"
    GATEWAY_LEVEL = "level for the gateway"
    MEMBERSHIPS = "group memberships"
    ASSIGNMENT = "app assignment"
    MEMBERSHIP_CHECK = "check of memberships"
    PROFILE_OWNERS = "owners of profiles"
    MAC_GROUPS = "groups of Macs and their settings"
    ALLOW = "Allow"
    NOTICE = "notices"
    STOP_REVIEW = "review of stops"


@dataclass(frozen=True)
class Wait:
    """`decision`: the number of a page under docs/decisions."""

    on: tuple[Step, ...]
    why: str
    decision: int


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A step in its place. `taken_before`: what it gives is deleted in the midst of an update, before people are taken
    out of what that step makes, and not among the deletions at the end."""

    step: Step
    plane: Plane
    does: str
    waits: tuple[Wait, ...] = ()
    taken_before: Step | None = None

    @property
    def waits_for(self) -> tuple[Step, ...]:
        return tuple(step for wait in self.waits for step in wait.on)


Order = Sequence[Turn]

_RECORD = Turn(step=Step.RECORD, plane=Plane.STATE, does="writes down who is cut")
_ON_RECORD = Wait((Step.RECORD,), "an update that is killed half-way leaves a record of what it denies", 16)


def _cohort_deny(*waits: Wait) -> Turn:
    return Turn(
        step=Step.COHORT_DENY,
        plane=Plane.IAM,
        does="denies everything on Bedrock, and sessions from before the incident's end",
        waits=waits,
    )


def _member_denies(*waits: Wait) -> Turn:
    return Turn(step=Step.MEMBER_DENIES, plane=Plane.IAM, does="denies single members by name", waits=waits)


_DENIES_OF_A_CUT = (
    _cohort_deny(_ON_RECORD),
    _member_denies(_ON_RECORD, Wait((Step.COHORT_DENY,), "everybody is stopped before anybody by name", 17)),
)
_DENIES_OF_A_GIFT = (
    _member_denies(_ON_RECORD),
    _cohort_deny(
        _ON_RECORD, Wait((Step.MEMBER_DENIES,), "who stays stopped is denied before the others are let go", 16)
    ),
)
_EVERY_DENY = (Step.COHORT_DENY, Step.MEMBER_DENIES, Step.ENDS, Step.QUOTAS)
_WAY_TO_AWS = (Step.MEMBERSHIPS, Step.ASSIGNMENT)
_IN_FORCE = (*_EVERY_DENY, *_WAY_TO_AWS, Step.ALLOW)
_AFTER_THE_DENIES = (
    Turn(
        step=Step.ENDS,
        plane=Plane.IAM,
        does="denies whose access ends at a time, from that second on",
        waits=(_ON_RECORD,),
    ),
    Turn(step=Step.QUOTAS, plane=Plane.IAM, does="has a policy ready for the meter to stop people with"),
    Turn(
        step=Step.GATEWAY_LEVEL,
        plane=Plane.GATEWAY,
        does="writes the level down for a running gateway to read",
        waits=(Wait(_EVERY_DENY, "what a gateway has not read cannot give access back, since IAM denies", 39),),
    ),
    Turn(
        step=Step.MEMBERSHIPS,
        plane=Plane.OKTA,
        does="puts people into the cohort's group and the umbrella group, or takes them out",
        waits=(Wait(_EVERY_DENY, "Okta is slower, and ends no session that exists", 18),),
    ),
    Turn(step=Step.ASSIGNMENT, plane=Plane.OKTA, does="assigns the cohort's group to the app that leads to AWS"),
    Turn(
        step=Step.MEMBERSHIP_CHECK,
        plane=Plane.OKTA,
        does="asks who is in the groups now; an error names who should not be",
        waits=(Wait(_WAY_TO_AWS, "the provider reports changes as done that Okta refused", 3),),
    ),
    Turn(step=Step.PROFILE_OWNERS, plane=Plane.METER, does="tells the meter whose each inference profile is"),
    Turn(
        step=Step.MAC_GROUPS,
        plane=Plane.MACS,
        does="brings settings and files to the cohort's Macs",
        waits=(Wait((*_EVERY_DENY, *_WAY_TO_AWS), "a Mac that is off delays no cut", 18),),
    ),
    Turn(
        step=Step.ALLOW,
        plane=Plane.IAM,
        does="allows the role to invoke the cohort's inference profiles",
        waits=(
            Wait(_WAY_TO_AWS, "it is given last and taken first: no refusal by Okta keeps it", 10),
            Wait((Step.PROFILE_OWNERS,), "no request is made that the meter cannot count", 12),
            Wait((Step.MAC_GROUPS,), "what depends on it is deleted first: it does not wait for a Mac that is off", 18),
        ),
        taken_before=Step.MEMBERSHIPS,
    ),
    Turn(
        step=Step.NOTICE,
        plane=Plane.ANNOUNCER,
        does="tells the new level, and who has access",
        waits=(Wait(_IN_FORCE, "nobody is told before it is true", 9),),
    ),
    Turn(
        step=Step.STOP_REVIEW,
        plane=Plane.METER,
        does="has the meter look again at whom it stopped, once for all cohorts",
        waits=(Wait(_IN_FORCE, "nothing that takes access waits for it", 20),),
    ),
)

CUT: Order = (_RECORD, *_DENIES_OF_A_CUT, *_AFTER_THE_DENIES)
"""Of a cohort whose record denies everybody."""
GIFT: Order = (_RECORD, *_DENIES_OF_A_GIFT, *_AFTER_THE_DENIES)
"""Of any other: access is given, or given back."""


def order(*, denies_everybody: bool) -> Order:
    return CUT if denies_everybody else GIFT


def turn(order: Order, step: Step) -> Turn:
    return next(each for each in order if each.step is step)


def rows(order: Order) -> Iterator[str]:
    """As a Markdown table, for a page in `docs/`."""
    numbers = {each.step: number for number, each in enumerate(order, 1)}
    yield "| | Step | Plane | What it does | Waits for | Why |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for each in order:
        waits = ", ".join(str(number) for number in sorted(numbers[step] for step in each.waits_for)) or "-"
        why = "; ".join(f"{wait.why} ({wait.decision})" for wait in each.waits) or "-"
        yield f"| {numbers[each.step]} | {each.step} | {each.plane} | {each.does} | {waits} | {why} |"
