"""Cohorts and members written into a stack file or a roster: judged, shown, asked, written; one command at a time."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cli.cutting.whereabouts import home_of
from cli.stack_file import edits
from cli.stack_file.change import change_stack_file, changed, judged, write_if_unchanged
from cli.stack_file.file_lock import locked
from cli.stack_file.listing import stack_path
from cli.stack_file.roster_file import mapped, with_person, without_person
from cli.stack_file.together import write_all
from cli.terminal.ask import confirmed
from cli.terminal.errors import CommandError
from cli.terminal.json_out import print_json
from cli.terminal.text import text_of
from rollout.levels import Level
from rollout.model.errors import StackFileError, nearest, shown
from rollout.model.rollout import Rollout

MAX_ROSTER_BYTES = 1 << 20


def add_cohort(
    stack: str, cohort: str, models: Sequence[str], level: str, roster: str | None, yes: bool, as_json: bool = False
) -> None:
    path = stack_path(Path.cwd(), stack)
    with locked(path.parent):
        _in_stack_file(path, lambda document: edits.add_cohort(document, cohort, level, models, roster), yes, as_json)


def add_member(
    stack: str,
    cohort: str,
    email: str,
    fields: Mapping[str, Any],
    yes: bool,
    as_json: bool = False,
    shared: bool = False,
) -> None:
    path = stack_path(Path.cwd(), stack)
    with locked(path.parent):
        if not (roster := roster_of(path, cohort)):
            _in_stack_file(path, lambda document: edits.add_member(document, cohort, email, fields), yes, as_json)
            return
        if email in _judged(path, cohort).cohorts[cohort].members:
            raise CommandError(f"cohorts.{cohort}.members.{email}: there already")
        file = path.parent / roster
        text = with_person(text_of(file, MAX_ROSTER_BYTES, "utf-8-sig"), {"email": email, **fields})
        write_all(path, {file: text}, yes, as_json, shared=shared)


def remove_member(stack: str, cohort: str, email: str, yes: bool, as_json: bool = False, shared: bool = False) -> None:
    """From both: of somebody in a roster the stack file may say more."""
    path = stack_path(Path.cwd(), stack)
    with locked(path.parent):
        home_of(path, email, cohort)
        known = _judged(path, cohort)
        if email in known.cohorts[cohort].machines:
            raise CommandError(f"{email} is a machine: take its lines out of cohorts.{cohort}.machines in {path.name}")
        roster = roster_of(path, cohort)
        texts = {path: _edited(path, lambda document: edits.remove_member(document, cohort, email))}
        if roster:
            file = path.parent / roster
            texts[file] = without_person(text_of(file, MAX_ROSTER_BYTES, "utf-8-sig"), email)
        write_all(path, texts, yes, as_json, shared=shared, said=_stays_denied(known, cohort, email))


def import_roster(
    stack: str,
    cohort: str,
    file: Path,
    yes: bool,
    as_json: bool = False,
    shared: bool = False,
    columns: Mapping[str, str] | None = None,
    teams: Mapping[str, str] | None = None,
) -> None:
    """The file becomes `rosters/<cohort>.csv`, and the cohort's roster. `columns`, `teams`: as `mapped` has them; where
    they say anything, columns of no use are left out."""
    path = stack_path(Path.cwd(), stack)
    with locked(path.parent):
        roster = roster_of(path, cohort) or f"rosters/{cohort}.csv"
        text, said = text_of(file, MAX_ROSTER_BYTES, "utf-8-sig", "; split it"), list[str]()
        if columns or teams:
            text, left = _mapped(file, text, columns or {}, teams or {})
            said = [f"left out of {file}: {', '.join(map(shown, left))}"] if left else []
        stack_text = _edited(path, lambda document: edits.use_roster(document, cohort, roster))
        texts = {path: stack_text, path.parent / roster: text}
        try:
            write_all(path, texts, yes, as_json, shared=shared, said=said)
        except StackFileError as error:  # the file that somebody gave is the one to mend
            lines = [line.replace(f"{roster}:", f"{file}:", 1) for line in error.lines]
            raise StackFileError(lines) from None


def _mapped(file: Path, text: str, columns: Mapping[str, str], teams: Mapping[str, str]) -> tuple[str, list[str]]:
    try:
        return mapped(text, columns, teams)
    except csv.Error as error:
        raise CommandError(f"{file}: not CSV: {error}") from None


def roster_of(path: Path, cohort: str) -> str | None:
    found: list[str | None] = []
    _edited(path, lambda document: found.append(edits.roster(document, cohort)))
    return found[0]


def _judged(path: Path, cohort: str) -> Rollout:
    """CommandError where it has no such cohort."""
    found = judged(text_of(path), path.parent, path.name)
    if cohort not in found.cohorts:
        raise CommandError(f"cohorts.{cohort}: no such cohort; {nearest(cohort, found.cohorts)}")
    return found


def _stays_denied(rollout: Rollout, cohort: str, email: str) -> list[str]:
    """Whoever takes somebody out who was stopped must not believe that this gives anything back, nor that it cuts."""
    level = rollout.cohorts[cohort].level_of(email)
    if level.rank < Level.THROTTLED.rank and rollout.cohorts[cohort].member_valid_from(email) is None:
        return []
    was = f"{email} is {level}" if level.rank >= Level.THROTTLED.rank else f"sessions of {email} were cut"
    until = f"until every session of theirs has ended, {rollout.session_minutes} minutes after that update"
    return [f"{was}: taken out by an update, they stay denied in AWS {until}; nothing more has to be done"]


def _edited(path: Path, change: Callable[[Any], object]) -> str:
    return changed(path, text_of(path), change)


def _in_stack_file(path: Path, change: Callable[[Any], object], yes: bool, as_json: bool = False) -> None:
    before = text_of(path)
    shown, after, _ = change_stack_file(path, change)
    if not as_json:
        print(shown, end="")
    confirmed(f"Write {path.name}?", yes)
    write_if_unchanged(path, before, after)
    if as_json:
        print_json({"written": {path.name: shown}})
