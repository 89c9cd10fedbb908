"""How software was delivered, from what GitHub says: one person's week, and a cohort's.

This runs in AWS Lambda too: standard library only. What each figure is, in words, is in `docs/success.md`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any, cast

from rollout.success.metrics import METRICS, PERCENT, WEEK, WEEKS_KEPT, Observed, Week
from rollout.usage.records import NAMESPACE

SECONDS_PER_HOUR, SECONDS_PER_DAY = 3600, 86_400
# Of one search: it never gives more results than 1,000, and nobody merges as many in a month.
WEEKS_AT_ONCE = 4
# Reviews and merges are seen by a search a little after they happened.
SETTLED = timedelta(hours=1)
BOT_SUFFIX = "[bot]"


class UnreadableError(ValueError):
    """GitHub's answer has not the shape that it documents."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """What one person did in one week. Seconds from a pull request's opening to its merge, of each that was merged in
    it; seconds it waited for a review, of each that had one; bugs of theirs closed and reopened."""

    cycles: tuple[int, ...] = ()
    waits: tuple[int, ...] = ()
    closed: int = 0
    reopened: int = 0

    def text(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def read(text: str) -> Share:
        plain = json.loads(text)
        return Share(
            cycles=tuple(plain["cycles"]),
            waits=tuple(plain["waits"]),
            closed=plain["closed"],
            reopened=plain["reopened"],
        )


@dataclass(frozen=True, kw_only=True)
class Merged:
    """One pull request. `wait`: none where nobody else, and no person, reviewed it."""

    monday: date
    repository: str
    cycle: int
    wait: int | None


@dataclass(frozen=True, kw_only=True)
class Bug:
    """One issue: the weeks in which it was closed and reopened, each as often as it was."""

    repository: str
    assignees: tuple[str, ...]
    closed: tuple[date, ...]
    reopened: tuple[date, ...]


def mondays(now: datetime) -> list[date]:
    """Of the weeks that are over and may be read, newest first."""
    today = (now.astimezone(UTC) - SETTLED).date()
    this = today - timedelta(days=today.weekday())
    return [this - WEEK * back for back in range(1, WEEKS_KEPT + 1)]


def spans(wanted: Collection[date]) -> Iterator[list[date]]:
    """Weeks that follow each other, to be searched at once; newest first."""
    span: list[date] = []
    for monday in sorted(wanted, reverse=True):
        if span and (span[-1] - monday != WEEK or len(span) == WEEKS_AT_ONCE):
            yield span
            span = []
        span.append(monday)
    if span:
        yield span


def merged(value: object) -> Merged:
    """A pull request as the query has it. UnreadableError where it is none."""
    node = _part(value)
    created, done = _instant(node.get("createdAt")), _instant(node.get("mergedAt"))
    author = _login(node.get("author"))
    events = [_part(event) for event in _nodes(node.get("timelineItems"))]
    reviewed = min(
        (
            _instant(event.get("submittedAt"))
            for event in events
            if event.get("__typename") == "PullRequestReview"
            and event.get("submittedAt") is not None  # one that is not sent yet
            and _is_somebody_else(event.get("author"), author)
        ),
        default=None,
    )
    asked = [
        _instant(event.get("createdAt"))
        for event in events
        if event.get("__typename") in {"ReviewRequestedEvent", "ReadyForReviewEvent"}
    ]
    wait = None
    if reviewed is not None:
        since = min((at for at in asked if at <= reviewed), default=created)
        wait = max(0, int((reviewed - since).total_seconds()))
    return Merged(
        monday=_monday(done), repository=_name(node), cycle=max(0, int((done - created).total_seconds())), wait=wait
    )


def bug(value: object) -> Bug:
    """An issue as the query has it. UnreadableError where it is none."""
    node = _part(value)
    events = [_part(event) for event in _nodes(node.get("timelineItems"))]
    times = [(event.get("__typename"), _monday(_instant(event.get("createdAt")))) for event in events]
    return Bug(
        repository=_name(node),
        assignees=tuple(_login(one) for one in _nodes(node.get("assignees"))),
        closed=tuple(monday for kind, monday in times if kind == "ClosedEvent"),
        reopened=tuple(monday for kind, monday in times if kind == "ReopenedEvent"),
    )


def shares(
    span: Sequence[date],
    login: str,
    prs: Sequence[Merged],
    bugs: Sequence[Bug],
    logins: Collection[str],
    repositories: Collection[str],
) -> dict[date, Share]:
    """One person's part in each week. `logins`: of all members, in lower case: a bug with several of them counts once,
    for the first by name. `repositories`: none for all."""
    known = {name.lower() for name in repositories}
    prs = [one for one in prs if not known or one.repository in known]
    bugs = [
        one
        for one in bugs
        if (not known or one.repository in known)
        and min((a for a in one.assignees if a in logins), default="") == login.lower()
    ]
    return {
        monday: Share(
            cycles=tuple(one.cycle for one in prs if one.monday == monday),
            waits=tuple(one.wait for one in prs if one.monday == monday and one.wait is not None),
            closed=sum(one.closed.count(monday) for one in bugs),
            reopened=sum(one.reopened.count(monday) for one in bugs),
        )
        for monday in span
    }


def week(monday: date, found: Sequence[Share]) -> Week:
    """A cohort's, out of one share for each of its people that GitHub knows."""
    cycles = [second for share in found for second in share.cycles]
    waits = [second for share in found for second in share.waits]
    closed = sum(share.closed for share in found)
    reopened = sum(share.reopened for share in found)
    values = {
        "pr_cycle_days": (median(cycles) / SECONDS_PER_DAY if cycles else 0, len(cycles)),
        "prs_per_developer_week": (len(cycles) / len(found) if found else 0, len(found)),
        "bug_reopen_percent": (PERCENT * reopened / closed if closed else 0, closed),
        "review_turnaround_hours": (median(waits) / SECONDS_PER_HOUR if waits else 0, len(waits)),
    }
    return Week(monday=monday, observed={name: Observed(*value) for name, value in values.items() if value[1]})


