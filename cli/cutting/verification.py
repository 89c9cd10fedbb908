"""Whether what was asked is so: the file read again, IAM asked for the very Deny, the engine for all the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cli.cutting.deny_first import Subject, holds, own
from cli.live.emergency import Emergency, RoleState
from cli.live.remaining import unfinished
from cli.stack_file.change import judged
from cli.terminal.errors import CommandError
from cli.terminal.text import text_of
from rollout.access.emergency import spellings
from rollout.levels import Level
from rollout.model.errors import StackFileError
from rollout.model.rollout import Rollout
from rollout.model.times import moment
from rollout.review.engine_plan import Plan, Step

SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """In words, a line each: what is in force, what is not, and what nobody could tell. `steps`: what the engine still
    finds to do. `file_says_so` and `iam_holds`: whether the emergency Deny has nothing left to do."""

    in_force: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    in_the_way: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    file_says_so: bool = False
    iam_holds: bool = False

    @property
    def is_done(self) -> bool:
        return not (self.missing or self.unknown or self.in_the_way or self.steps)

    def with_missing(self, line: str) -> Verdict:
        return replace(self, missing=(*self.missing, line))


def verdict(
    path: Path,
    text: str,
    subject: Subject,
    level: Level,
    code: int,
    state: RoleState | str,
    left: Plan | None,
    in_okta: int | None = None,
    since: Emergency | None = None,
) -> Verdict:
    """`text`: what was written. `code`: how the update ended. `state`: IAM's, or why it does not tell. `left`: what the
    engine still finds to do; None where it could not ask. `in_okta`: people in the cohort's Okta group, where asked."""
    missing = [] if not code else [f"the update: it ended with an error (exit code {code}), which it printed above"]
    of_file = _of_file(path, text, subject, level)
    rollout = None if of_file else _rollout(path)
    in_force, absent, unknown = _of_iam(state, subject, level, since)
    if rollout and not level.is_cut and (over := _ended(rollout, subject)):
        in_force = [over]
    in_force += _of_others(state, subject, since)
    steps = tuple(unfinished(left)) if left else ()
    if left is None:
        unknown.append("what is left to do: the engine could not ask; see its error above")
    elif left.is_refused:
        unknown.append("what else is left to do: the engine stopped there")
    absent += _of_okta(subject, level, steps, in_okta)
    if rollout and rollout.jamf and (left is None or left.is_refused):
        unknown.append("Macs: whether they have the level's settings")
    return Verdict(
        in_force=tuple(in_force),
        missing=(*missing, *of_file, *absent),
        unknown=tuple(unknown),
        in_the_way=tuple(dict.fromkeys([*left.errors, *left.breaches])) if left else (),
        steps=steps,
        file_says_so=not of_file,
        iam_holds=not isinstance(state, str)
        and level.is_cut
        and holds(state, subject, level, own(state.emergencies, subject, since.names if since else ())),
    )


def _of_file(path: Path, text: str, subject: Subject, level: Level) -> list[str]:
    """What a file that somebody changed while the update ran does not say any more."""
    try:
        now = text_of(path)
        found = judged(now, path.parent, path.name)
    except (CommandError, StackFileError) as error:
        return [f"{path.name}: cannot be judged any more: {' '.join(str(error).split())}"]
    if (says := _level_of(found, subject)) is not level:
        return [f"{path.name}: it says {says or 'nothing'} of {subject.name} now, not {level}: somebody changed it"]
    if now != text:
        return [f"{path.name}: somebody changed it while the update ran, which may have read either"]
    return []


def _level_of(rollout: Rollout, subject: Subject) -> Level | None:
    cohort = rollout.cohorts.get(subject.cohort)
    if cohort is None or subject.email is None:
        return cohort and cohort.level
    return cohort.level_of(subject.email) if subject.email in cohort.holders else None


def _ended(rollout: Rollout, subject: Subject) -> str | None:
    """A level gives nothing back to whom access has ended for."""
    cohort = rollout.cohorts.get(subject.cohort)
    if cohort is None:
        return None
    if subject.email is None:
        end = cohort.until if cohort.members and len(cohort.ended) == len(cohort.members) else None
    else:
        end = cohort.end_of(subject.email) if subject.email in cohort.ended else None
    if end is None:
        return None
    return f"IAM: access of {subject.words} ended {moment(end)}, by `until`; `rollout set-until` lets it last longer"


