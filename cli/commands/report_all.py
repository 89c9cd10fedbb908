"""`rollout report --all`: a page of every stack, and each one's own beside it."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path

from cli.commands.report import first_day, plain
from cli.live.asking import Unreachable, asking
from cli.live.engine import NO_STACK
from cli.live.report import read
from cli.stack_file.change import write
from cli.stack_file.neighbours import with_config_in
from cli.terminal.errors import CommandError
from cli.terminal.json_out import print_json
from rollout.report.facts import Facts, Topic
from rollout.report.figures import figures
from rollout.report.overview import One, overview, title, totals
from rollout.report.page import page


def run(out: Path, since: str | None, as_json: bool) -> int:
    """0 where every stack told what it spent; 3 where one did not, or was not read at all: its row says so."""
    now = datetime.now(UTC)
    every = read_all(Path.cwd(), now, first_day(since, now.date()), out)
    for one in every:
        for source in one.found.sources if one.found else ():
            if source.problem:
                print(f"rollout: not read: {one.stack}: {source.topic}: {source.problem}", file=sys.stderr)
        if one.why:
            print(f"rollout: not read: {one.stack}: {one.why}", file=sys.stderr)
    if as_json:
        print_json(
            {
                "title": title(every),
                **asdict(totals(every)),
                "stacks": {
                    one.stack: plain(asdict(one.found)) if one.found else {"error": one.why or None} for one in every
                },
            }
        )
    else:
        _write(every, out, now)
    return 0 if totals(every).complete else 3


def read_all(project: Path, now: datetime, since: date | None, out: Path) -> list[One]:
    """Side by side: one that does not answer holds up no other."""
    with asking() as ask:
        answers = {stack: ask.of(stack, read, project, stack, now, since) for stack in with_config_in(project)}
        return [_one(stack, answer.get(), out) for stack, answer in answers.items()]


def _one(stack: str, answer: Facts | Unreachable, out: Path) -> One:
    if isinstance(answer, Unreachable):
        return One(stack=stack, why=answer.why)
    found = figures(answer)
    never = NO_STACK in (found.problem(Topic.STANDING) or "")
    if never or (answer.deployed == {} and answer.updates == []):
        return One(stack=stack)
    return One(stack=stack, found=found, page=f"{out.stem}-{stack}{out.suffix}")


def _write(every: list[One], out: Path, now: datetime) -> None:
    pages = {out.with_name(one.page): page(one.found) for one in every if one.page and one.found}
    try:
        for path, text in {**pages, out: overview(every, now)}.items():
            write(path, text)
    except OSError as error:
        raise CommandError(f"{error.filename or out}: {error.strerror}") from None
    print(f"{title(every)}\n{out}, and {', '.join(path.name for path in pages) or 'no other'}")
