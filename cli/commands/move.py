"""`rollout move-member` and `rollout rename-team`: several places that must agree, changed together or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cli.cutting.deny_first import Subject, seen
from cli.cutting.whereabouts import home_of, require_cohort
from cli.stack_file import edits
from cli.stack_file.change import changed, judged
from cli.stack_file.file_lock import locked
from cli.stack_file.files import config_of
from cli.stack_file.listing import stack_path
from cli.stack_file.roster_file import with_person, with_team_renamed, without_person
from cli.stack_file.roster_readers import other_readers
from cli.stack_file.together import write_all
from cli.terminal.errors import CommandError
from cli.terminal.text import text_of
from rollout.levels import Level
from rollout.model.cohort import OWN, Cohort, Member
from rollout.model.errors import nearest, shown
from rollout.model.rollout import Rollout
from rollout.model.times import moment
from rollout.stack_file.checks import part
from rollout.stack_file.load import PROJECT

MAX_ROSTER_BYTES = 1 << 20


def move_member(stack: str, email: str, cohort: str, yes: bool, as_json: bool = False, shared: bool = False) -> None:
    """From whichever cohort they are in, with all that is said of them."""
    path = stack_path(Path.cwd(), stack)
    with locked(path.parent):
        require_cohort(path, cohort)
        before = home_of(path, email)
        if before == cohort:
            raise CommandError(f"{email} is in {cohort} already; nothing was changed")
        rollout = judged(text_of(path), path.parent, path.name)
        if email in rollout.cohorts[before].machines:
            raise CommandError(f"{email} is a machine: move its lines in {path.name} to cohorts.{cohort}.machines")
        said = [*_access(rollout, email, before, cohort), *_not_cut(path, email, before)]
        member = _with_end(rollout.cohorts[before], rollout.cohorts[cohort], email)
        said += [f"their access ends {moment(member.until)}, as before"] if member.until else []
        texts = _moved(path, member, email, before, cohort)
        write_all(path, texts, yes, as_json, shared=shared, said=said, against=_gives_back(email))


def _not_cut(path: Path, email: str, before: str) -> list[str]:
    """CommandError where `rollout cut` denies them, or their whole cohort: on another role nothing would. A line where
    IAM does not tell."""
    stack = path.stem.removeprefix("Pulumi.")
    for subject in (Subject(stack, before, email), Subject(stack, before, None)):
        found = seen(path, subject)
        if found is None:
            return ["IAM does not tell whether `rollout cut` denies them: a move leaves such a Deny on the old role"]
        if found:
            raise CommandError(
                f"{subject.words} is denied in IAM by `rollout cut`, on the role of {found[0].cohort}: a move would "
                f"leave that behind; first `rollout set-level -s {stack} {email} suspended` with its incident, which "
                "goes along"
            )
    return []


def _gives_back(email: str) -> Callable[[Rollout, Rollout], str | None]:
    """For another stack that reads the same rosters: what the move would give back there."""

    def judge(was: Rollout, now: Rollout) -> str | None:
        before, after = (_home(rollout, email) for rollout in (was, now))
        if before is None or after is None or before == after:
            return None
        try:
            _access(was, email, before, after)
        except CommandError as error:
            return str(error)
        return None

    return judge


def _home(rollout: Rollout, email: str) -> str | None:
    found = [name for name, cohort in rollout.cohorts.items() if email in cohort.members]
    return min(found, key=lambda name: rollout.cohorts[name].level is Level.PLANNED, default=None)


def _access(rollout: Rollout, email: str, before: str, after: str) -> list[str]:
    """What becomes of their access. CommandError where a move would give back what an incident took."""
    was, into = rollout.cohorts[before], rollout.cohorts[after]
    member = was.members[email]
    old, own = was.level_of(email), member.level
    new = into.level if own is None or own.rank < into.level.rank else own
    if old.rank > Level.ACTIVE.rank and new.rank < old.rank:
        raise CommandError(
            f"{email} is {old} in {before}, and would be {new} in {after}: a move gives nothing back; first "
            f"`rollout set-level {email} {old}` with its incident, which goes along, or end the incident of {before}"
        )
    if old.rank > Level.ACTIVE.rank and own is None and was.incident != into.incident:
        raise CommandError(
            f"{email} is {old} in {before} by {was.incident.id if was.incident else 'no incident'}, and {after} has "
            f"another one, with rules of its own; first `rollout set-level {email} {old}` with the incident of "
            f"{before}, which goes along"
        )
    line = f"{email}: from {before} ({old}) to {after} ({new})"
    gone, come = (sorted({*one.models} - {*other.models}) for one, other in ((was, into), (into, was)))
    changes = [f"gains {', '.join(come)}"] if come else []
    changes += [f"loses {', '.join(gone)}"] if gone else []
    return [
        f"{line}; {' and '.join(changes) or 'the same models'}",
        "they have to sign in again: another cohort is another role",
    ]


def _with_incident(cohort: Cohort, email: str) -> Member:
    """Whoever is stopped alone by their cohort's incident takes it along: where they go nobody else has it."""
    member = cohort.members[email]
    is_stopped = member.level is not None and member.level.needs_incident and member.incident is None
    return member.model_copy(update={"incident": cohort.incident}) if is_stopped else member


