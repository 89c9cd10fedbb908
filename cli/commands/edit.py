"""Cohorts and members written into a stack file or a roster: judged, shown, asked, written."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cli import edits
from cli.ask import confirmed
from cli.change import change_stack_file, difference, judged, write
from cli.errors import CommandError
from cli.roster_file import with_person, without_person
from cli.stack_files import stack_path

MAX_ROSTER_BYTES = 1 << 20


def add_cohort(stack: str, cohort: str, models: Sequence[str], level: str, roster: str | None, yes: bool) -> None:
    _in_stack_file(stack, lambda document: edits.add_cohort(document, cohort, level, models, roster), yes)


def add_member(stack: str, cohort: str, email: str, fields: Mapping[str, Any], yes: bool) -> None:
    path = stack_path(Path.cwd(), stack)
    if roster := roster_of(path, cohort):
        if email in _members(path, cohort):
            raise CommandError(f"cohorts.{cohort}.members.{email}: there already")
        _in_roster(path, roster, lambda text: with_person(text, {"email": email, **fields}), yes)
    else:
        _in_stack_file(stack, lambda document: edits.add_member(document, cohort, email, fields), yes)


def remove_member(stack: str, cohort: str, email: str, yes: bool) -> None:
    """From both: of somebody in a roster the stack file may say more."""
    path = stack_path(Path.cwd(), stack)
    if email not in _members(path, cohort):
        raise CommandError(f"cohorts.{cohort}.members.{email}: no such member")
    roster = roster_of(path, cohort)
    texts = {path: _edited(path, lambda document: edits.remove_member(document, cohort, email))}
    if roster:
        file = path.parent / roster
        texts[file] = without_person(file.read_text(encoding="utf-8-sig"), email)
    _write_all(path, texts, yes)


def import_roster(stack: str, cohort: str, file: Path, yes: bool) -> None:
    """The file becomes `rosters/<cohort>.csv`, and the cohort's roster."""
    path = stack_path(Path.cwd(), stack)
    roster = roster_of(path, cohort) or f"rosters/{cohort}.csv"
    if file.stat().st_size > MAX_ROSTER_BYTES:
        raise CommandError(f"{file}: larger than {MAX_ROSTER_BYTES >> 20} MiB; split it")
    text = file.read_text(encoding="utf-8-sig", errors="strict")
    stack_text = _edited(path, lambda document: edits.use_roster(document, cohort, roster))
    _write_all(path, {path: stack_text, path.parent / roster: text}, yes)


def roster_of(path: Path, cohort: str) -> str | None:
    found: list[str | None] = []
    _edited(path, lambda document: found.append(edits.roster(document, cohort)))
    return found[0]


def _members(path: Path, cohort: str) -> Mapping[str, Any]:
    return judged(path.read_text(encoding="utf-8"), path.parent).cohorts[cohort].members


def _edited(path: Path, change: Callable[[Any], object]) -> str:
    from cli.yaml_text import edited

    return edited(path.read_text(encoding="utf-8"), change)


def _in_stack_file(stack: str, change: Callable[[Any], object], yes: bool) -> None:
    path = stack_path(Path.cwd(), stack)
    shown, after = change_stack_file(path, change)
    print(shown, end="")
    confirmed(f"Write {path.name}?", yes)
    write(path, after)


def _in_roster(path: Path, roster: str, change: Callable[[str], str], yes: bool) -> None:
    file = path.parent / roster
    _write_all(path, {file: change(file.read_text(encoding="utf-8-sig"))}, yes)


def _write_all(path: Path, texts: Mapping[Path, str], yes: bool) -> None:
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
        judged(texts.get(path, path.read_text(encoding="utf-8")), folder)
    for file, text in texts.items():
        print(difference(str(file.relative_to(path.parent)), before[file], text), end="")
    confirmed(f"Write {', '.join(str(file.relative_to(path.parent)) for file in texts)}?", yes)
    for file, text in texts.items():
        if text != before[file]:
            file.parent.mkdir(parents=True, exist_ok=True)
            write(file, text)
