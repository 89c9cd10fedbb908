"""The status as a page of HTML: what `rollout status` prints, for the eye."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2

from cli.commands.status import lines, row
from cli.live.status import NOT_ALL, Status
from rollout.report.page import stylesheet

FOLDER = Path(__file__).parent
COHORTS = ("Cohort", "Level", "Since", "People", "Profiles", "Last used", "Today, USD", "Month, USD")
IN_FORCE = ("Cohort", "in IAM", "in Okta", "on Macs", "in the file")
# Of what `rollout status` prints, what stands among the first already.
SAID_FIRST = frozenset({"NOT SO", "Not reached"})
_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
)


@dataclass(frozen=True, kw_only=True)
class Table:
    """`numeric`: which columns are numbers."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why nothing could be read, a line each."""

    lines: tuple[str, ...]


def page(stack: str, found: Status | Failure, at: datetime, every_seconds: int) -> str:
    return _ENVIRONMENT.get_template("status.html.j2").render(**_told(stack, found, at), every=every_seconds)


def part(stack: str, found: Status | Failure, at: datetime) -> str:
    """What of the page is read anew."""
    return _ENVIRONMENT.get_template("part.html.j2").render(**_told(stack, found, at))


def style() -> str:
    """The report's, and what this page has besides."""
    return stylesheet() + (FOLDER / "serve.css").read_text(encoding="utf-8")


def _told(stack: str, found: Status | Failure, at: datetime) -> Mapping[str, Any]:
    about = {"stack": stack, "when": f"{at:%d %b %Y %H:%M:%S} UTC"}
    if isinstance(found, Failure):
        none = {"organization": None, "tables": (), "lines": ()}
        return {**about, **none, "title": "The stack could not be read", "needs": found.lines}
    needs, away = found.needs, [f"not reached: {each.line}" for each in found.unreachable]
    count = f"{len(needs)} thing{' needs' if len(needs) == 1 else 's need'} a person"
    known = count if needs else "" if away else "Nothing needs a person"
    return {
        **about,
        "organization": found.organization,
        "title": "; ".join(filter(None, (NOT_ALL if away else "", known))),
        "needs": [*needs, *away],
        "tables": list(_tables(found)),
        "lines": [(label.strip(), text) for label, text in lines(found) if label not in SAID_FIRST],
    }


def _tables(found: Status) -> Sequence[Table]:
    force = [
        (each.name, now.iam_words, now.okta_words(each.members), now.mac_words, each.level.value)
        for each in found.cohorts
        for now in [each.in_force]
    ]
    rows = [list(row(found, each)) for each in found.cohorts]
    return (
        Table(title="In force", columns=IN_FORCE, rows=force),
        Table(title="Cohorts", columns=COHORTS, rows=rows, numeric=(3, 4, 6, 7)),
    )
