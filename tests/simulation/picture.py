"""docs/pictures/scale.svg: how late counting is, and what it writes, as load grows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from tests.simulation.cases import Figures

WIDTH, HEIGHT = 960, 400
TOP, BOTTOM, PANEL = 86, 330, 360
LOADS = ("10", "100", "1000")
# Name, its cases' suffix, its colour.
SERIES = (("one item a counter, as before", ", one item", "#b45309"), ("spread over items", "", "#0e7490"))
AIM_SECONDS = 30

STYLE = """  <style>
    .t { fill: #0f172a; font-weight: bold; } .s { fill: #475569; font-size: 11px; } .g { stroke: #e2e8f0; }
    .aim { stroke: #64748b; stroke-dasharray: 5 4; }
  </style>"""


def picture(found: Mapping[str, Figures]) -> str:
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Mapping[str, Figures]) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="Helvetica, Arial, '
        'sans-serif" font-size="13" role="img" aria-label="How late the meter counts, and what it writes, at 10, 100 '
        'and 1,000 times the load of 100 developers">'
    )
    yield STYLE
    yield f'  <rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    for number, (name, _, colour) in enumerate(SERIES):
        x = 70 + number * 230
        yield f'  <circle cx="{x}" cy="26" r="5" fill="{colour}"/>'
        yield f'  <text class="s" x="{x + 12}" y="30">{name}</text>'
    lag = {name: figures.lag_99 for name, figures in found.items()}
    yield from _panel(70, "From a call to its count, 99 of 100, in seconds", lag, (1, 10, 100), AIM_SECONDS)
    writes = {name: figures.writes for name, figures in found.items()}
    yield from _panel(540, "Write units for each request", writes, (1, 10, 100), None)
    yield '  <text class="s" x="70" y="382">Load of 100 developers at their busiest (8 requests a second), times ...</text>'
    yield "</svg>"


def _panel(left: int, title: str, values: Mapping[str, float], ticks: Sequence[int], aim: int | None) -> Iterator[str]:
    top = max(ticks[-1], *values.values())
    yield f'  <text class="t" x="{left}" y="64">{title}</text>'
    for tick in ticks:
        y = _height(tick, top)
        yield f'  <path class="g" d="M{left} {y} H{left + PANEL}"/>'
        yield f'  <text class="s" x="{left - 8}" y="{y + 4:g}" text-anchor="end">{tick}</text>'
    if aim is not None:
        y = _height(aim, top)
        yield f'  <path class="aim" d="M{left} {y} H{left + PANEL}"/>'
        yield f'  <text class="s" x="{left + PANEL}" y="{y - 5:g}" text-anchor="end">aim: {aim}</text>'
    for _, suffix, colour in SERIES:
        points = [(_across(left, number), values[load + suffix]) for number, load in enumerate(LOADS)]
        way = " L".join(f"{x} {_height(value, top)}" for x, value in points)
        yield f'  <path d="M{way}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for x, value in points:
            y = _height(value, top)
            yield f'  <circle cx="{x}" cy="{y}" r="4" fill="{colour}"/>'
            shift = -10 if suffix else 18
            yield f'  <text class="s" x="{x}" y="{y + shift:g}" text-anchor="middle" style="fill:{colour}">{value:g}</text>'
    for number, load in enumerate(LOADS):
        yield f'  <text class="s" x="{_across(left, number)}" y="{BOTTOM + 22}" text-anchor="middle">{int(load):,}</text>'


def _across(left: int, number: int) -> int:
    return left + 40 + number * (PANEL - 80) // (len(LOADS) - 1)


def _height(value: float, top: float) -> float:
    share = math.log10(max(value, 1)) / math.log10(top)
    return round(BOTTOM - share * (BOTTOM - TOP), 1)
