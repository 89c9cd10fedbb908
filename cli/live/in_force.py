"""What is in force of a cohort in IAM, in Okta and on Macs, in words, beside what its file says; and where they differ.

Never the file's word as the world's: what was not asked is said to be not asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from cli.live.asking import Unreachable
from cli.live.emergency import Emergency, RoleState
from cli.live.engine import Outputs
from rollout.access.emergency import spellings
from rollout.levels import Level
from rollout.model.cohort import Cohort
from rollout.model.errors import some
from rollout.model.rollout import Rollout

NOT_ASKED, UNKNOWN = "not asked", "?"
# As Jamf Pro calls a run of a policy that ended well; of a profile, `installed`.
CONFIRMED = frozenset({"completed", "installed"})
SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class InForce:
    """Of one cohort. `iam`: what its role carries; None where IAM does not tell. `in_okta`: people in its own group;
    None where it has none, or where Okta did not tell; `okta_asked` says which. `macs`: how each Mac's settings stood
    at the last update, by its name; None where the stack keeps nothing of them. `denied_since`: by the incident log."""

    iam: RoleState | None
    in_okta: int | None
    okta_asked: bool
    macs: Mapping[str, str] | None
    denied_since: datetime | None = None

    @property
    def iam_words(self) -> str:
        return "; ".join(_iam(self.iam, self.denied_since)) if self.iam else UNKNOWN

    def okta_words(self, members: int) -> str:
        if not self.okta_asked:
            return NOT_ASKED
        return "no group" if self.in_okta is None else f"{self.in_okta} of {members} in its group"

    @property
    def mac_words(self) -> str:
        if self.macs is None:
            return NOT_ASKED
        done = sum(each in CONFIRMED for each in self.macs.values())
        return f"{done} of {len(self.macs)} at the last update"


def _iam(state: RoleState, since: datetime | None) -> Iterator[str]:
    if not state.exists:
        yield "no role"
        return
    everybody = state.cut
    if everybody:
        yield f"all denied{_at(everybody)} by rollout cut"
    if state.suspended:
        yield f"Bedrock denied{f' since {moment(since)}' if since else ''}"
    elif not everybody:
        yield "allowed" if state.allows else "nothing allowed"
    if state.denied_names and not state.suspended:
        yield f"denied alone: {some(sorted(state.denied_names), SHOWN)}"
    single = [each for each in state.emergencies if each.subject is not None]
    if single:
        people = f"{len(single)} {'person' if len(single) == 1 else 'people'}"
        yield f"cut by rollout cut{_at(single[0])} ({people}): {some([each.subject or '' for each in single], SHOWN)}"
    if state.others:
        yield f"besides: {some(state.others, SHOWN)}"


def needs(name: str, cohort: Cohort | None, found: InForce, deployed: Mapping[str, Any], stack: str) -> Iterator[str]:
    """What somebody has to look at. `cohort`: as the file has it; None where it has none. `deployed`: its output."""
    state = found.iam
    if state is None:
        return
    level = cohort.level if cohort else Level.PLANNED
    stopped = level.is_cut
    for each in unknown_cuts(cohort, state, deployed):
        who = each.subject or f"cohort {name}"
        line = f"rollout set-level -s {stack} {each.subject or name}"
        yield f"{who} was cut in IAM{_at(each)}, and the file does not say so: `{line} suspended`, or `active`"
    if cohort is None or not deployed:
        return
    if level.effects.role and not state.exists:
        yield f"{name}: no role in IAM, and the file says {level}"
    elif stopped and state.exists and state.allows and not state.suspended and not state.cut:
        yield f"{name}: IAM allows, and the file says {level}"
    elif not level.effects.role and state.exists and level is Level.ROLLED_BACK:
        yield f"{name}: the role is still in IAM, and the file says {level}"
    elif level.effects.role and not stopped and (state.suspended or not state.allows):
        yield f"{name}: IAM {'denies' if state.suspended else 'allows nothing'}, and the file says {level}"
    if not stopped and state.exists:
        yield from _of_members(name, cohort, state, deployed)


def _of_members(name: str, cohort: Cohort, state: RoleState, deployed: Mapping[str, Any]) -> Iterator[str]:
    cut = {person for each in state.emergencies for person in each.names}
    for email in sorted(cohort.holders):
        known, level = _called(email, deployed), cohort.level_of(email)
        if level.is_cut and not known & (state.denied_names | cut) and not state.cut:
            yield f"{name}: IAM does not deny {email}, and the file says {level}"
        if not level.is_cut and known & state.denied_names:
            yield f"{name}: IAM denies {email}, and the file says {level}"


def _called(email: str, deployed: Mapping[str, Any]) -> set[str]:
    """Names of a member's sessions: the address, and what the stack has on record."""
    names = cast("Mapping[str, str | Sequence[str]]", deployed.get("session_names") or {})
    recorded = names.get(email) or ()
    return {*spellings(email), *([recorded] if isinstance(recorded, str) else recorded)}