def _rollout(path: Path) -> Rollout | None:
    try:
        return judged(text_of(path), path.parent, path.name)
    except (CommandError, StackFileError):
        return None


def _of_iam(
    state: RoleState | str, subject: Subject, level: Level, since: Emergency | None
) -> tuple[list[str], list[str], list[str]]:
    """(in force, not, not known)."""
    if isinstance(state, str):
        return [], [], [f"IAM: {state}"]
    who = subject.words
    when = f" since {since.since:%d %b %H:%M:%S} UTC" if since and since.since else ""
    left = own(state.emergencies, subject, since.names if since else ())
    if level.is_cut:
        if not state.exists:
            return [f"IAM: the role of cohort {subject.cohort} is gone, so nobody of it can call anything"], [], []
        by_file, by_cut = holds(state, subject, Level.SUSPENDED, left), bool(left or state.cut)
        found = [f"IAM: everything on Bedrock is denied to {who}{when}"] if by_file or by_cut else []
        if not by_file:
            how = "by the emergency Deny alone, not yet by the stack file's own" if by_cut else ""
            return found, [f"IAM: {how or f'nothing denies Bedrock to {who}'}"], []
        if subject.email is None and level is Level.ROLLED_BACK:
            return found, [f"IAM: the role of cohort {subject.cohort} is still there"], []
        return found, [], []
    return _of_iam_below(state, subject, level, left)


def _of_others(state: RoleState | str, subject: Subject, since: Emergency | None) -> list[str]:
    """Whom somebody cut besides, which this neither asked for nor lifts."""
    if isinstance(state, str):
        return []
    ours = own(state.emergencies, subject, since.names if since else ())
    others = [each.subject for each in state.emergencies if each.subject and each not in ours]
    return [f"IAM: everything is denied to {person} by `rollout cut` as well" for person in others]


def _of_iam_below(
    state: RoleState, subject: Subject, level: Level, left: Sequence[Emergency]
) -> tuple[list[str], list[str], list[str]]:
    """Of a level that leaves people something; what is to be lifted is none of what is missing here."""
    if level is Level.PLANNED and subject.email is None:
        there = [f"IAM: the role of cohort {subject.cohort} is still there"] if state.exists else []
        return [] if there else [f"IAM: cohort {subject.cohort} has no role"], there, []
    denied = state.suspended or bool(subject.email and set(spellings(subject.email)) & state.denied_names)
    if not (state.exists and state.allows) or denied:
        said = "the file's own Deny is still there" if denied else "the role may not invoke"
        return [], [f"IAM: {subject.words} is not let in: {said}"], []
    found = [f"IAM: {subject.words} may invoke what {level} leaves"] if not left else []
    if subject.email and state.cut:
        found = [f"IAM: everything is denied to cohort {subject.cohort} by `rollout cut`, {subject.email} with it"]
    return found, [], []


def _of_okta(subject: Subject, level: Level, steps: Sequence[Step], in_okta: int | None) -> list[str]:
    """The engine names what it would still do; what that means for people is said here."""
    if not any(step.kind.startswith("okta:") for step in steps) and not (
        in_okta and subject.email is None and not level.effects.members
    ):
        return []
    if subject.email is None and not level.effects.members and in_okta is not None:
        return [f"Okta: {in_okta} people are still in the group of cohort {subject.cohort}"] if in_okta else []
    return [f"Okta: the group of cohort {subject.cohort} is not as {level} has it"]


def lines(found: Verdict) -> list[tuple[str, str]]:
    """(what a line says, the line), in the order that matters at night."""
    told = [("in force", line) for line in found.in_force]
    told += [("not", line) for line in found.missing]
    told += [("not known", line) for line in found.unknown]
    told += [("in the way", line) for line in found.in_the_way[:SHOWN]]  # one source that is away stops many resources
    told += [
        ("not done", f"{step.operation} {step.kind.rpartition(':')[2]} {step.name}") for step in found.steps[:SHOWN]
    ]
    if len(found.steps) > SHOWN:
        told.append(("not done", f"{len(found.steps) - SHOWN} more"))
    return told
