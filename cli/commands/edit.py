"""Cohorts and members written into a stack file or a roster: judged, shown, asked, written."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cli import edits
from cli.ask import confirmed
from cli.change import change_stack_file, changed, difference, judged, write
from cli.errors import CommandError
from cli.out import print_json
from cli.roster_file import with_person, without_person
from cli.stack_files import stack_path
from cli.text import text_of
from rollout.config import Rollout
from rollout.words import nearest

MAX_ROSTER_BYTES = 1 << 20


def add_cohort(
    stack: str, cohort: str, models: Sequence[str], level: str, roster: str | None, yes: bool, as_json: bool = False
) -> None:
    _in_stack_file(stack, lambda document: edits.add_cohort(document, cohort, level, models, roster), yes, as_json)


def add_member(
    stack: str, cohort: str, email: str, fields: Mapping[str, Any], yes: bool, as_json: bool = False
) -> None:
    path = stack_path(Path.cwd(), stack)
    if roster := roster_of(path, cohort):
        if email in _members(path, cohort):
            raise CommandError(f"cohorts.{cohort}.members.{email}: there already")
        _in_roster(path, roster, lambda text: with_person(text, {"email": email, **fields}), yes, as_json)
    else:
        _in_stack_file(stack, lambda document: edits.add_member(document, cohort, email, fields), yes, as_json)


def remove_member(stack: str, cohort: str, email: str, yes: bool, as_json: bool = False) -> None:
    """From both: of somebody in a roster the stack file may say more."""
    path = stack_path(Path.cwd(), stack)
    require_member(path, cohort, email)
    roster = roster_of(path, cohort)
    texts = {path: _edited(path, lambda document: edits.remove_member(document, cohort, email))}
    if roster:
        file = path.parent / roster
        texts[file] = without_person(text_of(file, MAX_ROSTER_BYTES, "utf-8-sig"), email)
    _write_all(path, texts, yes, as_json)


def import_roster(stack: str, cohort: str, file: Path, yes: bool, as_json: bool = False) -> None:
    """The file becomes `rosters/<cohort>.csv`, and the cohort's roster."""
    path = stack_path(Path.cwd(), stack)
    roster = roster_of(path, cohort) or f"rosters/{cohort}.csv"
    text = text_of(file, MAX_ROSTER_BYTES, "utf-8-sig", "; split it")
    stack_text = _edited(path, lambda document: edits.use_roster(document, cohort, roster))
    _write_all(path, {path: stack_text, path.parent / roster: text}, yes, as_json)


def roster_of(path: Path, cohort: str) -> str | None:
    found: list[str | None] = []
    _edited(path, lambda document: found.append(edits.roster(document, cohort)))
    return found[0]


def require_member(path: Path, cohort: str, email: str) -> None:
    """CommandError where the stack file and the cohort's roster have nobody of that address."""
    if email not in (known := _members(path, cohort)):
        raise CommandError(f"cohorts.{cohort}.members.{email}: no such member; {nearest(email, known)}")


def _members(path: Path, cohort: str) -> Mapping[str, Any]:
    return _judged(path, cohort).cohorts[cohort].members


def _judged(path: Path, cohort: str) -> Rollout:
    """CommandError where it has no such cohort."""
    found = judged(text_of(path), path.parent, path.name)
    if cohort not in found.cohorts:
        raise CommandError(f"cohorts.{cohort}: no such cohort; {nearest(cohort, found.cohorts)}")
    return found


def _edited(path: Path, change: Callable[[Any], object]) -> str:
    return changed(path, text_of(path), change)


def _in_stack_file(stack: str, change: Callable[[Any], object], yes: bool, as_json: bool = False) -> None:
    path = stack_path(Path.cwd(), stack)
    shown, after, _ = change_stack_file(path, change)
    if not as_json:
        print(shown, end="")
    confirmed(f"Write {path.name}?", yes)
    write(path, after)
    if as_json:
        print_json({"written": {path.name: shown}})


def _in_roster(path: Path, roster: str, change: Callable[[str], str], yes: bool, as_json: bool = False) -> None:
    file = path.parent / roster
    _write_all(path, {file: change(text_of(file, MAX_ROSTER_BYTES, "utf-8-sig"))}, yes, as_json)


def _write_all(path: Path, texts: Mapping[Path, str], yes: bool, as_json: bool = False) -> None:
    """Judged together before anything is written: in a folder beside, as they would be."""
    before = {file: file.read_text(encoding="utf-8-sig") if file.exists() else "" for file in texts}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if (path.parent / "rosters").is_dir():
            shutil.copytree(path.parent / "rosters", folder / "rosters")
        for file, text in texts.items():
            copy = folder / file.relative_to(path.parent)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text, encoding="utf-8")
        judged(texts.get(path) or text_of(path), folder)
    shown = {
        str(file.relative_to(path.parent)): difference(str(file.relative_to(path.parent)), before[file], text)
        for file, text in texts.items()
    }
    if not as_json:
        print("".join(shown.values()), end="")
    confirmed(f"Write {', '.join(shown)}?", yes)
    _written({file: text for file, text in texts.items() if text != before[file]})
    if as_json:
        print_json({"written": {name: text for name, text in shown.items() if text}})


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
