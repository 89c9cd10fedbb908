"""Cohorts and members written into a stack file or a roster: judged, shown, asked, written; one command at a time."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cli.cutting.whereabouts import home_of
from cli.stack_file import edits
from cli.stack_file.change import change_stack_file, changed, difference, judged, write, write_if_unchanged
from cli.stack_file.file_lock import locked
from cli.stack_file.listing import stack_path
from cli.stack_file.roster_file import with_person, without_person
from cli.stack_file.roster_readers import other_readers
from cli.terminal.ask import confirmed
from cli.terminal.errors import CommandError
from cli.terminal.json_out import print_json
from cli.terminal.text import text_of
from rollout.levels import Level
from rollout.model.errors import StackFileError, nearest
from rollout.model.rollout import Rollout
from rollout.stack_file.roster import read_roster

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
        _write_all(path, {file: text}, yes, as_json, shared=shared)


def remove_member(stack: str, cohort: str, email: str, yes: bool, as_json: bool = False, shared: bool = False) -> None:
    """From both: of somebody in a roster the stack file may say more."""
    path = stack_path(Path.cwd(), stack)
    with locked(path.parent):
        home_of(path, email, cohort)
        known = _judged(path, cohort)
        roster = roster_of(path, cohort)
        texts = {path: _edited(path, lambda document: edits.remove_member(document, cohort, email))}
        if roster:
            file = path.parent / roster
            texts[file] = without_person(text_of(file, MAX_ROSTER_BYTES, "utf-8-sig"), email)
        _write_all(path, texts, yes, as_json, shared=shared, said=_stays_denied(known, cohort, email))


def import_roster(stack: str, cohort: str, file: Path, yes: bool, as_json: bool = False, shared: bool = False) -> None:
    """The file becomes `rosters/<cohort>.csv`, and the cohort's roster."""
    path = stack_path(Path.cwd(), stack)
    with locked(path.parent):
        roster = roster_of(path, cohort) or f"rosters/{cohort}.csv"
        text = text_of(file, MAX_ROSTER_BYTES, "utf-8-sig", "; split it")
        stack_text = _edited(path, lambda document: edits.use_roster(document, cohort, roster))
        texts = {path: stack_text, path.parent / roster: text}
        try:
            _write_all(path, texts, yes, as_json, shared=shared)
        except StackFileError as error:  # the file that somebody gave is the one to mend
            lines = [line.replace(f"{roster}:", f"{file}:", 1) for line in error.lines]
            raise StackFileError(lines) from None


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


def _write_all(
    path: Path, texts: Mapping[Path, str], yes: bool, as_json: bool, *, shared: bool, said: Sequence[str] = ()
) -> None:
    """Judged together before anything is written: in a folder beside, as they would be, for every stack that reads what
    changes. `shared`: whether others' rosters may change; `said`: what the person is to know besides."""
    before = {file: _read(file) for file in texts}
    others = {other for file, text in texts.items() if text != before[file] for other in other_readers(path, file)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _copy(path.parent, folder, texts)
        judged(texts.get(path) or text_of(path), folder)
        mistakes = [line for other in sorted(others) for line in _mistakes(other, folder)]
    if mistakes:
        raise StackFileError(mistakes)
    told = [*_of_others(path, texts, before, shared), *said]
    shown = {
        str(file.relative_to(path.parent)): difference(str(file.relative_to(path.parent)), before[file], text)
        for file, text in texts.items()
    }
    if not as_json:
        print("".join(shown.values()), end="")
        print("".join(f"{line}\n" for line in told), end="")
    confirmed(f"Write {', '.join(shown)}?", yes)
    if altered := [file.name for file in texts if _read(file) != before[file]]:
        raise CommandError(f"{', '.join(altered)}: changed by somebody else since it was read; nothing was written")
    _written({file: text for file, text in texts.items() if text != before[file]})
    if as_json:
        written = {"written": {name: text for name, text in shown.items() if text}}
        print_json({**written, **({"said": told} if told else {})})


def _read(file: Path) -> str:
    return text_of(file, encoding="utf-8-sig") if file.exists() else ""


def _copy(project: Path, folder: Path, texts: Mapping[Path, str]) -> None:
    if (project / "rosters").is_dir():
        shutil.copytree(project / "rosters", folder / "rosters")
    for file, text in texts.items():
        copy = folder / file.relative_to(project)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text, encoding="utf-8")


def _mistakes(other: Path, folder: Path) -> list[str]:
    """What the judge of another stack has against the new texts, and had not against the old: a stack that is wrong
    already keeps nobody from a change."""
    known = set(_lines(other, other.parent))
    return [f"{other.name}: {line}" for line in _lines(other, folder) if line not in known]


def _lines(other: Path, folder: Path) -> list[str]:
    try:
        judged(text_of(other), folder, other.name)
    except StackFileError as error:
        return error.lines
    return []


def _of_others(path: Path, texts: Mapping[Path, str], before: Mapping[Path, str], shared: bool) -> list[str]:
    """A line for each roster that other stacks read. CommandError where nobody said that they may change with it."""
    lines: list[str] = []
    for file, text in texts.items():
        if file != path and text != before[file] and (readers := other_readers(path, file)):
            roster = str(file.relative_to(path.parent))
            stacks = ", ".join(f"{other.name} ({', '.join(cohorts)})" for other, cohorts in sorted(readers.items()))
            lines.append(f"{roster} is read by {stacks} as well: there {_moved(before[file], text)}")
    if lines and not shared:
        lines.append("add --shared to change it for all of them, or give this stack's cohort a `roster` of its own")
        raise CommandError("\n".join(["nothing was written", *lines]))
    return lines


def _moved(before: str, after: str) -> str:
    one, other = _people(before), _people(after)
    gone, come = len(one - other), len(other - one)
    out = "1 person" if gone == 1 else f"{gone} people"
    return f"{out} out, {come} in" if gone or come else "nobody moves, and what is said of them changes"


def _people(text: str) -> set[str]:
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "roster.csv").write_text(text, encoding="utf-8")
        return {row.email for row in read_roster("roster.csv", Path(name))[0]}


def _written(texts: Mapping[Path, str]) -> None:
    """All, or none: what was there comes back where a later one cannot be written."""
    known = {file: file.read_bytes() if file.exists() else None for file in texts}
    done: list[Path] = []
    try:
        for file, text in texts.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            write(file, text)
            done.append(file)
    except BaseException:
        for file in done:
            was = known[file]
            if was is None:
                file.unlink(missing_ok=True)
            else:
                write(file, was.decode("utf-8"))
        raise
