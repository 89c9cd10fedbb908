"""A dashboard's widgets drawn where they stand on CloudWatch's grid."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.dates as mdates
from matplotlib import pyplot as plt
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import FuncFormatter

from tests.pictures.widgets import Line, Shown

COLUMN_INCHES, ROW_INCHES, DPI = 0.62, 0.5, 82
PAGE, CARD, EDGE, INK, DIM = "#f2f3f3", "#ffffff", "#d5dbdb", "#16191f", "#5f6b7a"
COLORS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#9467bd", "#8c564b", "#e377c2", "#17becf", "#bcbd22")
STATES = {"OK": "#2ca02c", "ALARM": "#d62728"}
DAY = 86_400
# Inches within a card: for its title above, its axis to the left and below.
TITLE, LEFT, BELOW, MARGIN = 0.36, 0.62, 0.62, 0.14


def draw(widgets: Sequence[Shown], since: datetime, until: datetime, file: Path) -> None:
    rows = max(y + height for _, y, _, height in (widget.place for widget in widgets))
    size = (24 * COLUMN_INCHES, rows * ROW_INCHES)
    with plt.rc_context({"font.size": 8, "font.family": "DejaVu Sans", "text.color": INK, "text.parse_math": False}):
        figure = plt.figure(figsize=size, facecolor=PAGE)
        for widget in widgets:
            _Card(figure, size, widget).draw(since, until)
        figure.savefig(file, dpi=DPI, facecolor=PAGE, pil_kwargs={"optimize": True})
        plt.close(figure)


class _Card:
    """One widget; lengths are inches from the page's upper left corner."""

    def __init__(self, figure: Any, size: tuple[float, float], widget: Shown) -> None:
        x, y, width, height = widget.place
        self.figure, self.size, self.widget = figure, size, widget
        self.x, self.y = x * COLUMN_INCHES, y * ROW_INCHES
        self.width, self.height = width * COLUMN_INCHES, height * ROW_INCHES

    def draw(self, since: datetime, until: datetime) -> None:
        if self.widget.kind == "text":
            self._text()
            return
        box = (self.x + 0.04, self.y + 0.04, self.width - 0.08, self.height - 0.08)
        left, bottom, width, height = self._share(*box)
        style = "round,pad=0,rounding_size=0.002"
        card = FancyBboxPatch((left, bottom), width, height, style, fc=CARD, ec=EDGE, lw=0.8, mutation_aspect=0.7)
        card.set_transform(self.figure.transFigure)
        card.set_zorder(-1)
        self.figure.add_artist(card)
        self._write(MARGIN, TITLE - 0.12, self.widget.title, weight="bold", size=8.5)
        match self.widget.kind:
            case "lines":
                self._lines(since, until)
            case "number":
                self._number()
            case "table":
                self._table()
            case _:
                self._states()

    def _share(self, x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
        """Of the figure, from its lower left corner."""
        whole_width, whole_height = self.size
        return x / whole_width, 1 - (y + height) / whole_height, width / whole_width, height / whole_height

    def _write(self, x: float, y: float, text: str, **how: Any) -> None:
        """`x`, `y`: inches within the card, of the line's left end and foot."""
        left, bottom, _, _ = self._share(self.x + x, self.y + y, 0, 0)
        self.figure.text(left, bottom, text, **{"va": "baseline", **how})

    def _text(self) -> None:
        """Headings, and links by their words."""
        for number, line in enumerate(self.widget.text.split("\n")):
            level = len(line) - len(line.lstrip("#"))
            words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", line.lstrip("# "))
            size = {1: 15, 2: 11.5}.get(level, 9)
            place = 0.34 + 0.32 * number if level != 1 else 0.38
            self._write(0.06, place, words, size=size, weight="bold" if level else "normal")

    def _axes(self, right: bool) -> Any:
        x, y = self.x + LEFT, self.y + TITLE
        width = self.width - LEFT - (LEFT if right else 0.22)
        axes = self.figure.add_axes(self._share(x, y, width, self.height - TITLE - BELOW))
        axes.spines[["top", "right"]].set_visible(False)
        for side in axes.spines.values():
            side.set_color(EDGE)
        axes.tick_params(colors=DIM, labelsize=7, length=2)
        axes.grid(axis="y", color="#eaeded", lw=0.6)
        axes.set_axisbelow(True)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: figures(value)))
        return axes

    def _lines(self, since: datetime, until: datetime) -> None:
        widget = self.widget
        drawn = [line for line in widget.lines if line.points]
        left, right = self._axes(any(line.right for line in drawn)), None
        if any(line.right for line in drawn):
            right = left.twinx()
            right.spines[["top", "left", "bottom"]].set_visible(False)
            right.spines["right"].set_color(EDGE)
            right.tick_params(colors=DIM, labelsize=7, length=2)
            right.margins(y=0.12)
        base: dict[datetime, float] = {}
        for number, line in enumerate(drawn):
            axes = right if line.right and right is not None else left
            color = line.color or COLORS[number % len(COLORS)]
            self._line(axes, line, color, base if widget.stacked else None)
        for label, value, color in widget.levels:
            left.axhline(value, color=color, lw=1, ls="--", label=f"{label}: {figures(value)}")
        margin = (until - since) * 0.02
        left.set_xlim(
            since, max([until + margin, *(max(line.points) + timedelta(seconds=widget.period) for line in drawn)])
        )
        left.margins(y=0.12)
        left.set_ylim(bottom=0)
        left.xaxis.set_major_locator(mdates.AutoDateLocator(minticks=3, maxticks=max(3, int(self.width / 0.7))))
        left.xaxis.set_major_formatter(mdates.DateFormatter("%m-%d" if until - since > timedelta(days=2) else "%H:%M"))
        if not drawn:
            left.text(0.5, 0.5, "no data in the time range", transform=left.transAxes, ha="center", color=DIM)
        handles = [
            pair
            for axes in (left, right)
            if axes is not None
            for pair in zip(*axes.get_legend_handles_labels(), strict=True)
        ]
        if handles:
            longest = max(len(label) for _, label in handles)
            across = int((self.width - LEFT) / (0.35 + 0.062 * longest))
            left.legend(
                *zip(*handles, strict=True),
                loc="upper left",
                bbox_to_anchor=(0.0, -0.2 / (self.height - TITLE - BELOW)),
                ncols=max(1, min(len(handles), across)),
                frameon=False,
                fontsize=6.8,
                handlelength=1.2,
                columnspacing=1.0,
                labelspacing=0.25,
                borderaxespad=0.0,
            )

    def _line(self, axes: Any, line: Line, color: str, base: dict[datetime, float] | None) -> None:
        times, values = list(line.points), list(line.points.values())
        label = short(line.label, 34) + (" (right)" if line.right else "")
        if base is not None and self.widget.period >= DAY:
            below = [base.get(time, 0.0) for time in times]
            axes.bar(times, values, 0.8, below, align="edge", color=color, label=label)
            base.update({time: foot + value for time, foot, value in zip(times, below, values, strict=True)})
            return
        axes.plot(times, values, color=color, lw=1.1, marker="o", ms=1.8 if len(times) > 5 else 4, label=label)

    def _number(self) -> None:
        """The latest value of each series."""
        for number, line in enumerate(self.widget.lines):
            value = list(line.points.values())[-1] if line.points else None
            middle = self.height / 2 + 0.1 + number * 0.8
            text = "no data" if value is None else f"{value:,.2f}"
            self._write(self.width / 2, middle, text, size=20, ha="center", weight="bold", color=COLORS[0])
            self._write(self.width / 2, middle + 0.32, line.label, ha="center", color=DIM)

    def _table(self) -> None:
        rows = self.widget.rows
        if not rows:
            self._write(self.width / 2, self.height / 2, "no lines in the time range", ha="center", color=DIM)
            return
        if len(rows) == 1 and len(rows[0]) == 1:
            [(name, value)] = rows[0].items()
            self._write(
                self.width / 2, self.height / 2 + 0.1, value, size=24, ha="center", weight="bold", color=COLORS[0]
            )
            self._write(self.width / 2, self.height / 2 + 0.42, name, ha="center", color=DIM)
            return
        columns = list(dict.fromkeys(name for row in rows for name in row))
        fitting = int((self.height - TITLE - 0.5) / 0.21)
        cells = [[cell(row.get(name, "")) for name in columns] for row in rows[:fitting]]
        longest = [max(map(len, (name, *(row[n] for row in cells)))) for n, name in enumerate(columns)]
        room = (self.width - 2 * MARGIN) / 0.069
        widths = fitted(longest, room - 1.5 * len(columns))
        for number, line in enumerate([columns, *cells]):
            x = MARGIN
            for text, width in zip(line, widths, strict=True):
                look = {"weight": "bold", "color": DIM} if number == 0 else {}
                self._write(x, TITLE + 0.2 + 0.21 * number, short(text, int(width)), size=7.2, **look)
                x += (width + 1.5) * 0.069
        if len(rows) > fitting:
            self._write(MARGIN, self.height - 0.14, f"{len(rows) - fitting} more", size=7, color=DIM)

    def _states(self) -> None:
        """As many columns as fit."""
        across = max(1, int(self.width / 2.6))
        for number, (name, state) in enumerate(self.widget.states):
            x = MARGIN + (number % across) * (self.width - 2 * MARGIN) / across
            y = TITLE + 0.3 + (number // across) * 0.33
            self._write(x, y, "■", color=STATES[state], size=9)
            self._write(x + 0.16, y, f"{state}  {short(name.removeprefix('claude-code-'), 30)}", size=7.5)


def figures(value: float) -> str:
    """Short, and to three digits."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:,.3g}{letter}"
    return f"{value:.3g}"


def cell(text: str) -> str:
    """Numbers to the cent, times to the minute, all else as it is."""
    if re.fullmatch(r"-?\d+\.\d{3,}", text):
        return f"{float(text):,.2f}"
    return re.sub(r"^(\d{4}-\d\d-\d\d[ T]\d\d:\d\d):\d\d.*$", r"\1", text)


def short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: max(1, most - 1)] + "…"


def fitted(wanted: Sequence[int], room: float) -> list[float]:
    """Widths in characters: the widest give way first."""
    widths = [float(width) for width in wanted]
    while sum(widths) > room and max(widths) > 6:
        widths[widths.index(max(widths))] -= 1
    return widths
