"""Cohorts from top to bottom, time from left to right, coloured by level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time

from markupsafe import Markup

from rollout.levels import Level
from rollout.report.figures import Standing
from rollout.report.svg import Scale, box, day_ticks, drawing, path, rule, shortened, wide, words
from rollout.report.timeline import Span
from rollout.report.words import count, day, level_word

ROW, BAR, TOP, AXIS, EDGE = 66, 18, 4, 26, 1
LEAST_PX = 4  # what lasted minutes is seen all the same
TICKS_EVERY_PX = 90


def draw(cohorts: Sequence[Standing], since: date, now: datetime, width: int, ident: str) -> Markup:
    first = datetime.combine(since, time(), UTC)
    scale = Scale(low=first.timestamp(), high=now.timestamp(), start=EDGE, end=width - EDGE)
    bottom = TOP + ROW * len(cohorts)
    parts = [*_axis(scale, since, now.date(), bottom)]
    for number, cohort in enumerate(cohorts):
        parts += _row(cohort, TOP + ROW * number, scale, first, now, width)
    told = "; ".join(f"{each.name} is {level_word(each.level)}" for each in cohorts)
    return drawing(width, bottom + AXIS, ident, f"Levels of each cohort since {day(since)}", f"{told}.", parts)


def _axis(scale: Scale, since: date, today: date, bottom: float) -> Iterator[Markup]:
    ticks = day_ticks(since, today, max(2, int((scale.end - scale.start) / TICKS_EVERY_PX)))
    for tick in ticks:
        x = scale(datetime.combine(tick, time(), UTC).timestamp())
        yield rule(x, TOP, x, bottom)
        label = f"{tick.day} {tick:%b}"
        yield words(
            min(max(x, scale.start + wide(label) / 2), scale.end - wide(label) / 2), bottom + 18, label, "t-m", "middle"
        )


def _row(cohort: Standing, top: float, scale: Scale, first: datetime, now: datetime, width: int) -> Iterator[Markup]:
    state = f"{level_word(cohort.level)}, {count(cohort.members, 'person', 'people')}"
    yield words(EDGE, top + 15, shortened(cohort.name, width - wide(state) - 16, 14), "t-s")
    yield words(scale.end, top + 15, state, "t-m", "end")
    y = top + 23
    for span in cohort.spans:
        start = max(span.start or first, first)
        end = min(span.end or now, now)
        if end < first or start > now:
            continue
        x = scale(start.timestamp())
        if span.level is Level.PLANNED:
            yield rule(x, y + BAR / 2, scale(end.timestamp()), y + BAR / 2, "planned")
        else:
            yield box(x, y, max(scale(end.timestamp()) - x, LEAST_PX), BAR, f"l-{span.level.value}")
    yield from _incidents(cohort.spans, y + BAR, scale, first)


def _incidents(spans: Sequence[Span], y: float, scale: Scale, first: datetime) -> Iterator[Markup]:
    """Each incident by its id beneath its begin, as long as there is room; the table has them all."""
    taken, told = scale.start, set[str]()
    for span in spans:
        if not (span.incident and span.level.needs_incident and span.start) or span.incident in told:
            continue
        if (span.end or first) < first:
            continue
        x = max(scale(span.start.timestamp()), scale.start)
        label = f"{span.incident}, {level_word(span.level)}"
        left = x + 8 if x + 8 + wide(label) <= scale.end else x - 6 - wide(label, 12)
        if left < taken:
            continue
        told.add(span.incident)
        taken = left + wide(label) + 12
        yield path([(x + 2, y + 3), (x - 2, y + 10), (x + 6, y + 10)], "mark", closed=True)
        yield words(left, y + 13, label, "t-m")
