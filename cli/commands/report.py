"""`rollout report`: the page written whole or not at all, or its figures printed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from cli.live.aws import clients
from cli.live.published import place_of, publish
from cli.live.report import read
from cli.live.stack import CommandError
from cli.stack_file.change import write
from cli.stack_file.files import config_of
from cli.stack_file.listing import stack_path
from cli.terminal.json_out import print_json
from rollout.report.figures import figures
from rollout.report.page import page
from rollout.report.words import attention, reconciled, standfirst, title

# CloudWatch keeps an hour's figures for 15 months (CloudWatch user guide, metrics retention).
DAYS_KEPT = 455


def run(stack: str, out: Path, since: str | None, as_json: bool, to: str | None = None) -> None:
    """Done even where a source could not be read: the page says so, and so does a line on standard error. `to`: a place
    in S3 that the page goes to as well."""
    now, place = datetime.now(UTC), place_of(to) if to else None
    facts = read(Path.cwd(), stack, now, first_day(since, now.date()))
    found = figures(facts)
    for source in found.sources:
        if source.problem:
            print(f"rollout: not read: {source.topic}: {source.problem}", file=sys.stderr)
    if as_json:
        told = {
            "title": title(found),
            "summary": standfirst(found),
            "reconciled": reconciled(found),
            "attention": [a.text for a in attention(found)],
        }
        print_json({**told, **plain(asdict(found))})
        return
    html = page(found)
    try:
        write(out, html)
    except OSError as error:
        raise CommandError(f"{out}: {error.strerror}") from None
    print(f"{title(found)}. {standfirst(found)}\n{reconciled(found)}\n{out}: {out.stat().st_size // 1000} kB")
    if place:
        publish(clients(config_of(stack_path(Path.cwd(), stack))), place, html)
        print(f"published: {place.address}")


def first_day(text: str | None, today: date) -> date | None:
    if text is None:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--since: no day such as 2026-09-07: {text}") from None
    if found >= today:
        raise CommandError(f"--since: {text} is not before today, {today}")
    if found < today - timedelta(days=DAYS_KEPT):
        raise CommandError(f"--since: {text} is over {DAYS_KEPT} days ago, and CloudWatch keeps no more")
    return found


def plain(value: Any) -> Any:
    """Days and levels as keys are text in JSON. Nobody is named: whose level it was is said as `one_person`."""
    if isinstance(value, Mapping):
        found = cast("Mapping[Any, Any]", value)
        whose = {"one_person": found["member"] is not None} if "member" in found else {}
        return whose | {str(key): plain(each) for key, each in found.items() if key != "member"}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in cast("list[Any]", value)]
    return value
