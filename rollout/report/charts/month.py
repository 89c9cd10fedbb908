"""A month's spend as it adds up, where it is going, and the budget."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from markupsafe import Markup

from rollout.report.spend import Spend
from rollout.report.svg import Scale, dot, drawing, path, round_ticks, rule, wide, words
from rollout.report.words import usd

TOP, BOTTOM, LEFT = 26, 28, 52
WIDE_FROM = 600


def draw(spend: Spend, width: int, ident: str) -> Markup:
    is_wide = width >= WIDE_FROM
    height, right = (300, 150) if is_wide else (240, 10)
    ahead = spend.projection
    ticks = round_ticks(max(spend.budget, spend.spent, ahead.high if ahead else 0.0))
    x = Scale(low=0, high=spend.month_end.day, start=LEFT, end=width - right)
    y = Scale(low=0, high=ticks[-1], start=height - BOTTOM, end=TOP)
    parts = [*_ground(spend, ticks, x, y, height)]
    totals = [0.0, *accumulate(spend.daily)]
    line = [(x(day), y(total)) for day, total in enumerate(totals)]
    now = line[-1]
    label = f"{usd(spend.spent)} so far"
    if ahead:
        end = x(spend.month_end.day)
        parts.append(path([now, (end, y(ahead.high)), (end, y(ahead.low))], "band", closed=True))
        parts.append(path([now, (end, y(ahead.expected))], "ahead"))
        parts.append(dot(end, y(ahead.expected), 4, "dot-o"))
        if is_wide:
            parts.append(words(end + 12, y(ahead.expected) - 3, f"{usd(ahead.expected)} expected", "t-n"))
            parts.append(words(end + 12, y(ahead.expected) + 14, f"{usd(ahead.low)} to {usd(ahead.high)}", "t-m"))
        else:
            label = f"{label}, {usd(ahead.expected)} expected"
    parts += [path(line, "line"), dot(*now, 4, "dot")]
    half = wide(label) / 2
    at = min(max(now[0], x.start + half + 4), x.end - half)
    parts.append(
        words(at, min(now[1], y(ahead.high) if ahead and not is_wide else now[1]) - 12, label, "t-n", "middle")
    )
    expected = f", expected {usd(ahead.expected)} at its end, {usd(ahead.low)} to {usd(ahead.high)}" if ahead else ""
    told = f"{usd(spend.spent)} by day {spend.today.day}{expected}; the budget is {usd(spend.budget)}."
    return drawing(width, height, ident, f"Spend of {spend.month:%B %Y} against its budget", told, parts)


def _ground(spend: Spend, ticks: list[float], x: Scale, y: Scale, height: float) -> Iterator[Markup]:
    for tick in ticks:
        yield rule(x.start, y(tick), x.end, y(tick))
        yield words(x.start - 8, y(tick) + 4, f"${tick:,.0f}" if ticks[-1] >= 10 else f"${tick:g}", "t-m", "end")
    last = spend.month_end.day
    for day in (1, 8, 15, 22, last):
        label = f"{day} {spend.month:%b}"
        at = min(max(x(day), x.start + wide(label) / 2), x.end - wide(label) / 2 + 8)
        yield words(at, height - 6, label, "t-m", "middle")
    yield rule(x.start, y(spend.budget), x.end, y(spend.budget), "limit")
    yield words(x.start + 6, y(spend.budget) - 6, f"budget {usd(spend.budget)}", "t-n")
    if spend.alert < spend.budget:
        yield rule(x.start, y(spend.alert), x.end, y(spend.alert), "alert")
        yield words(x.start + 6, y(spend.alert) - 6, f"people are told {usd(spend.alert)}", "t-m")
