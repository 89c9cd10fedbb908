"""`rollout incidents`: whether a stack file knows every cut that its stack has on record."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

from cli.cutting.deny_first import iam_of
from cli.live import engine
from cli.live.asking import Unreachable, asked
from cli.live.emergency import Emergency, emergencies
from cli.stack_file.files import rollout_of
from cli.stack_file.listing import stack_path
from cli.terminal.errors import CommandError
from cli.terminal.json_out import print_json
from rollout.incidents.cut_record import Record
from rollout.incidents.stale_file import stale
from rollout.model.rollout import Rollout


def run(stack: str, as_json: bool) -> int:
    """The exit code: 1 where the file forgot something. What `rollout cut` put is listed beside it: no update from any
    file takes it away."""
    project = Path.cwd()
    path = stack_path(project, stack)
    rollout = rollout_of(path)
    found, cuts = stale(engine.cut_record(project, stack), rollout), asked("IAM", _cuts, path, rollout)
    known = [] if isinstance(cuts, Unreachable) else cuts
    if as_json:
        unreachable = {"unreachable": [asdict(cuts)]} if isinstance(cuts, Unreachable) else {}
        cut = [asdict(each) for each in known]
        print_json({"forgotten": [asdict(each) for each in found], "emergencies": cut, **unreachable})
    else:
        print("\n".join(each.line for each in found) or f"the file knows every cut that stack {stack} has on record")
        for each in known:
            print(_line(each))
        if isinstance(cuts, Unreachable):
            print(f"not asked: what `rollout cut` has put; {cuts.line}", file=sys.stderr)
    return 1 if found else 0


def _cuts(path: Path, rollout: Rollout) -> list[Emergency]:
    clients = iam_of(path)
    return [each for cohort in sorted(rollout.cohorts) for each in emergencies(clients, cohort)]


def _line(found: Emergency) -> str:
    who = found.subject or "everybody"
    since = f" since {found.since:%Y-%m-%dT%H:%M:%SZ}" if found.since else ""
    return f"cohorts.{found.cohort}: everything is denied to {who} in IAM{since}, by the emergency Deny {found.policy}"


def require_known(record: Record | Unreachable, rollout: Rollout) -> str:
    """CommandError where an update from the file would give access back unasked. Where the stack does not tell: what to
    say of that, since it must keep nobody from a suspension."""
    if isinstance(record, Unreachable):
        return f"not asked: whether this file knows every incident; {record.line}"
    if found := stale(record, rollout):
        raise CommandError("\n".join(each.line for each in found))
    return ""
