"""A level set from the terminal, by whoever is on call: preview, ask, write, update, verify, and the time it took."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from cli import edits
from cli.ask import confirmed, require_somebody
from cli.change import change_stack_file, require_writable, write
from cli.commands.edit import require_member
from cli.commands.incidents import require_known
from cli.errors import CommandError
from cli.out import print_json
from cli.stack import NO_ENGINE
from cli.stack_files import stack_path
from cli.text import text_of
from cli.waiting import waited
from rollout.engine_plan import DELETES, Plan, Step
from rollout.levels import Level
from rollout.words import nearest, one_of

PARTLY_DONE = 3
SHOWN = 12
NEXT = (
    "next: run the same command again; it goes on where it stopped. Nothing else will wait: break-glass",
    "if the engine says that the stack is locked, and no other update runs: `pulumi cancel`, then the same command",
)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How it ended. `left`: what the engine still found to do when it had asked everybody; None where it could not."""

    level: Level
    path: Path
    is_done: bool
    left: Plan | None
    update_seconds: float
    seconds: float

    @property
    def figures(self) -> dict[str, object]:
        """For programs."""
        return {
            "level": self.level.value,
            "verified": self.is_done,
            "update_seconds": round(self.update_seconds, 1),
            "seconds": round(self.seconds, 1),
            "allowed_minutes": self.level.effects.minutes,
        }


def run(
    stack: str,
    cohort: str,
    level_name: str,
    member: str | None,
    incident_id: str | None,
    reason: str | None,
    since: str | None,
    deny: Sequence[str],
    yes: bool,
    as_json: bool = False,
) -> None:
    """With `as_json` the standard output holds one object alone; the engine's progress goes to the other."""
    console = Console(highlight=False, soft_wrap=True, stderr=as_json)
    level = _level(level_name)
    incident = _incident(level, incident_id, reason, since, deny)
    email = member.strip().lower() if member else None
    if email:
        require_member(stack_path(Path.cwd(), stack), cohort, email)
    found = bring(console, stack, cohort, email, level, incident, yes)
    if as_json:
        print_json(
            {
                "cohort": cohort,
                "member": email,
                **found.figures,
                "not_done": [asdict(step) for step in unfinished(found.left)] if found.left else None,
                "in_the_way": list(dict.fromkeys(found.left.errors)) if found.left else None,
            }
        )
    report(console, found)
    if not found.is_done:
        raise SystemExit(PARTLY_DONE)
    minutes = level.effects.minutes
    spent = f"update {found.update_seconds:.0f} s, {found.seconds:.0f} s in all"
    allowed = f"; the plan allows {minutes} minutes for {level}" if minutes else ""
    console.print(f"{email or cohort} is {level}: {spent}{allowed}")


def bring(
    console: Console,
    stack: str,
    cohort: str,
    email: str | None,
    level: Level,
    incident: Mapping[str, Any],
    yes: bool,
) -> Outcome:
    """Preview and ask unless `yes`, write, update, and ask everybody whether it is so. CommandError where refused.

    `incident` as the stack file has it; empty keeps the file's own. The engine's progress goes where `console` writes.
    """
    began, aside = time.monotonic(), console.stderr
    path = stack_path(Path.cwd(), stack)
    require_writable(path)
    before = text_of(path)
    shown, text, rollout = change_stack_file(
        path, lambda document: edits.set_level(document, cohort, email, level, incident)
    )
    console.print(shown or f"{path.name} says so already", end="\n" if not shown else "", markup=False)
    if unasked := require_known(path.parent, stack, rollout):
        console.print(unasked, markup=False)
    if not yes:
        require_somebody()
        if _preview(stack, path.name, text, aside):
            console.print(
                "[red]the preview failed[/red]: see above; an update does what it can, and says what it cannot"
            )
        confirmed(f"Bring {email or cohort} of stack {stack} to {level}?", yes)
        if text_of(path) != before:
            raise CommandError(f"{path.name}: changed by somebody else since the preview; nothing was written")
    write(path, text)
    updated = time.monotonic()
    try:
        code = _engine("up", "--stack", stack, "--yes", "--skip-preview", "--suppress-outputs", aside=aside)
    except KeyboardInterrupt:
        console.print(
            f"[red]stopped[/red]: {path.name} says {level}, and of the update is done what the engine printed"
        )
        _print_next(console)
        raise
    done = time.monotonic()
    left = remaining(stack)
    return Outcome(
        level=level,
        path=path,
        is_done=not code and left is not None and not left.is_refused and not unfinished(left),
        left=left,
        update_seconds=done - updated,
        seconds=time.monotonic() - began,
    )


def report(console: Console, found: Outcome) -> None:
    """What is and is not done."""
    if found.is_done:
        console.print(f"[green]verified[/green]: Okta, AWS and all else were asked, and are as {found.path.name} says")
    else:
        _report_left(console, found.path, found.left)


def remaining(stack: str) -> Plan | None:
    """What the engine still finds to do once it has asked everybody; None where it could not ask."""
    command = ["pulumi", "preview", "--stack", stack, "--refresh", "--json", "--non-interactive"]
    variables = {**os.environ, "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}
    found = subprocess.run(command, capture_output=True, text=True, check=False, env=variables)  # noqa: S603
    try:
        return Plan.read(found.stdout)
    except ValueError:
        return None


def unfinished(plan: Plan) -> list[Step]:
    """Reads and refreshes are no work; a component is none of itself."""
    return [
        step
        for step in plan.steps
        if step.operation in {"create", "update", "replace", *DELETES} and not step.kind.startswith("claude:")
    ]


def _report_left(console: Console, path: Path, left: Plan | None) -> None:
    console.print("[red]not finished[/red]: the update ended with an error, or something is not as it should be")
    console.print(
        f"done: {path.name} says the new level, so nothing gives access back; what the engine printed as done"
    )
    if left is None:
        console.print("not known: the engine could not ask what is left; see its error above")
    else:
        for line in list(dict.fromkeys(left.errors))[:SHOWN]:  # one source that is away stops many resources
            console.print(f"in the way: {line}", markup=False)
        steps = unfinished(left)
        for step in steps[:SHOWN]:
            console.print(f"not done: {step.operation} {step.kind.rpartition(':')[2]} {step.name}", markup=False)
        if len(steps) > SHOWN:
            console.print(f"not done: {len(steps) - SHOWN} more")
        if left.errors:
            console.print("not known: what else is left, since the engine stopped there")
    _print_next(console)
    if left and not left.errors and unfinished(left):
        stack = path.stem.removeprefix("Pulumi.")  # what was changed by hand, no update sees without looking
        console.print(
            f"if it ends like this again: `pulumi up --stack {stack} --refresh`, then the same command", markup=False
        )


def _print_next(console: Console) -> None:
    for line in NEXT:
        console.print(line, markup=False)


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


def _preview(stack: str, name: str, text: str, aside: bool) -> int:
    """Of a copy, so that whatever ends this before the answer leaves the stack file as it was. The engine's exit code:
    that it cannot preview, while Okta is away say, must not keep anybody from a suspension."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / name
        copy.write_text(text, encoding="utf-8", newline="")
        return _engine("preview", "--stack", stack, "--config-file", str(copy), "--suppress-outputs", aside=aside)


def _engine(*arguments: str, aside: bool = False) -> int:
    """Its own progress is the progress."""
    command = ["pulumi", *arguments, *([] if os.isatty(1) else ["--non-interactive", "--color", "never"])]
    try:
        return waited(command, sys.stderr if aside else None)
    except FileNotFoundError:
        raise CommandError(NO_ENGINE) from None
