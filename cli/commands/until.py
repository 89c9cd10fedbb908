"""`rollout set-until`: when somebody's access ends, written into the stack file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from cli.cutting.whereabouts import home_of, require_cohort
from cli.stack_file import edits
from cli.stack_file.change import changed, judged
from cli.stack_file.file_lock import locked
from cli.stack_file.listing import stack_path
from cli.stack_file.together import write_all
from cli.terminal.errors import CommandError
from cli.terminal.text import text_of
from rollout.model.cohort import Cohort
from rollout.model.time_fields import End
from rollout.model.times import moment
from rollout.names import MACHINE

NEVER = "never"
_END: TypeAdapter[datetime] = TypeAdapter(End)


def run(stack: str, whom: str, when: str, yes: bool, as_json: bool = False) -> None:
    """`whom`: a person or a cohort. `when`: as the stack file takes it, or `never`."""
    until = _time(when)
    path = stack_path(Path.cwd(), stack)
    with locked(path.parent):
        member = whom if "@" in whom or MACHINE.fullmatch(whom) else None
        if member:
            cohort = home_of(path, member)
        else:
            require_cohort(path, cohort := whom)
        text = text_of(path)
        found = judged(text, path.parent, path.name).cohorts[cohort]
        was = found.holders[member].until if member else found.until
        if was == until:
            raise CommandError(f"{whom}: access ends {_said(until)} already; nothing was changed")
        in_force = found.end_of(member) if member else was
        longer = was is not None and (until is None or until > was)

        def change(document: Any) -> None:
            edits.set_until(document, cohort, member, until, longer=longer)

        after = changed(path, text, change)
        if member and until is None and judged(after, path.parent, path.name).cohorts[cohort].holders[member].until:
            after = changed(path, after, lambda document: edits.say_never(document, cohort, member))
        said = [
            f"{whom}: access ends {_said(until)}; by the file as it was: {_said(in_force)}",
            *_besides(found, member, until, datetime.now(UTC)),
        ]
        write_all(path, {path: after}, yes, as_json, shared=False, said=said)


def _time(when: str) -> datetime | None:
    if when.lower() == NEVER:
        return None
    try:
        return _END.validate_python(when)
    except ValidationError as error:
        reason = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise CommandError(f"{reason}, or never") from None


def _besides(cohort: Cohort, member: str | None, until: datetime | None, now: datetime) -> Iterator[str]:
    if member and cohort.until and (until is None or until > cohort.until):
        yield f"access of their whole cohort ends {_said(cohort.until)}: the earlier of the two is in force"
    if until and until <= now:
        yield "that has passed: it is in force with the next `rollout up`; `rollout cut` takes access away now"
    else:
        yield "it is in force with the next `rollout up`, and then nothing has to run when it comes"


def _said(until: datetime | None) -> str:
    return moment(until) if until else NEVER
