"""`rollout plan`: who gains and who loses access, what it costs and what is deleted, before anything is done."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from cli.live.engine import cut_record
from cli.stack_file.files import rollout_of
from cli.stack_file.listing import stack_path
from cli.terminal.errors import CommandError
from cli.terminal.json_out import print_json
from cli.terminal.markdown import shown
from cli.terminal.progress import Progress
from cli.updating.engine_events import run as engine
from rollout.review.comment import comment
from rollout.review.deployed import changes
from rollout.review.diff import Access, Diff, PersonChange
from rollout.review.engine_plan import Plan


@dataclass(frozen=True, kw_only=True)
class Planned:
    """`found`: what the stack file changes of what is deployed; `plan`: what the engine would do for it; `files`: what
    all that was planned from is known again by."""

    stack: str
    path: Path
    found: Diff
    plan: Plan
    files: str

    @property
    def is_nothing(self) -> bool:
        return self.found.is_empty and not self.plan.counts


def run(stack: str, policy_pack: Path | None, as_json: bool) -> int:
    """The exit code: 1 where it cannot be carried out."""
    planned = made(stack, policy_pack)
    if as_json:
        print_json(document(planned))
    else:
        show(planned)
    return 1 if planned.plan.is_refused else 0


def made(stack: str, policy_pack: Path | None) -> Planned:
    """StackFileError with each mistake of the file; CommandError where the engine does not tell."""
    path = stack_path(Path.cwd(), stack)
    files = fingerprint(path)
    rollout = rollout_of(path)
    with Progress(Console(stderr=True), "asking what an update would do") as progress:
        record = cut_record(path.parent, stack)
        ran = engine(path.parent, ["preview", "--stack", stack, *pack(policy_pack)], progress.told)
    if ran.plan is None:
        raise CommandError(ran.said or f"`pulumi preview --stack {stack}` ended with {ran.code}, and said nothing")
    return Planned(stack=stack, path=path, found=changes(record, rollout), plan=ran.plan, files=files)


def fingerprint(path: Path) -> str:
    """Of the stack file, the project's own and the rosters, byte by byte: of what an update reads."""
    folder = path.parent
    files = [path, folder / "Pulumi.yaml", *sorted((folder / "rosters").glob("*.csv"))]
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\0".encode() + (file.read_bytes() if file.is_file() else b"") + b"\0")
    return digest.hexdigest()


def pack(folder: Path | None) -> list[str]:
    return [] if folder is None else ["--policy-pack", str(folder)]


def show(planned: Planned) -> None:
    """As a pull request's comment has it."""
    text = comment(planned.stack, planned.found, planned.plan)
    Console(highlight=False).print(shown("\n".join(text.splitlines()[1:])))


def document(planned: Planned) -> dict[str, Any]:
    """For programs. `gain`, `lose`: people, with what of."""
    found, plan = planned.found, planned.plan
    return {
        "stack": planned.stack,
        "refused": plan.is_refused,
        "gain": [_person(each, each.gained) for each in found.people if each.gained],
        "lose": [_person(each, each.lost) for each in found.people if each.lost],
        "levels": [
            {
                "cohort": each.cohort,
                "member": each.email,
                "is_new": each.is_new,
                "before": each.before,
                "after": each.after,
            }
            for each in found.levels
        ],
        "profiles": [
            {"cohort": each.cohort, "model": each.label, "before": each.before, "after": each.after}
            for each in found.models
        ],
        "deleted": _resources(plan.deleted),
        "replaced": _resources(plan.replaced),
        "counts": dict(plan.counts),
        "usd_month": {"before": found.before.usd, "after": found.after.usd, "budget": found.after.budget},
        "people": {"before": found.before.people, "after": found.after.people},
        "errors": list(plan.errors),
        "against_policy": list(plan.breaches),
        "warnings": list(plan.warnings),
        "advice": list(plan.advice),
    }


def _person(change: PersonChange, models: Sequence[str]) -> Mapping[str, Any]:
    return {"email": change.email, "models": list(models), "cohort": _cohort(change.after or change.before)}


def _cohort(access: Access | None) -> str | None:
    return access.cohort if access else None


def _resources(found: Sequence[tuple[str, str]]) -> list[Mapping[str, str]]:
    return [{"type": kind, "name": name} for kind, name in found]
