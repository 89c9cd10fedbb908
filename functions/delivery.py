"""The collector: once a day it reads from GitHub what was delivered in the weeks that are over, and says how it went.

One person's weeks at a time are read, and kept before the next person's. So a run that is stopped, by GitHub's limit,
by its own time or by dying, loses at most one person's, and the next one goes on there. A cohort's week is whole, and
said once, when all its people's are there.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, TypeVar

from functions import delivery_state
from functions.clients import client
from functions.github_reader import Paused, Reader, StrangerError, reading
from functions.log_lines import put_lines
from functions.settings import settings
from rollout.success import github_queries
from rollout.success.github_delivery import (
    Share,
    UnreadableError,
    bug,
    gaps,
    gauge_line,
    measured,
    merged,
    mondays,
    shares,
    spans,
    week,
    week_line,
)
from rollout.success.metrics import Week

SECRET_SECONDS = 300

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)
Left = Callable[[], float]
Node = TypeVar("Node")


@dataclass
class Run:
    """`weeks`: known by cohort. `strangers`: logins that GitHub does not know. `unreadable`: pull requests and issues
    that could not be read, and logins of which nothing could."""

    weeks: dict[str, list[Week]]
    new: dict[str, list[Week]] = field(default_factory=dict[str, list[Week]])
    strangers: set[str] = field(default_factory=set[str])
    failed: set[str] = field(default_factory=set[str])
    unreadable: int = 0
    requests: int = 0
    paused: str | None = None


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    """Says what it found also where it then fails. Raises what GitHub refuses, so that the alarm counts it."""
    now = datetime.now(UTC)
    cohorts: Mapping[str, Any] = settings()["cohorts"]
    run = Run(weeks={cohort: delivery_state.weeks(told["parameter"]) for cohort, told in cohorts.items()})
    try:
        asyncio.run(_collect(run, mondays(now), lambda: context.get_remaining_time_in_millis() / 1000))
    except Paused as reason:
        run.paused = str(reason)
        log.info("paused: %s", reason)
    finally:
        _say(run, now)
    return {
        "new_weeks": {cohort: [str(one.monday) for one in known] for cohort, known in run.new.items() if known},
        "paused": run.paused,
        "requests": run.requests,
    }


async def _collect(run: Run, wanted: Sequence[date], left: Left) -> None:
    """Newest weeks first, of all cohorts, before older ones."""
    missing = {cohort: gaps(known, wanted) for cohort, known in run.weeks.items()}
    if not any(missing.values()):
        return
    told = settings()
    async with reading(_token(int(time.time() / SECRET_SECONDS)), told["api_url"], left) as reader:
        try:
            for span in spans({monday for each in missing.values() for monday in each}):
                for cohort in sorted(missing):
                    own = [monday for monday in span if monday in missing[cohort]]
                    if own:
                        await _cohort(run, reader, cohort, own)
        finally:
            run.requests = reader.requests


async def _cohort(run: Run, reader: Reader, cohort: str, span: Sequence[date]) -> None:
    told = settings()
    logins: Sequence[str] = told["cohorts"][cohort]["logins"]
    found = delivery_state.shares(told["table"], [(login, monday) for login in logins for monday in span])
    for login in logins:
        open_weeks = [monday for monday in span if delivery_state.key(login, monday) not in found]
        if not open_weeks or login in run.strangers | run.failed:
            continue
        try:
            read = await _person(run, reader, login, open_weeks)
        except StrangerError:
            log.warning("no such login at GitHub: %s; give the member's own as `github`", login)
            run.strangers.add(login)
        except UnreadableError as error:
            log.warning("%s: %s", login, error)
            run.failed.add(login)
            run.unreadable += 1
        else:
            delivery_state.keep(told["table"], login, read)
            found |= {delivery_state.key(login, monday): share for monday, share in read.items()}
    _finish(run, cohort, span, logins, found)


def _finish(run: Run, cohort: str, span: Sequence[date], logins: Sequence[str], found: Mapping[str, Share]) -> None:
    """The weeks for which everybody whom GitHub knows is there. One who cannot be read holds them up, and the alarm
    says so. The line goes first: a run that dies in between says it twice, and none is never said."""
    known = [login for login in logins if login not in run.strangers]
    fresh: list[Week] = []
    for monday in span:
        there = [found[key] for login in known if (key := delivery_state.key(login, monday)) in found]
        if known and len(there) == len(known):
            fresh.append(week(monday, there))
    if fresh:
        _put(week_line(cohort, one) for one in fresh)
        run.new.setdefault(cohort, []).extend(fresh)
        run.weeks[cohort] += fresh
        delivery_state.keep_weeks(settings()["cohorts"][cohort]["parameter"], run.weeks[cohort])


async def _person(run: Run, reader: Reader, login: str, span: Sequence[date]) -> dict[date, Share]:
    told = settings()
    organization, labels = told["organization"], told["bug_labels"]
    prs = [
        one
        async for node in reader.search(
            github_queries.PULL_REQUESTS, search=github_queries.pull_requests(organization, login, span), login=login
        )
        if (one := _read(run, merged, node))
    ]
    bugs = [
        one
        async for node in reader.search(
            github_queries.BUGS,
            search=github_queries.bugs(organization, login, labels, span),
            login=login,
            since=f"{min(span)}T00:00:00Z",
        )
        if (one := _read(run, bug, node))
    ]
    everybody = {one.lower() for cohort in told["cohorts"].values() for one in cohort["logins"]}
    return shares(span, login, prs, bugs, everybody, told["repositories"])


def _read(run: Run, parse: Callable[[object], Node], node: object) -> Node | None:
    """None, counted and said, where it has another shape: one such must not stop all the others."""
    try:
        return parse(node)
    except UnreadableError as error:
        log.warning("left out: %s", error)
        run.unreadable += 1
        return None


def _say(run: Run, now: datetime) -> None:
    wanted = mondays(now)
    behind = max((len(gaps(known, wanted)) for known in run.weeks.values()), default=0)
    lines = [
        gauge_line(cohort, max(known, key=lambda one: one.monday), now) for cohort, known in run.weeks.items() if known
    ]
    summary = {
        "WeeksBehind": behind,
        "UnreadableAnswers": run.unreadable,
        "UnknownLogins": len(run.strangers),
        "GithubRequests": run.requests,
    }
    lines.append({**measured(summary, now), **({"paused": run.paused} if run.paused else {})})
    _put(lines)


def _put(lines: Iterable[Mapping[str, Any]]) -> None:
    told, now = settings(), datetime.now(UTC)
    put_lines(told["log_group"], told["log_stream"], [(now, json.dumps(line)) for line in lines])


@cache
def _token(_: int) -> str:
    return client("secretsmanager").get_secret_value(SecretId=settings()["secret"])["SecretString"]
