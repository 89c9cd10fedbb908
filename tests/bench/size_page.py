"""`make size-page`: what an update of ever more cohorts costs, measured, for docs/limits-and-costs.md and its picture."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from tests.bench import many_stacks
from tests.bench.many_stacks import Stacks
from tests.bench.size import Size, measured
from tests.stacks import PROJECT

FIGURES = Path(__file__).with_name("size.json")
PICTURE = PROJECT / "docs" / "pictures" / "size.svg"
COHORTS = (1, 5, 10, 20, 40)
MEMBERS = 30
IN_STACKS = 100
WIDTH, HEIGHT = 960, 380
TOP, BOTTOM, PANEL = 70, 310, 360
# Name, field, colour.
UPDATE = (("first `pulumi up`", "first_update", "#b45309"),)
PREVIEW = (
    ("preview without a change", "preview", "#0e7490"),
    ("same resources, no components", "flat_preview", "#64748b"),
)
STYLE = """  <style>
    .t { fill: #0f172a; font-weight: bold; } .s { fill: #475569; font-size: 11px; } .g { stroke: #e2e8f0; }
  </style>"""


def known() -> tuple[list[Size], Stacks, Sequence[float]]:
    """As they were measured last: of one stack, of many cohorts in several, and the least and most load meanwhile."""
    found = json.loads(FIGURES.read_text(encoding="utf-8"))
    return [Size(**each) for each in found["of one stack"]], Stacks(**found["of several"]), found["load"]


def section(sizes: Sequence[Size], stacks: Stacks, load: Sequence[float]) -> Iterator[str]:
    """Lines of Markdown."""
    ten, most = sizes[2], sizes[-1]
    ratio = _each(most) / _each(ten)
    yield "## How large a stack may be\n"
    yield "![Processor time of a first update and of a preview, by cohorts](pictures/size.svg)\n"
    yield (
        f"Measured by `make size-page`: cohorts of {MEMBERS} people, three models each, without Macs, state in a folder; "
        "processor seconds of the engine and all that it starts, on two cores. What else the machine does adds to them: "
        f"its load was {load[0]:.0f} to {load[1]:.0f}.\n"
    )
    yield "| Cohorts | Resources | State, MB | First `pulumi up`, s | Preview without a change, s | Same resources without components, s | `rollout cut` of one, s |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for size in sizes:
        yield (
            f"| {size.cohorts} | {size.resources:,} | {size.state_bytes / 1e6:.1f} | {size.first_update:.1f} | "
            f"{size.preview:.1f} | {size.flat_preview:.1f} | {size.cut:.1f} |"
        )
    yield ""
    yield (
        "A preview grows with the resources. A first update grows with their square, because the engine writes the whole "
        f"state twice for each resource that it makes: from {ten.cohorts} to {most.cohorts} cohorts a resource "
        f"costs {ratio:.1f} times as much. An update that changes one cohort writes the state for that cohort's resources "
        "alone, and `rollout cut` and the first step of `rollout set-level` ask no engine at all.\n"
    )
    count = stacks.cohorts // many_stacks.EACH
    each = stacks.updates / stacks.resources / _each(ten)
    yield (
        f"So keep to twenty cohorts a stack ([decision 36](decisions/0036-large-rollouts.md)). {stacks.cohorts} cohorts of "
        f"{stacks.members} in {count} stacks of {many_stacks.EACH}, of which the first makes what all share and the others "
        f"adopt it ([many cohorts](your-own.md#many-cohorts)): {stacks.resources:,} resources, first updates of "
        f"{stacks.updates:.0f} processor seconds all together, {each:.1f} times as much a resource as in a stack of "
        f"{ten.cohorts}; a preview of one of them {stacks.preview:.1f}."
    )


def picture(sizes: Sequence[Size]) -> str:
    return "\n".join(_picture(sizes)) + "\n"


def _each(size: Size) -> float:
    return size.first_update / size.resources


def _picture(sizes: Sequence[Size]) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="Helvetica, Arial, '
        'sans-serif" font-size="13" role="img" aria-label="Processor seconds of a first update and of a preview, by '
        'number of cohorts">'
    )
    yield STYLE
    yield f'  <rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    yield from _panel(70, UPDATE, sizes)
    yield from _panel(540, PREVIEW, sizes)
    yield f'  <text class="s" x="70" y="{BOTTOM + 48}">Cohorts in the stack; processor seconds</text>'
    yield "</svg>"


def _panel(left: int, series: Sequence[tuple[str, str, str]], sizes: Sequence[Size]) -> Iterator[str]:
    values = {field: [float(getattr(size, field)) for size in sizes] for _, field, _ in series}
    top = _round_up(max(max(each) for each in values.values()))
    most = sizes[-1].cohorts
    for number, (name, _, colour) in enumerate(series):
        x = left + number * 180
        yield f'  <circle cx="{x + 5}" cy="26" r="5" fill="{colour}"/>'
        yield f'  <text class="s" x="{x + 16}" y="30">{name.replace("`", "")}</text>'
    for part in range(5):
        y = BOTTOM - part * (BOTTOM - TOP) / 4
        yield f'  <path class="g" d="M{left} {y:g} H{left + PANEL}"/>'
        yield f'  <text class="s" x="{left - 8}" y="{y + 4:g}" text-anchor="end">{top * part / 4:g}</text>'
    for _, field, colour in series:
        points = [
            (round(left + size.cohorts / most * PANEL, 1), round(BOTTOM - value / top * (BOTTOM - TOP), 1))
            for size, value in zip(sizes, values[field], strict=True)
        ]
        way = " L".join(f"{x} {y}" for x, y in points)
        yield f'  <path d="M{way}" fill="none" stroke="{colour}" stroke-width="2"/>'
        yield from (f'  <circle cx="{x}" cy="{y}" r="4" fill="{colour}"/>' for x, y in points)
    for size in sizes:
        x = round(left + size.cohorts / most * PANEL, 1)
        yield f'  <text class="s" x="{x}" y="{BOTTOM + 22}" text-anchor="middle">{size.cohorts}</text>'


def _round_up(value: float) -> float:
    """To the next of 4, 8, 12, 20, 40, 80, ... so that the quarters of an axis are short numbers."""
    step = 4.0
    while True:
        for times in (1, 2, 3, 5):
            if value <= step * times:
                return step * times
        step *= 10


def main() -> int:
    sizes: list[Size] = []
    loads = [os.getloadavg()[0]]
    with tempfile.TemporaryDirectory(prefix="size-") as folder:
        for cohorts in COHORTS:
            print(f"{cohorts} cohorts ...", flush=True)
            sizes.append(measured(Path(folder) / str(cohorts), cohorts, MEMBERS))
            loads.append(os.getloadavg()[0])
        print(f"{IN_STACKS} cohorts in stacks of {many_stacks.EACH} ...", flush=True)
        stacks = many_stacks.measured(Path(folder) / "stacks", IN_STACKS, MEMBERS)
    load = [min(loads), max(loads)]
    found = {"of one stack": [asdict(size) for size in sizes], "of several": asdict(stacks), "load": load}
    FIGURES.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    PICTURE.write_text(picture(sizes), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
