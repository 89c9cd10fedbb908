"""Of each team, the share of its head-count that a cohort takes, beside that of all teams together; and champions."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from rollout.people.composition import MEANT, TOO_MANY_TIMES
from rollout.report.figures import Standing, Team
from rollout.report.svg import Anchor, Scale, box, dot, drawing, rule, shortened, wide, words
from rollout.report.words import count, percent

ROW, TOP, BAR, AXIS = 46, 26, 14, 14
ENDS: tuple[tuple[float, Anchor], ...] = ((0.0, "start"), (0.5, "middle"), (1.0, "end"))
DOTS = 4


def is_too_many(team: Team, size: int, headcount: int) -> bool:
    """As `rollout.people.composition.over_representation` says it."""
    others, of = size - team.people, headcount - team.headcount
    usual = others / of if of else 0.0
    return team.times is not None and team.times >= TOO_MANY_TIMES and team.people - team.headcount * usual >= 1


def draw(cohort: Standing, width: int, ident: str) -> Markup:
    headcount = sum(team.headcount for team in cohort.teams)
    size = cohort.composition.size
    usual = size / headcount if headcount else 0.0
    scale = Scale(low=0, high=1, start=0, end=width)
    below = TOP + ROW * len(cohort.teams)
    bottom = below + AXIS
    parts: list[Markup] = []
    for number, team in enumerate(cohort.teams):
        parts += _row(team, is_too_many(team, size, headcount), TOP + ROW * number, scale, width)
    x, label = scale(usual), f"all teams {percent(usual)}"
    parts.append(rule(x, 17, x, TOP - 2, "mean"))
    for number in range(len(cohort.teams)):  # between the labels, which it would cross
        y = TOP + ROW * number
        parts.append(box(x - 1, y + 17, 2, BAR + 4, "tick"))
    parts.append(words(min(max(x, wide(label) / 2), width - wide(label) / 2), 12, label, "t-m", "middle"))
    for share, anchor in ENDS:
        parts.append(words(scale(share), below + 8, percent(share), "t-m", anchor))
    told = "; ".join(f"{team.name} {team.people} of {team.headcount} ({percent(team.share)})" for team in cohort.teams)
    return drawing(width, bottom, ident, f"Share of each team that is in {cohort.name}", f"{told}.", parts)


def _row(team: Team, too_many: bool, top: float, scale: Scale, width: int) -> Iterator[Markup]:
    label = f"{team.people} of {team.headcount} · {percent(team.share)}"
    name = shortened(team.name, width - wide(label) - 90)
    yield words(0, top + 13, name, "t-s")
    yield words(width, top + 13, label, "t-n", "end")
    shown = min(team.champions, DOTS)
    for number in range(shown):
        yield dot(wide(name, 14) + 14 + number * 12, top + 9, 4, "champion")
    if not shown and team.people:
        yield words(wide(name, 14) + 12, top + 13, "no champion", "t-w")
    yield box(0, top + 19, scale(team.share), BAR, "bar-w" if too_many else "bar")
    if team.times and too_many:
        text = f"{team.times:.1f} times the others"
        yield words(width, top + 31, text, "t-w", "end") if scale(team.share) < width - wide(text) - 8 else Markup("")


def enough_champions(team: Team) -> bool:
    return not team.people or team.champions >= MEANT.champions


def champions(team: Team) -> str:
    return count(team.champions, "champion")