def unknown_cuts(cohort: Cohort | None, state: RoleState, deployed: Mapping[str, Any]) -> list[Emergency]:
    """Emergency Denies of whom the file has below `suspended`, or not at all."""
    if cohort and cohort.level.is_cut:
        return []
    stopped = {
        name
        for email in (cohort.holders if cohort else ())
        if cohort and cohort.level_of(email).is_cut
        for name in _called(email, deployed)
    }
    return [each for each in state.emergencies if each.subject is None or not stopped & {each.subject, *each.names}]


def in_force(
    name: str,
    roles: Mapping[str, RoleState | Unreachable] | Unreachable,
    groups: Mapping[str, int | None] | Unreachable | None,
    macs: Mapping[str, Mapping[str, Mapping[str, str]]] | None,
    denied_since: datetime | None,
) -> InForce:
    """`groups`: None where nobody asked Okta. `macs`: the stack's output, by cohort and document."""
    state = None if isinstance(roles, Unreachable) else roles.get(name)
    known = None if groups is None or isinstance(groups, Unreachable) else groups
    documents = None if macs is None else macs.get(name)
    return InForce(
        iam=None if isinstance(state, Unreachable) else state,
        in_okta=known.get(name) if known is not None else None,
        okta_asked=known is not None,
        macs=None if documents is None else {mac: how for each in documents.values() for mac, how in each.items()},
        denied_since=denied_since,
    )


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%d %b %H:%M}"


def _at(found: Emergency) -> str:
    return f" since {moment(found.since)}" if found.since else ""


def differences(rollout: Rollout, outputs: Outputs) -> list[str]:
    """Where the file says otherwise than what was deployed last: levels, people, cohorts, models."""
    deployed: Mapping[str, Mapping[str, Any]] = outputs.get("cohorts") or {}
    found: list[str] = []
    for name in sorted({*deployed, *rollout.cohorts}):
        cohort, was = rollout.cohorts.get(name), deployed.get(name)
        if cohort is None:
            found.append(f"{name}: deployed, and not in the file")
        elif was is None:
            if cohort.level is not Level.PLANNED:
                found.append(f"{name}: {cohort.level} in the file, and not deployed")
        else:
            found += [f"{name}: {line}" for line in _differences(cohort, was)]
    return found


def _differences(cohort: Cohort, was: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    if was.get("level") != cohort.level.value:
        found.append(f"{cohort.level} in the file, {was.get('level')} deployed")
    members = set(was.get("members") or ())
    for people, what in (
        (cohort.holders.keys() - members, "in the file and not deployed yet"),
        (members - cohort.holders.keys(), "deployed and not in the file any more"),
    ):
        if people:
            count = "1 person is" if len(people) == 1 else f"{len(people)} people are"
            found.append(f"{count} {what}: {some(sorted(people), SHOWN)}")
    models, labels = set(cohort.models), set(was.get("profile_arns") or ())
    if cohort.level.effects.role and was.get("level") == cohort.level.value and models - labels:
        found.append(f"no profile of {', '.join(sorted(models - labels))}")
    return found
