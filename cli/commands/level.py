"""A level set from the terminal, by whoever is on call: who, to which level, why; and in words what came of it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from cli.commands.level_change import Outcome, bring
from cli.cutting.verification import lines
from cli.cutting.whereabouts import holders_key, home_of, require_cohort
from cli.stack_file.files import config_of
from cli.stack_file.listing import stack_path
from cli.terminal.errors import CommandError
from cli.terminal.json_out import print_json
from rollout.levels import Level
from rollout.model.errors import StackFileError, nearest, one_of
from rollout.names import MACHINE
from rollout.stack_file.checks import part
from rollout.stack_file.load import PROJECT

PARTLY_DONE = 3
NEXT = (
    "next: run the same command again; it goes on where it stopped",
    "if the engine says that the stack is locked, and no other update runs: `pulumi cancel`, then the same command",
)


def run(
    stack: str,
    who: str,
    level_name: str,
    member: str | None,
    incident_id: str | None,
    reason: str | None,
    since: str | None,
    deny: Sequence[str],
    yes: bool,
    as_json: bool = False,
) -> None:
    """`who`: a cohort's name, or one person's address. With `as_json` the standard output holds one object alone; the
    engine's progress goes to the other."""
    console = Console(highlight=False, soft_wrap=True, stderr=as_json)
    level = _level(level_name)
    incident = _incident(level, incident_id, reason, since, deny)
    path = stack_path(Path.cwd(), stack)
    cohort, email = _who(console, path, who, member)
    if level.needs_incident and not incident:
        _require_incident(path, cohort, email, level)
    try:
        found = bring(console, stack, cohort, email, level, incident, yes)
    except KeyboardInterrupt:
        _print_next(console)
        raise
    if as_json:
        print_json(
            {
                "cohort": cohort,
                "member": email,
                **found.figures,
                "not_done": [asdict(step) for step in found.verdict.steps] if found.verdict.steps else None,
                "in_the_way": list(found.verdict.in_the_way) or None,
            }
        )
    report(console, found)
    if not found.is_done:
        raise SystemExit(PARTLY_DONE)
    minutes = level.effects.minutes
    spent = f"update {found.update_seconds:.0f} s, {found.seconds:.0f} s in all"
    if found.first_seconds is not None:
        spent = f"denied in IAM after {found.first_seconds:.0f} s, {spent}"
    allowed = f"; the plan allows {minutes} minutes for {level}" if minutes else ""
    console.print(f"{email or cohort} is {level}: {spent}{allowed}")
    console.print(f"now commit {path.name}: until then every other copy of it says otherwise", markup=False)


def report(console: Console, found: Outcome) -> None:
    """What is and is not so, wherever it is."""
    if found.is_done:
        console.print(f"[green]verified[/green]: Okta, AWS and all else were asked, and are as {found.path.name} says")
        for line in found.verdict.in_force:
            console.print(f"in force in {line}", markup=False)
        return
    console.print("[red]not finished[/red]: not all that was asked for is so")
    for what, line in lines(found.verdict):
        console.print(f"{what} in {line}" if what == "in force" else f"{what}: {line}", markup=False)
    _print_next(console)
    if found.verdict.steps and not found.verdict.in_the_way:
        stack = found.path.stem.removeprefix("Pulumi.")  # what was changed by hand, no update sees without looking
        console.print(
            f"if it ends like this again: `pulumi up --stack {stack} --refresh`, then the same command", markup=False
        )


def _print_next(console: Console) -> None:
    for line in NEXT:
        console.print(line, markup=False)


def _who(console: Console, path: Path, who: str, member: str | None) -> tuple[str, str | None]:
    """(cohort, the person's address). Whoever is in a hurry need not know in which cohort somebody is."""
    if "@" in who or MACHINE.fullmatch(who.strip().lower()):
        if member and member.strip().lower() != who.strip().lower():
            raise CommandError(f"{who} and --member {member}: two of them; name one")
        email = who.strip().lower()
        cohort = home_of(path, email)
        console.print(f"{email} is in {cohort}", markup=False)
        return cohort, email
    if member:
        email = member.strip().lower()
        return home_of(path, email, who), email
    with contextlib.suppress(StackFileError):  # the judge says what is wrong, after what can be done without it
        require_cohort(path, who)
    return who, None


def _level(name: str) -> Level:
    try:
        return Level(name)
    except ValueError:
        known = [level.value for level in Level]
        raise CommandError(f"no such level: {name}; {nearest(name, known)}") from None


def _incident(
    level: Level, incident_id: str | None, reason: str | None, since: str | None, deny: Sequence[str]
) -> Mapping[str, Any]:
    """None of it where none is given: then the file's own is kept, and its judge says if there is none."""
    given = {"--incident": incident_id, "--reason": reason, "--since": since, "--deny": list(deny) or None}
    named = [option for option, value in given.items() if value]
    if not level.needs_incident:
        if named:
            raise CommandError(f"{one_of(named)}: of no use at {level}, which has no incident")
        return {}
    if not named:
        return {}
    if not incident_id or not reason:
        raise CommandError(f"{level} needs --incident and --reason, and takes --since and --deny")
    found = {"id": incident_id, **({"since": since} if since else {}), "reason": reason}
    return {**found, **({"deny": list(deny)} if deny else {})}


def _require_incident(path: Path, cohort: str, email: str | None, level: Level) -> None:
    """Before anything is denied. A file that cannot be read keeps nobody from that."""
    with contextlib.suppress(StackFileError):
        known = part(config_of(path), f"{PROJECT}:cohorts", cohort)
        own = part(known, holders_key(known), email) if email else known
        if not (part(own, "incident") or (email and part(known, "incident"))):
            text = f"{level} needs --incident and --reason: {email or cohort} has no incident in the file"
            raise CommandError(text)
