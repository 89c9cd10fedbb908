"""Drawings as text. All that comes from outside is escaped; colours are classes, so that the page decides them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from markupsafe import Markup, escape

Anchor = Literal["start", "middle", "end"]
Drawing = Callable[[int, str], Markup]
"""Of a width in pixels, and an id that nothing else on the page has."""

# Of a character in widths of its font's size; fonts differ, so it is a generous one.
CHARACTER = 0.58
TEXT_PX = 13


@dataclass(frozen=True, kw_only=True)
class Scale:
    """From values to pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        if self.high == self.low:
            return self.start
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def tag(name: str, *children: str, **attributes: str | float | None) -> Markup:
    """`class_` is class, `stroke_width` is stroke-width. None leaves an attribute out."""
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _number(value))
        for key, value in attributes.items()
        if value is not None
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, written, Markup("").join(map(escape, children)))


def _number(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")


def drawing(width: int, height: float, ident: str, title: str, description: str, parts: Sequence[str]) -> Markup:
    return tag(
        "svg",
        tag("title", title, id=f"{ident}-title"),
        tag("desc", description, id=f"{ident}-desc"),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        aria_labelledby=f"{ident}-title {ident}-desc",
        viewBox=f"0 0 {width} {_number(height)}",
        width=width,
        height=height,
    )


def words(x: float, y: float, content: str, kind: str = "", anchor: Anchor = "start") -> Markup:
    return tag("text", content, x=x, y=y, class_=kind or None, text_anchor=None if anchor == "start" else anchor)


def box(x: float, y: float, width: float, height: float, kind: str, radius: float = 0) -> Markup:
    return tag("rect", x=x, y=y, width=max(width, 0.0), height=max(height, 0.0), rx=radius or None, class_=kind)


def rule(x1: float, y1: float, x2: float, y2: float, kind: str = "grid") -> Markup:
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


def dot(x: float, y: float, radius: float, kind: str) -> Markup:
    return tag("circle", cx=x, cy=y, r=radius, class_=kind)


def path(points: Sequence[tuple[float, float]], kind: str, closed: bool = False) -> Markup:
    steps = " L".join(f"{_number(x)} {_number(y)}" for x, y in points)
    return tag("path", d=f"M{steps}{'Z' if closed else ''}", class_=kind)


def wide(text: str, size: float = TEXT_PX) -> float:
    """About how many pixels a text takes."""
    return len(text) * size * CHARACTER


def shortened(text: str, pixels: float, size: float = TEXT_PX) -> str:
    most = int(pixels / (size * CHARACTER))
    return text if len(text) <= most else f"{text[: max(most - 1, 1)].rstrip()}…"


def round_ticks(most: float, about: int = 4) -> list[float]:
    """From 0 on, at 1, 2 or 5 times a power of ten, the last at or above `most`."""
    if most <= 0:
        return [0.0, 1.0]
    rough, power = most / about, 1.0
    while power * 10 <= rough:
        power *= 10
    while power > rough:
        power /= 10
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    found = [0.0]
    while found[-1] < most * 0.999:
        found.append(round(found[-1] + step, 10))
    return found


def day_ticks(first: date, last: date, at_most: int) -> list[date]:
    """Mondays, or firsts of months where there are too many of them."""
    everyday = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    mondays = [day for day in everyday if day.weekday() == 0]
    for weeks in (1, 2, 4):
        if len(mondays[::weeks]) <= at_most:
            return mondays[::weeks]
    firsts = [day for day in everyday if day.day == 1]
    return firsts[:: max(1, -(-len(firsts) // at_most))]