def _with_end(was: Cohort, into: Cohort, email: str) -> Member:
    """With the end that their cohort gave them, where the other one has none or a later one."""
    member, end = _with_incident(was, email), was.end_of(email)
    if end is None or (into.until and into.until <= end):
        return member
    return member.model_copy(update={"until": end})


def _moved(path: Path, member: Member, email: str, before: str, after: str) -> Mapping[Path, str]:
    """The stack file and the rosters, as they are to be."""
    text = text_of(path)
    rosters: dict[str, Path | None] = {}
    entry: list[Any] = []

    def change(document: Any) -> None:
        for name in (before, after):
            roster = edits.roster(document, name)
            rosters[name] = path.parent / roster if roster else None
        found = edits.member_entry(document, before, email)
        entry.append(found)
        edits.remove_member(document, before, email)
        into = _entry(found, member, whole=rosters[after] is None)
        if into:
            edits.put_member(document, after, email, into)

    stack_file = changed(path, text, change)
    source, target = rosters[before], rosters[after]
    texts: dict[Path, str] = {}
    # Where they go is written first: whoever is in two cohorts is refused by name, who is in none is forgotten.
    if target and target != source:
        fields = {"email": email, **_fields(member, leave_out=OWN)}
        try:
            texts[target] = with_person(text_of(target, MAX_ROSTER_BYTES, "utf-8-sig"), fields)
        except CommandError as error:
            raise CommandError(f"{target.relative_to(path.parent)}: {error}") from None
    texts[path] = stack_file
    if source and target != source:
        texts[source] = without_person(text_of(source, MAX_ROSTER_BYTES, "utf-8-sig"), email)
    return texts


def _entry(found: Any, member: Member, *, whole: bool) -> Any:
    """What the stack file is to say of them: all where no roster does, else what stops them."""
    stopping = {key: found[key] for key in OWN if found is not None and key in found}
    if member.level and "level" not in stopping:  # by the roster's column
        stopping["level"] = member.level.value
    if member.incident and "incident" not in stopping:
        stopping["incident"] = edits.flow(member.incident.model_dump(mode="json", exclude_defaults=True))
    if member.until:
        stopping["until"] = edits.end_text(member.until)
        if found is not None:
            found.pop("until", None)  # the cohort that they leave may have ended earlier
    if not whole:
        return edits.flow(stopping) if stopping else None
    if found is not None and "name" in found:
        found.update({key: value for key, value in stopping.items() if key not in found})
        return found
    return edits.flow({**_fields(member, leave_out=OWN), **stopping})


def _fields(member: Member, leave_out: tuple[str, ...]) -> dict[str, Any]:
    said = member.model_dump(mode="json", exclude=set(leave_out), exclude_defaults=True)
    return {key: value for key, value in said.items() if value is not None}


def rename_team(stack: str, old: str, new: str, yes: bool, as_json: bool = False, shared: bool = False) -> None:
    """In the organization, of every member that is named, and in every row of every roster; with `shared`, of the other
    stacks that read these rosters too, or they would have people of a team that they have not."""
    path = stack_path(Path.cwd(), stack)
    with locked(path.parent):
        known = [str(name) for name in part(config_of(path), f"{PROJECT}:organization", "teams")]
        if old not in known:
            raise CommandError(f"organization.teams: no such team: {shown(old)}; {nearest(old, known)}")
        texts = {path: _renamed(path, old, new)}
        rosters = _rosters(path)
        if shared:
            others = sorted({other for roster in rosters for other in other_readers(path, roster)})
            texts |= {other: _renamed(other, old, new) for other in others}
            rosters = sorted({*rosters, *(roster for other in others for roster in _rosters(other))})
        for roster in rosters:
            texts[roster] = with_team_renamed(text_of(roster, MAX_ROSTER_BYTES, "utf-8-sig"), old, new)
        said = [f"what was counted of {old} so far stays under that name: today {new} begins at nothing"]
        write_all(path, texts, yes, as_json, shared=shared, said=said)


def _renamed(path: Path, old: str, new: str) -> str:
    return changed(path, text_of(path), lambda document: edits.rename_team(document, old, new))


def _rosters(path: Path) -> list[Path]:
    cohorts = part(config_of(path), f"{PROJECT}:cohorts")
    named = {part(cohorts, name).get("roster") for name in cohorts}
    return [path.parent / roster for roster in sorted(name for name in named if isinstance(name, str))]
