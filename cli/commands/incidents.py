"""`rollout incidents`: whether a stack file knows every cut that its stack has on record."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from cli.cutting.deny_first import iam_of
from cli.live import engine
from cli.live.asking import Unreachable, asked
from cli.live.emergency import Emergency, RoleState, emergencies
from cli.live.in_force import unknown_cuts
from cli.stack_file.files import rollout_of
from cli.stack_file.listing import stack_path
from cli.terminal.errors import CommandError
from cli.terminal.json_out import print_json
from rollout.incidents.cut_record import Record
from rollout.incidents.stale_file import stale
from rollout.model.rollout import Rollout


def run(stack: str, as_json: bool) -> int:
    """The exit code: 1 where the file forgot a cut on record, so that `ci/deploy` stops. What `rollout cut` put is
    listed and stops no update, since no update takes it away: the headline says whether the file knows it."""
    project = Path.cwd()
    path = stack_path(project, stack)
    rollout, record = rollout_of(path), engine.cut_record(project, stack)
    found, cuts = stale(record, rollout), asked("IAM", _cuts, path, {*rollout.cohorts, *record.cohorts})
    put = [] if isinstance(cuts, Unreachable) else cuts
    unknown = list(_unknown(rollout, record, put))
    if as_json:
        unreachable = {"unreachable": [asdict(cuts)]} if isinstance(cuts, Unreachable) else {}
        listed = [{**asdict(each), "in_file": each not in unknown} for each in put]
        print_json({"forgotten": [asdict(each) for each in found], "emergencies": listed, **unreachable})
    else:
        print(_headline(stack, len(found), len(unknown), is_whole=not isinstance(cuts, Unreachable)))
        for line in (*(each.line for each in found), *(_line(each, each not in unknown) for each in put)):
            print(line)
        if isinstance(cuts, Unreachable):
            print(f"not asked: what `rollout cut` has put; {cuts.line}", file=sys.stderr)
    return 1 if found else 0


def _headline(stack: str, forgotten: int, put: int, *, is_whole: bool) -> str:
    """Of cuts that the file does not know: how many on record, and how many by `rollout cut` alone."""
    found = [f"{forgotten} on record"] if forgotten else []
    found += [f"{put} that `rollout cut` put in IAM, which no update takes away"] if put else []
    if found:
        return f"cuts of stack {stack} that the file does not know: {' and '.join(found)}"
    known = f"the file knows every cut that stack {stack} has on record"
    return f"{known}, and all that `rollout cut` put" if is_whole else f"{known}; IAM did not answer"


def _cuts(path: Path, cohorts: Collection[str]) -> list[Emergency]:
    clients = iam_of(path)
    return [each for cohort in sorted(cohorts) for each in emergencies(clients, cohort)]


def _unknown(rollout: Rollout, record: Record, put: Sequence[Emergency]) -> Iterator[Emergency]:
    """Of whom the file has below `suspended`, or not at all, as `rollout status` judges it."""
    called = {
        "session_names": {email: record.names(email) for each in record.cohorts.values() for email in each.people}
    }
    for name in sorted({each.cohort for each in put}):
        state = RoleState(exists=True, emergencies=tuple(each for each in put if each.cohort == name))
        yield from unknown_cuts(rollout.cohorts.get(name), state, called)


def _line(found: Emergency, is_known: bool) -> str:
    who = found.subject or "everybody"
    file = "the file says so" if is_known else "the file does not say so"
    since = f" since {found.since:%Y-%m-%dT%H:%M:%SZ}" if found.since else ""
    what = f"everything is denied to {who} in IAM{since}, by the emergency Deny {found.policy}"
    return f"cohorts.{found.cohort}: {what}; {file}"


def require_known(record: Record | Unreachable, rollout: Rollout) -> str:
    """CommandError where an update from the file would give access back unasked. Where the stack does not tell: what to
    say of that, since it must keep nobody from a suspension."""
    if isinstance(record, Unreachable):
        return f"not asked: whether this file knows every incident; {record.line}"
    if found := stale(record, rollout):
        raise CommandError("\n".join(each.line for each in found))
    return ""
