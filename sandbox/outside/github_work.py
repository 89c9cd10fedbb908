"""What the organization's people merged and mended, invented: the same each time, for any week anybody asks for.

Around the plan's baselines (8 pull requests a week, 3 days, 6 hours, 12 %); from `better_from` on better by a share.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from random import Random
from typing import Any

from sandbox.okta.directory import people

WEEK = timedelta(days=7)
REPOSITORIES = ("app", "api", "infrastructure")
BOT = "dependabot[bot]"
PRS, CYCLE_DAYS, WAIT_HOURS, REOPENED = (5, 11), 3.0, 6.0, 0.12

GOLDEN = (math.sqrt(5) - 1) / 2

Json = dict[str, Any]


@dataclass(frozen=True)
class Pace:
    """`better_by`: a share. By this much a cohort of 25 meets the pilot's targets in any four weeks."""

    better_from: date = date(2026, 9, 7)
    better_by: float = 0.35

    def at(self, monday: date) -> float:
        return self.better_by if monday >= self.better_from else 0.0


@lru_cache
def logins() -> tuple[str, ...]:
    """As GitHub would make them of the addresses."""
    return tuple(person["email"].partition("@")[0].replace(".", "-") for person in people())


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


@lru_cache(maxsize=20_000)
def pull_requests(login: str, monday: date, better: float) -> tuple[Json, ...]:
    """Those a person merged in one week."""
    random = Random(f"{login} {monday} pull requests")  # noqa: S311
    others = [other for other in logins() if other != login]
    made = []
    for _ in range(round(random.randint(*PRS) * (1 + better))):
        merged = datetime.combine(monday, time(), UTC) + timedelta(days=random.uniform(0, 5))
        cycle = timedelta(days=CYCLE_DAYS * (1 - better) * math.exp(random.gauss(0, 0.5)))
        wait = min(timedelta(hours=WAIT_HOURS * (1 - better) * math.exp(random.gauss(0, 0.6))), cycle / 2)
        created = merged - cycle
        items: list[Json] = [{"__typename": "ReviewRequestedEvent", "createdAt": _text(created)}]
        if random.random() < 0.3:
            items.append(_review(created + wait / 10, {"__typename": "Bot", "login": BOT}))
        if random.random() < 0.95:
            items.append(_review(created + wait, {"__typename": "User", "login": random.choice(others)}))
        made.append(
            {
                "__typename": "PullRequest",
                "createdAt": _text(created),
                "mergedAt": _text(merged),
                "author": {"__typename": "User", "login": login},
                "repository": {"name": random.choice(REPOSITORIES)},
                "items": items,
            }
        )
    return tuple(sorted(made, key=lambda one: one["createdAt"]))


def bugs(login: str, first: date, last: date, pace: Pace) -> list[Json]:
    """Those assigned to a person on which something happened in these weeks; some are a neighbour's as well."""
    known = logins()
    before = known[known.index(login) - 1]
    weeks = [first + WEEK * n for n in range((last - first).days // 7 + 1)]
    each = [one for monday in weeks for owner in (login, before) for one in _bugs(owner, monday, pace.at(monday))]
    return [one for one in each if login in one["assignees"]]


@lru_cache(maxsize=20_000)
def _bugs(owner: str, monday: date, better: float) -> tuple[Json, ...]:
    random = Random(f"{owner} {monday} bugs")  # noqa: S311
    known = logins()
    made = []
    place = known.index(owner)
    before, closed_now = _closed(place, monday)
    for number in range(closed_now):
        closed = datetime.combine(monday, time(), UTC) + timedelta(days=random.uniform(0, 4))
        items: list[Json] = [{"__typename": "ClosedEvent", "createdAt": _text(closed)}]
        if _is_reopened(place, before + number, REOPENED * (1 - better)):
            items.append({"__typename": "ReopenedEvent", "createdAt": _text(closed + timedelta(hours=12))})
        shared = [known[(place + 1) % len(known)]] if random.random() < 0.2 else []
        made.append(
            {
                "__typename": "Issue",
                "assignees": (owner, *shared),
                "repository": {"name": random.choice(REPOSITORIES)},
                "items": items,
            }
        )
    return tuple(made)


def _closed(owner: int, monday: date) -> tuple[int, int]:
    """How many bugs somebody closed before this week, and in it: none, one, two, three, and again."""
    cycles, this = divmod(monday.toordinal() // 7 + 7 * owner, 4)
    return 6 * cycles + this * (this - 1) // 2, this


def _is_reopened(owner: int, count: int, share: float) -> bool:
    """Evenly over people and weeks: of a share this small, chance would be most of what is seen."""
    return (count * share + owner * GOLDEN) % 1 < share


def _review(at: datetime, by: Json) -> Json:
    return {"__typename": "PullRequestReview", "submittedAt": _text(at), "author": by}


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
