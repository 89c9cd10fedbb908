"""What `rollout check` found, for people: tables that 80 columns hold, and that say the same without colours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from rollout.model.errors import some
from rollout.model.times import moment

Document = Mapping[str, Any]

# What a table's heads do not say by themselves, in a line of 80 columns.
TEAMS = "Share, Others': of the team's and all others' head-count; !: over-represented"
BUDGETS = "Told from: at this part of a budget people are told; Head-count: of all teams"
LEVELS = "Allowed: the service level; By, On: until access has ended; -: does nothing"
SHOWN = 4  # of whose access ends at one moment


def show(console: Console, found: Document) -> None:
    for name, one in found["stacks"].items():
        console.print(f"\n[bold]{escape(name)}[/bold] ({escape(one['file'])})")
        if one["not_read"]:
            console.print(f"encrypted, and not read here: {escape(', '.join(one['not_read']))}")
        for line in one["mistakes"]:
            console.print(f"[red]mistake[/red] {escape(line)}", soft_wrap=True)
        if "cohorts" in one:
            _judgement(console, one)
        if one["beside"]:
            console.print("\n[bold]Beside other stacks[/bold]")
            _advise(console, one["beside"])
    for name in found["passed_over"]:
        console.print(f"\n{escape(name)}: passed over, it has no config")
    _sum(console, found)


def _judgement(console: Console, one: Document) -> None:
    for name, cohort in one["cohorts"].items():
        console.print(f"\n[bold]Cohort {escape(name)}[/bold]: {cohort['level']}, {_who(cohort)}")
        if cohort["people"]:
            console.print(_teams(cohort))
            _legend(console, TEAMS)
            _advise(console, [advice["text"] for advice in cohort["advice"]])
        for line in _ends(cohort.get("ends") or {}):
            console.print(line, markup=False)
    if one["models"]["advice"]:
        console.print("\n[bold]Models[/bold]")
        _advise(console, one["models"]["advice"])
    console.print("\n[bold]Budgets[/bold], USD")
    console.print(_budgets(one["budgets"]))
    _legend(console, BUDGETS)
    _advise(console, one["budgets"]["advice"])
    if one["okta"]["advice"]:
        console.print("\n[bold]Okta's provider[/bold]")
        _advise(console, one["okta"]["advice"])
    console.print("\n[bold]Residual access[/bold]: minutes after the update, at worst")
    console.print(_levels(one["residual"]["levels"]))
    _legend(console, LEVELS)
    _advise(console, one["residual"]["advice"])


def _who(cohort: Mapping[str, Any]) -> str:
    if machines := cohort.get("machines"):
        return "1 machine" if machines == 1 else f"{machines} machines"
    return _people(cohort["people"])


def _ends(ends: Document) -> Iterator[str]:
    """Whose access ends together in a line, the earliest first."""
    together: dict[str, list[str]] = {}
    for name, end in sorted(ends.items(), key=lambda each: (each[1]["until"], each[0])):
        verb = "ended" if end["has_ended"] else "ends"
        together.setdefault(f"access {verb} {moment(datetime.fromisoformat(end['until']))}", []).append(name)
    for words, names in together.items():
        yield f"{words}: {some(names, SHOWN)}"


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def _teams(cohort: Document) -> Table:
    table = _table(("Team", "People", "Head-count", "Share", "Others'", "Times", "Champions"))
    for name, team in cohort["teams"].items():
        times = _number(team["times"], "{:.1f}") + (" !" if team["too_many"] else "")
        shares = (_number(team[key], "{:.0f} %") for key in ("share_percent", "others_percent"))
        table.add_row(
            escape(name), str(team["people"]), str(team["headcount"] or "-"), *shares, times, str(team["champions"])
        )
    kinds = cohort["seniority"]
    table.caption = ", ".join(f"{count} {kind}" for kind, count in kinds.items()) + (
        f", {unknown} not said" if (unknown := cohort["people"] - sum(kinds.values())) else ""
    )
    return table


def _budgets(budgets: Document) -> Table:
    table = _table(("Each user a day", "Each team a day", "All in a month", "Told from", "Head-count"))
    usd = (f"{budgets[key]:,.2f}" for key in ("user_daily_usd", "team_daily_usd", "monthly_usd"))
    table.add_row(*usd, f"{budgets['alert_at']:.0%}", str(budgets["headcount"] or "-"))
    return table


def _levels(levels: Document) -> Table:
    table = _table(("Level", "Allowed", "By AWS", "By Okta", "On Macs", ""))
    for name, level in levels.items():
        planes = [level[key] for key in ("aws", "okta", "mac")]
        verdict = "in time" if level["met"] else "too late"
        if all(minutes is None for minutes in planes):
            verdict = "not by this stack"  # whose settings nobody pushes
        table.add_row(name, str(level["minutes"]), *(_number(minutes, "{}") for minutes in planes), verdict)
    return table


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)


def _table(columns: tuple[str, ...]) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, caption_justify="left", caption_style="")
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number and name else "left", overflow="fold")
    return table


def _legend(console: Console, text: str) -> None:
    console.print(Padding(f"[dim]{text}[/dim]", (0, 0, 0, 2)))


def _advise(console: Console, lines: list[str]) -> None:
    for line in lines:
        console.print(Padding(f"[yellow]advice[/yellow] {escape(line)}", (0, 0, 0, 2)))


def _sum(console: Console, found: Document) -> None:
    errors, advice = len(found["errors"]), len(found["advice"])
    mistakes = "no mistakes" if not errors else "1 mistake" if errors == 1 else f"{errors} mistakes"
    pieces = "no advice" if not advice else "1 piece of advice" if advice == 1 else f"{advice} pieces of advice"
    colour = "red" if errors else "green"
    console.print(f"\n[{colour}]{mistakes}[/{colour}], {pieces}")
