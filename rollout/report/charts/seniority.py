"""Seniors, mids and juniors of a cohort, in one bar."""

from __future__ import annotations

from markupsafe import Markup

from rollout.model.cohort import Seniority
from rollout.report.figures import Standing
from rollout.report.svg import box, drawing, wide, words
from rollout.report.words import count

HEIGHT, BAR_TOP, BAR, GAP = 54, 30, 18, 2


def draw(cohort: Standing, width: int, ident: str) -> Markup:
    counts = {kind.value: cohort.composition.seniority.get(kind.value, 0) for kind in Seniority}
    known = sum(counts.values())
    unknown = cohort.composition.size - known
    parts: list[Markup] = []
    x, free = 0.0, 0.0
    for kind, number in counts.items():
        length = number / cohort.composition.size * width if cohort.composition.size else 0.0
        if not number:
            continue
        label = f"{number} {kind}"
        at = min(max(x, free), width - wide(label))
        parts.append(words(at, 20, label, "t-n"))
        parts.append(box(x, BAR_TOP, length - GAP, BAR, f"s-{kind}"))
        x, free = x + length, at + wide(label) + 8
    if unknown:
        label = f"{unknown} not said"
        parts.append(box(x, BAR_TOP, width - x, BAR, "empty"))
        parts.append(words(width, 20, label, "t-m", "end") if free < width - wide(label) else Markup(""))
    told = ", ".join(f"{number} {kind}" for kind, number in counts.items())
    title = f"Seniority of {count(cohort.composition.size, 'person', 'people')} in {cohort.name}"
    return drawing(width, HEIGHT, ident, title, f"{told}, {unknown} not said.", parts)
