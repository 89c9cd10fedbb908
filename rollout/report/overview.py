"""Every stack on one page: a row each, what they come to together, and the way to each one's own page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import jinja2
from markupsafe import Markup

from rollout.report import words
from rollout.report.figures import Figures
from rollout.report.page import FOLDER, stylesheet

COLUMNS = ("Stack", "People with access", "Active in 7 days", "Spent this month", "Budget", "Incidents open", "Look at")
UNKNOWN = "not known"


@dataclass(frozen=True, kw_only=True)
class One:
    """Of one stack: its figures, or why there are none. `page`: the name of its own file beside this one; none where
    nothing of it is deployed."""

    stack: str
    found: Figures | None = None
    why: str = ""
    page: str | None = None


@dataclass(frozen=True, kw_only=True)
class Totals:
    """`complete`: whether every stack told its spend; else the sums are the least that it was."""

    people: int
    usd: float
    budget: float
    complete: bool


def totals(every: Sequence[One]) -> Totals:
    """People who are in two stacks are counted twice: nobody is named here."""
    known = [one.found for one in every if one.found]
    spent = [found.spend for found in known if found.spend]
    return Totals(
        people=sum(found.with_access for found in known),
        usd=sum(spend.spent for spend in spent),
        budget=sum(spend.budget for spend in spent),
        complete=len(spent) == len(every) - sum(one.page is None and not one.why for one in every),
    )


def title(every: Sequence[One]) -> str:
    found = totals(every)
    least = "" if found.complete else "at least "
    people = words.count(found.people, "person", "people")
    return f"{people} in {words.count(len(every), 'stack')}, {least}{words.usd(found.usd)} this month"


def overview(every: Sequence[One], made_at: datetime) -> str:
    """Complete; everything that came from outside is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    style = stylesheet()
    names = sorted({one.found.organization for one in every if one.found})
    return environment.get_template("overview.html.j2").render(
        organization=", ".join(names) or "an unknown organization",
        title=title(every),
        made_at=words.moment(made_at),
        columns=COLUMNS,
        rows=[(one, _cells(one)) for one in every],
        style=Markup(style),  # noqa: S704  our own file
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def _cells(one: One) -> tuple[str, ...]:
    found = one.found
    if found is None:
        return (*["-"] * (len(COLUMNS) - 2), one.why or "nothing is deployed")
    spend, attention = found.spend, list(words.attention(found))
    return (
        f"{found.with_access:,}",
        f"{found.adoption.week_people:,}" if found.adoption else UNKNOWN,
        words.usd(spend.spent) if spend else UNKNOWN,
        words.usd(spend.budget) if spend else UNKNOWN,
        UNKNOWN if found.steps is None else str(len(found.open_steps)),
        "; ".join(each.text for each in attention) or "nothing",
    )
