"""A drill: each level taken and given back while somebody holds the watch; in a sandbox, or with a cohort's people."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cli.commands.level import PARTLY_DONE, report
from cli.commands.level_change import Outcome, bring
from cli.cutting.deny_first import Subject, seen
from cli.stack_file import edits
from cli.stack_file.change import judged
from cli.stack_file.file_lock import locked
from cli.stack_file.listing import stack_path
from cli.terminal.ask import confirmed
from cli.terminal.errors import CommandError
from cli.terminal.json_out import print_json
from cli.terminal.text import text_of
from rollout.levels import Level
from rollout.model.errors import nearest

# `rolled_back` deletes profiles, whose successors have other ARNs: that is no exercise. The sandbox's drill has it.
LEVELS = (Level.RESTRICTED, Level.THROTTLED, Level.SUSPENDED)
REASON = "A drill: access is given back as soon as it is verified that it was taken"


def in_sandbox() -> int:
    """The Makefile's drill, in a sandbox of its own; its exit code. CommandError where this is no checkout."""
    if not Path("Makefile").is_file() or not Path("tests/drill").is_dir():
        raise CommandError("not in the project's folder: the sandbox's drill is part of it")
    try:
        return subprocess.run(["make", "drill"], check=False).returncode  # noqa: S607
    except FileNotFoundError:
        raise CommandError("there is no `make` on PATH") from None


def with_people(stack: str, cohort: str, yes: bool, as_json: bool) -> None:
    """Level by level, then back; exit 3 where something did not take, after giving back all the same."""
    console = Console(highlight=False, soft_wrap=True, stderr=as_json)
    with locked(stack_path(Path.cwd(), stack).parent):
        _refuse_in_an_incident(stack, cohort)
        _taken_and_given_back(console, stack, cohort, yes, as_json)


def _taken_and_given_back(console: Console, stack: str, cohort: str, yes: bool, as_json: bool) -> None:
    now = datetime.now(UTC)
    incident = {"id": f"DRILL-{now:%Y%m%d}", "since": edits.instant(now), "reason": REASON}
    console.print(f"{cohort} of stack {stack}: {', '.join(LEVELS)}, and back. Its people lose access and are told.")
    confirmed("Begin?", yes)
    taken: list[Outcome] = []
    try:
        for level in LEVELS:
            taken.append(bring(console, stack, cohort, None, level, incident, True))
            report(console, taken[-1])
    finally:
        _refuse_over_a_cut(stack, cohort, taken)
        taken.append(bring(console, stack, cohort, None, Level.ACTIVE, {}, True))
        report(console, taken[-1])
    if as_json:
        print_json([outcome.figures for outcome in taken])
    else:
        console.print(_table(taken))
    if not all(outcome.is_done for outcome in taken):
        raise SystemExit(PARTLY_DONE)


def _refuse_in_an_incident(stack: str, cohort: str) -> None:
    """A drill ends by giving access back, which nobody may do to a cohort that was stopped in earnest."""
    path = stack_path(Path.cwd(), stack)
    known = judged(text_of(path), path.parent).cohorts
    if cohort not in known:
        raise CommandError(f"cohorts.{cohort}: no such cohort; {nearest(cohort, known)}")
    if (level := known[cohort].level) is not Level.ACTIVE:
        raise CommandError(f"cohorts.{cohort}.level: {level}; only a cohort that is active takes part in a drill")


def _refuse_over_a_cut(stack: str, cohort: str, taken: Sequence[Outcome]) -> None:
    """Whoever cut the cohort in earnest meanwhile waits for the drill's lock, and must not find it given back."""
    path, ours = stack_path(Path.cwd(), stack), {outcome.first for outcome in taken}
    found = [each for each in seen(path, Subject(stack, cohort, None)) or () if each not in ours]
    if found:
        text = f"{cohort} was cut meanwhile, and not by this drill: access is not given back"
        raise CommandError(f"{text}; `rollout set-level -s {stack} {cohort} active` does, once the incident is over")


def _table(taken: Sequence[Outcome]) -> Table:
    table = Table("Level", "Verified", "Update", "In all", "The plan allows")
    for outcome in taken:
        minutes = outcome.level.effects.minutes
        table.add_row(
            outcome.level,
            "yes" if outcome.is_done else "[red]no[/red]",
            f"{outcome.update_seconds:.0f} s",
            f"{outcome.seconds:.0f} s",
            f"{minutes} min" if minutes else "",
        )
    return table
