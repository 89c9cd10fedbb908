"""Minutes that each step of a rollback took, as a share of what the plan allows."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from rollout.report.response import Step
from rollout.report.svg import Scale, box, drawing, rule, shortened, wide, words
from rollout.report.words import day, level_word, minutes

ROW, TOP, BAR = 46, 24, 14


def draw(found: Sequence[Step], width: int, ident: str) -> Markup:
    """Of those whose minutes are known."""
    known = [step for step in found if step.minutes is not None]
    shares = [(step.minutes or 0.0) / step.allowed for step in known]
    scale = Scale(low=0, high=max([1.25, *(min(share, 3.0) for share in shares)]), start=0, end=width)
    bottom = TOP + ROW * len(known)
    allowed = scale(1)
    parts: list[Markup] = []
    for number, (step, share) in enumerate(zip(known, shares, strict=True)):
        top = TOP + ROW * number
        label = f"{minutes(step.minutes or 0.0)} of {minutes(step.allowed)}"
        name = f"{step.whose} {level_word(step.level)}, {day(step.in_force)}"
        parts.append(words(0, top + 13, shortened(name, width - wide(label) - 12), "t-s"))
        parts.append(words(width, top + 13, label, "t-n", "end"))
        parts.append(box(0, top + 19, width, BAR, "empty"))
        parts.append(box(0, top + 19, max(scale(min(share, 3.0)), 3), BAR, "bar" if step.met else "bar-b"))
        parts.append(box(allowed - 1, top + 16, 2, BAR + 6, "tick"))
    label = "what the plan allows"
    parts.append(words(min(allowed, width - wide(label) / 2), 12, label, "t-m", "middle"))
    parts.append(rule(allowed, 16, allowed, TOP + 4, "mean"))
    told = "; ".join(
        f"{step.whose} {level_word(step.level)}: {minutes(step.minutes or 0.0)} of {minutes(step.allowed)}"
        for step in known
    )
    return drawing(width, bottom, ident, "Minutes to each level against the plan", f"{told}.", parts)
