"""The page: one file of HTML that asks the network for nothing and runs no script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2
from markupsafe import Markup

from rollout.report import tables, words
from rollout.report.charts import days, month, response, seniority, success, teams, timeline
from rollout.report.facts import Topic
from rollout.report.figures import Figures, Standing
from rollout.report.palette import variables
from rollout.report.svg import Drawing
from rollout.report.tables import Table
from rollout.success.metrics import State

FOLDER = Path(__file__).parent
# Of the page's inner width at 1280 px and more, and at 390 px.
WIDE, HALF, NARROW = 936, 444, 318
# Of more cohorts the composition is told by a table alone.
DRAWN_AT_MOST = 6
# The rest is a click away, so that the first screen stays one.
FIRST_OF_ATTENTION = 8


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A drawing twice, since one that is shrunk cannot be read, and its table."""

    title: str
    note: str
    wide: Markup
    narrow: Markup
    table: Table


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One number. `share`: of the whole, where it is one; more than 1 is drawn as 1. `tone`: good, warn or none."""

    label: str
    value: str
    note: str
    share: float | None = None
    tone: str = ""

    @property
    def bar(self) -> Markup:
        width = 100 * min(self.share or 0.0, 1.0)
        return Markup(
            '<svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">'
            '<rect width="100" height="4" class="empty"/><rect width="{:.1f}" height="4" class="bar"/></svg>'
        ).format(width)


def page(found: Figures) -> str:
    """Complete; everything that came from outside is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    style = stylesheet()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment.get_template(
        "page.html.j2"
    ).render(
        found=found,
        words=words,
        style=Markup(style),  # noqa: S704  our own file
        style_hash=digest,
        attention=list(words.attention(found)),
        first=FIRST_OF_ATTENTION,
        tiles=list(_tiles(found)),
        levels=_levels(found),
        cohorts=[(cohort, list(_composition(number, cohort))) for number, cohort in enumerate(_drawn(found))],
        others=list(found.cohorts)[DRAWN_AT_MOST:],
        people=_people(found),
        spend=list(_spend(found)),
        success=list(_success(found)),
        steps=_steps(found),
        promises=tables.promises(found),
        by_cohort=tables.adoption(found),
        bill=tables.bill(found),
        sources=tables.sources(found),
        unread={topic.name.lower(): words.unread(found, topic) for topic in Topic},
    )


def stylesheet() -> str:
    """Colours first, so that all else may name them."""
    css = (FOLDER / "page.css").read_text(encoding="utf-8")
    dark = f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {variables(True)} color-scheme: dark; }} }}"
    return f"\n:root {{ {variables(False)} color-scheme: light; }}\n{dark}\n{css}"


def _tiles(found: Figures) -> Iterator[Tile]:
    share = found.with_access / found.headcount if found.headcount else None
    note = f"of {found.headcount:,}" + (f", {words.percent(share)}" if share is not None else "")
    yield Tile(label="People with access", value=f"{found.with_access:,}", note=note, share=share)
    if adoption := found.adoption:
        note = (
            f"of {adoption.members:,}, {words.percent(adoption.share)}; {adoption.earlier_people:,} in the week before"
        )
        yield Tile(label="Active in 7 days", value=f"{adoption.week_people:,}", note=note, share=adoption.share)
    if spend := found.spend:
        share = spend.share(spend.spent)
        note = f"of {words.usd(spend.budget)}" + (f", {words.percent(share)}" if share is not None else "")
        tone = "warn" if spend.expects_more_than_budget else ""
        label = f"Spent in {spend.month:%B}"
        yield Tile(label=label, value=words.usd(spend.spent), note=note, share=share, tone=tone)
    if found.success:
        met = sum(each.state is State.MET for each in found.success)
        judged = sum(each.state is not State.NOT_ENOUGH_DATA for each in found.success)
        note = f"of {len(found.success)} targets" + (
            "" if judged == len(found.success) else f", {judged} judged so far"
        )
        yield Tile(label="Targets met", value=str(met), note=note, share=met / len(found.success))
    if found.steps is not None:
        open_ = len(found.open_steps)
        incidents = len({step.incident for step in found.steps if step.incident})
        note = f"{words.count(incidents, 'incident')} since {words.day(found.since)}"
        yield Tile(label="Incidents open", value=str(open_), note=note, tone="warn" if open_ else "")


def _figure(ident: str, title: str, note: str, draw: Drawing, table: Table, wide: int = WIDE) -> Figure:
    return Figure(
        title=title, note=note, wide=draw(wide, f"{ident}-wide"), narrow=draw(NARROW, f"{ident}-narrow"), table=table
    )


def _levels(found: Figures) -> Figure | None:
    if not found.cohorts:
        return None
    return _figure(
        "levels",
        f"Levels since {words.day(found.since)}",
        "",
        lambda width, ident: timeline.draw(found.cohorts, found.since, found.made_at, width, ident),
        tables.levels(found),
    )


def _drawn(found: Figures) -> Sequence[Standing]:
    return [cohort for cohort in found.cohorts if cohort.members][:DRAWN_AT_MOST]


def _composition(number: int, cohort: Standing) -> Iterator[Figure]:
    """Ids are numbers: a cohort's name is no part of them."""
    yield _figure(
        f"teams{number}",
        "Share of each team",
        "A dot is a champion.",
        lambda width, ident: teams.draw(cohort, width, ident),
        tables.teams(cohort),
        HALF,
    )
    yield _figure(
        f"seniority{number}",
        "Seniority",
        "",
        lambda width, ident: seniority.draw(cohort, width, ident),
        tables.seniority(cohort),
        HALF,
    )


def _people(found: Figures) -> Figure | None:
    if not (adoption := found.adoption):
        return None
    told = f"{adoption.week_people} of {adoption.members} in the last seven days; most on one day: "
    told += f"{max(adoption.daily.values())}."
    line = (float(adoption.members), f"{adoption.members} have access today") if adoption.members else None
    return _figure(
        "people",
        "Active people a day",
        "With at least one request that day, UTC; weekends are paler.",
        lambda width, ident: days.draw(
            adoption.daily, "Active people a day", told, lambda value: f"{value:g}", width, ident, line
        ),
        tables.people(found),
    )


def _spend(found: Figures) -> Iterator[Figure]:
    if not (spend := found.spend):
        return
    yield _figure(
        "month",
        f"{spend.month:%B} as it adds up",
        "",
        lambda width, ident: month.draw(spend, width, ident),
        tables.month(found),
    )
    most = max(spend.all_daily.values())
    yield _figure(
        "costs",
        "Spend a day",
        "",
        lambda width, ident: days.draw(
            spend.all_daily,
            "Spend a day",
            f"The most on one day was {words.usd(most)}.",
            lambda value: f"${value:,.4g}" if most < 10 else f"${value:,.0f}",
            width,
            ident,
        ),
        tables.costs(found),
    )


def _success(found: Figures) -> Iterator[tuple[str, Figure]]:
    for number, cohort in enumerate(dict.fromkeys(each.cohort for each in found.success)):
        own = [each for each in found.success if each.cohort == cohort]
        figure = _figure(
            f"success{number}",
            f"{cohort}: from the baseline towards the target",
            "To the right is better. The open circle is the baseline, the bar the target.",
            lambda width, ident, own=own: success.draw(own, width, ident),
            tables.success(own),
        )
        yield cohort, figure


def _steps(found: Figures) -> Figure | None:
    known = found.steps or []
    if not known:
        return None
    return _figure(
        "response",
        "Minutes until each level was in force",
        "",
        lambda width, ident: response.draw(known, width, ident),
        tables.steps(known),
    )