def metric_name(metric: str) -> str:
    """In CloudWatch: `PrCycleDays`."""
    return "".join(word.capitalize() for word in metric.split("_"))


def week_line(cohort: str, known: Week) -> dict[str, Any]:
    """One line per cohort and week, to be queried by."""
    figures = {name: round(one.value, 3) for name, one in known.observed.items()}
    samples = {f"{name}_samples": one.samples for name, one in known.observed.items()}
    return {"cohort": cohort, "week": known.monday.isoformat(), **figures, **samples}


def gauge_line(cohort: str, known: Week, now: datetime) -> dict[str, Any]:
    """The newest week as metrics, at each run: a level that stays until the next week is known."""
    values = {metric_name(name): round(known.observed[name].value, 3) for name in METRICS if name in known.observed}
    return {**measured(values, now, ["cohort"]), "cohort": cohort, "of_week": known.monday.isoformat()}


def measured(values: Mapping[str, float], now: datetime, dimensions: Sequence[str] = ()) -> dict[str, Any]:
    """CloudWatch's embedded metric format. Never by user."""
    metrics = [{"Name": name, "Unit": "None"} for name in values]
    directive = {"Namespace": NAMESPACE, "Dimensions": [list(dimensions)], "Metrics": metrics}
    return {"_aws": {"Timestamp": int(now.timestamp() * 1000), "CloudWatchMetrics": [directive]}, **values}


def gaps(known: Sequence[Week], wanted: Sequence[date]) -> list[date]:
    """The weeks that are wanted and not known."""
    have = {one.monday for one in known}
    return [monday for monday in wanted if monday not in have]


def _monday(at: datetime) -> date:
    day = at.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def _instant(value: object) -> datetime:
    try:
        at = datetime.fromisoformat(str(value))
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise UnreadableError(f"not a time: {str(value)[:40]}") from None


def _part(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise UnreadableError(f"not an object: {str(value)[:40]}")
    return cast("Mapping[str, Any]", value)


def _nodes(value: object) -> list[Any]:
    nodes: object = _part(value).get("nodes")
    if not isinstance(nodes, list):
        raise UnreadableError(f"not a list of nodes: {str(nodes)[:40]}")
    return cast("list[Any]", nodes)


def _login(value: object) -> str:
    """In lower case; empty where the account is gone."""
    return str(_part(value).get("login", "")).lower() if value is not None else ""


def _name(node: Mapping[str, Any]) -> str:
    return str(_part(node.get("repository")).get("name", "")).lower()


def _is_somebody_else(reviewer: object, author: str) -> bool:
    """A person, and not whose pull request it is; whoever is gone was one."""
    login = _login(reviewer)
    is_bot = login.endswith(BOT_SUFFIX) or (reviewer is not None and _part(reviewer).get("__typename") == "Bot")
    return not is_bot and login != author
