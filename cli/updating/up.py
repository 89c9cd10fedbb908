"""`rollout up`: the plan, one question, the update, and where to look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from cli.stack_file.file_lock import locked
from cli.stack_file.listing import stack_path
from cli.terminal.ask import confirmed, require_somebody
from cli.terminal.errors import CommandError
from cli.terminal.json_out import print_json
from cli.terminal.progress import Progress
from cli.updating.engine_events import Ran
from cli.updating.engine_events import run as engine
from cli.updating.plan import Planned, document, fingerprint, made, pack, show

DONE, REFUSED, IN_PART = 0, 1, 3
AGAIN = (
    "what it did is done, and the same command goes on where it stopped",
    "if the engine says that the stack is locked, and no other update runs: `pulumi cancel`, then the same command",
)


def run(stack: str, policy_pack: Path | None, yes: bool, as_json: bool) -> int:
    """The exit code: 1 where nothing was done, 3 where not all of it was."""
    aside = Console(stderr=True, highlight=False, soft_wrap=True)
    if not yes:
        require_somebody()
    with locked(stack_path(Path.cwd(), stack).parent, say=lambda text: aside.print(text, markup=False)):
        planned = made(stack, policy_pack)
        if not as_json:
            show(planned)
        if planned.plan.is_refused or planned.is_nothing:
            return _without(planned, as_json)
        confirmed(f"Update stack {stack}?", yes)
        if fingerprint(planned.path) != planned.files:
            text = f"{planned.path.name}, Pulumi.yaml or a roster was changed since it was planned; nothing was updated"
            raise CommandError(text)
        try:
            ran = _updated(planned, policy_pack)
        except KeyboardInterrupt:
            for line in AGAIN:
                aside.print(line, markup=False)
            raise
    return _ended(planned, ran, as_json)


def _updated(planned: Planned, policy_pack: Path | None) -> Ran:
    arguments = ["up", "--stack", planned.stack, "--yes", "--skip-preview", *pack(policy_pack)]
    with Progress(Console(stderr=True), f"updating {planned.stack}") as progress:
        return engine(planned.path.parent, arguments, progress.told)


def _without(planned: Planned, as_json: bool) -> int:
    if as_json:
        print_json({"plan": document(planned), "updated": False})
    elif not planned.plan.is_refused:
        print("nothing to do")
    return REFUSED if planned.plan.is_refused else DONE


def _ended(planned: Planned, ran: Ran, as_json: bool) -> int:
    code = DONE if ran.code == 0 else IN_PART if ran.done else REFUSED
    if as_json:
        print_json({"plan": document(planned), "updated": code == DONE, **_figures(ran)})
        return code
    console = Console(highlight=False, soft_wrap=True)
    for error in ran.plan.errors if ran.plan else [ran.said]:
        console.print(f"[red]error[/red] {_flat(error)}")
    for urn in ran.failed:
        console.print(f"not done: {_kind(urn)} {urn.rpartition('::')[2]}", markup=False)
    counted = _counted(ran)
    if code == DONE:
        console.print(f"[green]updated[/green]: {counted}")
        for line in _look(planned):
            console.print(line, markup=False)
    else:
        console.print(f"[red]not finished[/red]: {counted}")
        for line in AGAIN:
            console.print(line, markup=False)
    return code


def _flat(text: str) -> str:
    from rich.markup import escape

    return escape("\n  ".join(line for line in text.splitlines() if line.strip()))


def _figures(ran: Ran) -> dict[str, Any]:
    return {
        "counts": dict(ran.plan.counts) if ran.plan else {},
        "errors": list(ran.plan.errors) if ran.plan else [ran.said],
        "not_done": list(ran.failed),
    }


def _counted(ran: Ran) -> str:
    counts: Counter[str] = ran.plan.counts if ran.plan else Counter()
    return ", ".join(f"{count} {operation}" for operation, count in sorted(counts.items())) or "nothing"


def _kind(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _look(planned: Planned) -> Iterator[str]:
    stack = planned.stack
    yield f"what is in force: `rollout status -s {stack}`"
    came = Counter(each.after.cohort for each in planned.found.people if each.gained and each.after)
    for cohort, people in sorted(came.items()):
        who = "1 person" if people == 1 else f"{people} people"
        yield f"what {who} of {cohort} sign in with: `rollout sign-in -s {stack} {cohort}`"
    if any(each.lost for each in planned.found.people):
        yield f"who is cut, and whether it holds: `rollout incidents -s {stack}`"
