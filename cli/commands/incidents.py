"""`rollout incidents`: whether a stack file knows every cut that its stack has on record."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from cli.errors import CommandError
from cli.files import rollout_of
from cli.live import engine
from cli.live.asking import Unreachable, asked
from cli.out import print_json
from cli.stack_files import stack_path
from rollout.config import Rollout
from rollout.stale_file import Stale, stale


def run(stack: str, as_json: bool) -> int:
    """The exit code: 1 where the file forgot something."""
    project = Path.cwd()
    found = unknown_to(project, stack, rollout_of(stack_path(project, stack)))
    if as_json:
        print_json({"forgotten": [asdict(each) for each in found]})
    else:
        print("\n".join(each.line for each in found) or f"the file knows every cut that stack {stack} has on record")
    return 1 if found else 0


def require_known(project: Path, stack: str, rollout: Rollout) -> str:
    """CommandError where an update from the file would give access back unasked. Where the stack does not tell: what to
    say of that, since it must keep nobody from a suspension."""
    found = asked("stack outputs", unknown_to, project, stack, rollout)
    if isinstance(found, Unreachable):
        return f"not asked: whether this file knows every incident; {found.line}"
    if found:
        raise CommandError("\n".join(each.line for each in found))
    return ""


def unknown_to(project: Path, stack: str, rollout: Rollout) -> list[Stale]:
    """CommandError where the engine does not tell the stack's state."""
    return stale(engine.cut_record(project, stack), rollout)
