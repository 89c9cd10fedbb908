"""One column a day, and a line across where there is a most."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date

from markupsafe import Markup

from rollout.report.svg import Scale, box, day_ticks, drawing, round_ticks, rule, wide, words

HEIGHT, TOP, BOTTOM, LEFT, RIGHT = 230, 22, 26, 44, 2
TICKS_EVERY_PX = 90
SATURDAY = 5


def draw(
    values: Mapping[date, float],
    title: str,
    description: str,
    shown: Callable[[float], str],
    width: int,
    ident: str,
    line: tuple[float, str] | None = None,
) -> Markup:
    """`values`: by day, none left out. `shown`: a value as people read it. `line`: at which value, and its name."""
    ticks = round_ticks(max([*values.values(), line[0] if line else 0.0, 0.0]))
    y = Scale(low=0, high=ticks[-1], start=HEIGHT - BOTTOM, end=TOP)
    parts: list[Markup] = []
    for tick in ticks:
        parts.append(rule(LEFT, y(tick), width - RIGHT, y(tick)))
        parts.append(words(LEFT - 8, y(tick) + 4, shown(tick), "t-m", "end"))
    parts += _columns(values, y, width)
    if line:
        parts.append(rule(LEFT, y(line[0]), width - RIGHT, y(line[0]), "limit"))
        parts.append(words(width - RIGHT, y(line[0]) - 6, line[1], "t-m", "end"))
    return drawing(width, HEIGHT, ident, title, description, parts)


def _columns(values: Mapping[date, float], y: Scale, width: int) -> Iterator[Markup]:
    step = (width - LEFT - RIGHT) / len(values)
    gap = min(step * 0.28, 4)
    labelled = set(day_ticks(min(values), max(values), max(2, int((width - LEFT) / TICKS_EVERY_PX))))
    for number, (day, value) in enumerate(values.items()):
        x = LEFT + number * step
        if value > 0:
            kind = "bar-q" if day.weekday() >= SATURDAY else "bar"
            yield box(x + gap / 2, y(value), step - gap, y(0) - y(value), kind)
        if day in labelled:
            label = f"{day.day} {day:%b}"
            at = min(max(x + step / 2, LEFT + wide(label) / 2 - 12), width - RIGHT - wide(label) / 2)
            yield words(at, HEIGHT - 6, label, "t-m", "middle")
