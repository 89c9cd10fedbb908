"""A table for the eye per cohort: its level, people, role, profiles and log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from rollout.model.rollout import Rollout


def print_summary(console: Console, stack: str, rollout: Rollout, outputs: Mapping[str, Any]) -> None:
    """`outputs` of the stack beside the file it was made from."""
    console.print(f"\n[bold]Claude Code at {rollout.organization.name}[/bold], stack {stack}")
    cohorts: Mapping[str, Mapping[str, Any]] = outputs.get("cohorts", {})
    for name, cohort in cohorts.items():
        table = Table(title=f"{name}: {cohort['level']}", title_justify="left", title_style="bold", show_header=False)
        table.add_column(style="dim")
        table.add_column(overflow="fold")
        for label, value in _rows(rollout, name, cohort):
            table.add_row(label, value)
        console.print(table)


def _rows(rollout: Rollout, name: str, cohort: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    known = rollout.cohorts.get(name)
    members = known.holders.values() if known else ()
    teams = Counter(member.team for member in members)
    yield "members", f"{len(members)}: " + ", ".join(f"{count} {team}" for team, count in teams.most_common())
    found = (known.end_of(email) for email in known.holders) if known else ()
    if ends := Counter(end for end in found if end):
        yield "access ends", ", ".join(f"{end:%Y-%m-%d %H:%M} UTC: {count}" for end, count in sorted(ends.items()))
    if cohort.get("role_arn"):
        yield "role", cohort["role_arn"]
    if "permission_set" in cohort:
        yield "permission set", cohort["permission_set"]
    for label, arn in cohort.get("profile_arns", {}).items():
        yield f"profile {label}", arn
    if "okta_group" in cohort:
        yield "Okta group", cohort["okta_group"]
    if "log_group" in cohort:
        yield "log group", cohort["log_group"]
