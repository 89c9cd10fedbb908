"""Of each metric, how far it went from the baseline towards the target; to the right is better, whatever the metric."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from rollout.report.figures import Success
from rollout.report.svg import Scale, box, dot, drawing, path, rule, wide, words
from rollout.report.words import figure
from rollout.success.metrics import METRICS, State

ROW, TOP, LEFT_ROOM = 74, 6, 0.22
KIND = {State.MET: "good", State.NOT_MET: "bad", State.NOT_ENOUGH_DATA: "quiet"}


def gain(metric: str, value: float, baseline: float) -> float:
    """Percent for the better."""
    change = 100 * (value - baseline) / baseline
    return -change if METRICS[metric].better == "lower" else change


def draw(found: Sequence[Success], width: int, ident: str) -> Markup:
    gains = [gain(each.metric, each.value, each.baseline) for each in found if each.value is not None]
    targets = [gain(each.metric, each.target, each.baseline) for each in found]
    high = max([*gains, *targets, 1.0]) * 1.12
    low = min([*gains, -high * LEFT_ROOM])
    scale = Scale(low=low, high=high, start=6, end=width - 6)
    bottom = TOP + ROW * len(found)
    parts: list[Markup] = []
    for number, each in enumerate(found):
        parts += _row(each, TOP + ROW * number, scale, width)
    told = "; ".join(each.line for each in found)
    return drawing(width, bottom, ident, "Success metrics against baseline and target", told, parts)


def _row(each: Success, top: float, scale: Scale, width: int) -> Iterator[Markup]:
    kind = KIND[each.state]
    yield words(0, top + 14, each.title, "t-s")
    yield words(width, top + 14, each.state.value, f"t-{kind}", "end")
    y, start = top + 36, scale(0)
    target = scale(gain(each.metric, each.target, each.baseline))
    yield rule(scale.start, y, scale.end, y)
    yield box(target - 1.5, y - 10, 3, 20, "tick")
    if each.value is not None:
        at = scale(gain(each.metric, each.value, each.baseline))
        yield path([(start, y), (at, y)], f"reach {kind}")
        yield dot(at, y, 7, f"fill-{kind}")
    else:
        at = start
    yield dot(start, y, 4, "dot-o")
    yield from _labels(each, y + 26, (start, at, target), width)


def _labels(each: Success, y: float, places: tuple[float, float, float], width: int) -> Iterator[Markup]:
    """Baseline, figure and target beneath their marks, from left to right as far as there is room."""
    start, at, target = places
    texts = [(start, f"was {figure(each.baseline)}", "t-m"), (target, f"target {figure(each.target)}", "t-m")]
    if each.value is not None:
        texts.append((at, f"{figure(each.value)} {each.unit}", "t-n"))
    texts.sort(key=lambda item: item[0])
    free = 0.0
    need = [wide(text) for _, text, _ in texts]
    for number, (x, text, kind) in enumerate(texts):
        rest = sum(need[number + 1 :]) + 8 * (len(need) - number - 1)
        left = min(max(x - need[number] / 2, free), width - rest - need[number])
        yield words(left, y, text, kind)
        free = left + need[number] + 8
