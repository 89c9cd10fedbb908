"""Mistakes in what success is measured against, and in the gates between cohorts; as `rollout.stack_file.checks`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from rollout.levels import Level
from rollout.model.errors import Mistake, nearest, shown
from rollout.stack_file.checks import Document, each_cohort, level_of, part
from rollout.success.metrics import METRICS, reaches


def _figures(values: Document) -> Mapping[str, float]:
    """Those that are numbers above zero; the models name the others."""
    return {
        name: float(value)
        for name, value in values.items()
        if name in METRICS and isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    }


def targets(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    """Each against its baseline, and from a day on."""
    baseline = _figures(part(document, "success", "baseline"))
    for name, cohort in each_cohort(document):
        wanted = part(cohort, "targets")
        path = ("cohorts", name)
        if wanted and not part(document, "success"):
            yield Mistake(
                (*path, "targets"), "there is no success.baseline to hold them against; give it, or take these out"
            )
        for metric, target in _figures(wanted).items():
            if metric in baseline and not reaches(metric, target, baseline[metric]):
                better = METRICS[metric].better
                text = f"{target:g} is worse than the baseline of {baseline[metric]:g}; {better} is better"
                yield Mistake((*path, "targets", metric), text)
        opened = cohort.get("opened")
        if wanted and opened is None and level_of(cohort) not in {None, Level.PLANNED}:
            text = "missing; since when its people have had access, such as 2026-09-07T00:00:00Z: targets need it"
            yield Mistake((*path, "opened"), text)


def gates(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    cohorts = part(document, "cohorts")
    for name, cohort in each_cohort(document):
        path, before = ("cohorts", name), cohort.get("opens_after")
        if before is None:
            if cohort.get("gate_override") is not None:
                yield Mistake(
                    (*path, "gate_override"), "there is no gate to override; name one by opens_after, or take it out"
                )
            continue
        if not isinstance(before, str):
            continue
        if before not in cohorts or before == name:
            others = [other for other in cohorts if other != name]
            yield Mistake((*path, "opens_after"), f"no such other cohort: {shown(before)}; {nearest(before, others)}")
        elif name in (chain := list(_before(document, before))):
            text = f"goes in a circle: {' after '.join([name, *chain])}; none of them could open"
            yield Mistake((*path, "opens_after"), text)
        elif not part(cohorts, before, "targets"):
            yield Mistake(("cohorts", before, "targets"), f"missing; cohort {shown(name)} opens once they are met")


def _before(document: Document, name: str) -> Iterator[str]:
    """A cohort, the one it opens after, and so on, each once."""
    seen: set[str] = set()
    at: object = name
    while isinstance(at, str) and at not in seen:
        seen.add(at)
        yield at
        at = part(document, "cohorts", at).get("opens_after")


def github(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    if part(document, "github"):
        if part(document, "adopt").get("meter") is True:
            yield Mistake(
                ("github",), "another stack of this account counts, by adopt.meter: its collector reads GitHub"
            )
        if document.get("github_token") is None:
            yield Mistake(("github_token",), "missing; `pulumi config set --secret github_token`, or take `github` out")
        if not part(document, "success"):
            yield Mistake(("success",), "missing; what `github` tells is held against success.baseline")
    first: dict[str, str] = {}
    for name, cohort in each_cohort(document):
        members = part(cohort, "members")
        for email in members:
            login = part(members, email).get("github")
            if isinstance(login, str) and first.setdefault(login.lower(), email) != email:
                text = f"{shown(login)} is {first[login.lower()]}'s already; a login is one person's"
                yield Mistake(("cohorts", name, "members", email, "github"), text)


SUCCESS_CHECKS: tuple[Callable[[Document, datetime], Iterator[Mistake]], ...] = (targets, gates, github)
