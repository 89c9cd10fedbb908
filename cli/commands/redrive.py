"""`rollout redrive`: what the meter put aside, handed in to it again once the cause is mended."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from cli.live import dead_records
from cli.live.asking import Unreachable, asked
from cli.live.own_account import clients_of
from cli.stack_file.files import with_config
from cli.stack_file.listing import stack_path
from cli.terminal.ask import confirmed
from cli.terminal.errors import CommandError
from cli.terminal.json_out import print_json

ALL_COUNTED, STILL_PUT_ASIDE = 0, 1


def run(stack: str, limit: int, yes: bool, as_json: bool) -> int:
    """The exit code. CommandError where the stack has no meter of its own, or AWS does not answer."""
    project, now = Path.cwd(), datetime.now(UTC)
    rollout, config = with_config(stack_path(project, stack))
    if rollout.adopt.meter:
        raise CommandError("the meter is another stack's (`adopt.meter`); redrive there")
    clients = clients_of(project, stack, config)
    waits = asked("AWS", dead_records.waiting, clients)
    if isinstance(waits, Unreachable):
        raise CommandError(waits.line)
    if waits:
        confirmed(f"hand about {waits} records in to the meter again?", yes)
    done = asked("AWS", dead_records.redrive, clients, now, limit) if waits else dead_records.Redriven()
    if isinstance(done, Unreachable):
        raise CommandError(f"{done.line}; what was handed in until then is counted, and the rest is still in the queue")
    if as_json:
        print_json(asdict(done))
    else:
        for reason, count in done.reasons.most_common():
            print(f"  {count} put aside for: {reason}")
        print(
            f"{done.counted} counted now, {done.repeated} counted before, {done.unknown} put aside again, "
            f"{done.failed} not taken"
        )
    return STILL_PUT_ASIDE if done.unknown or done.failed else ALL_COUNTED
