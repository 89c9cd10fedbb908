"""Who is in which cohort, in stack files and rosters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.completion import complete_cohort, complete_member
from cli.verbs.options import Cohort, Email, Json, Shared, Stack, Yes

PANEL = "People"

verbs = typer.Typer()


@verbs.command("add-cohort", short_help="write a new cohort", rich_help_panel=PANEL)
def add_cohort(
    stack: Stack,
    cohort: Cohort,
    models: Annotated[list[str], typer.Option("-m", "--model", help="a label of `models`; the first is the default")],
    level: Annotated[str, typer.Option(help="planned or active")] = "planned",
    roster: Annotated[str | None, typer.Option(help="a CSV file below the project's folder")] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Write a new cohort into the stack file."""
    from cli.commands import edit

    edit.add_cohort(stack, cohort, models, level, roster, yes, as_json)


@verbs.command("add-member", short_help="one person more", rich_help_panel=PANEL)
def add_member(
    stack: Stack,
    cohort: Cohort,
    email: Email,
    name: Annotated[str, typer.Option(help="as people call them")],
    team: Annotated[str, typer.Option(help="one of organization.teams")],
    role: Annotated[str | None, typer.Option()] = None,
    seniority: Annotated[str | None, typer.Option(help="senior, mid or junior")] = None,
    champion: Annotated[bool, typer.Option("--champion", help="colleagues turn to them for help")] = False,
    manager: Annotated[str | None, typer.Option(help="an e-mail address")] = None,
    rationale: Annotated[str | None, typer.Option(help="why this person")] = None,
    until: Annotated[str | None, typer.Option(help="their last day, such as 2026-12-31, or a time")] = None,
    shared: Shared = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Write a new member into a cohort: into its roster where it has one, else into the stack file."""
    from cli.commands import edit

    fields = {"name": name, "team": team, "role": role, "seniority": seniority}
    edit.add_member(
        stack,
        cohort,
        email.strip().lower(),
        {**fields, "champion": champion, "manager": manager, "rationale": rationale, "until": until},
        yes,
        as_json,
        shared,
    )


@verbs.command("remove-member", short_help="one person less", rich_help_panel=PANEL)
def remove_member(
    stack: Stack, cohort: Cohort, email: Email, shared: Shared = False, yes: Yes = False, as_json: Json = False
) -> None:
    """Take a member out of a cohort. Who must lose access at once is suspended: see `set-level --member`."""
    from cli.commands import edit

    edit.remove_member(stack, cohort, email.strip().lower(), yes, as_json, shared)


@verbs.command("import-roster", short_help="a CSV as its people", rich_help_panel=PANEL)
def import_roster(
    stack: Stack,
    cohort: Cohort,
    file: Annotated[Path, typer.Argument(help="a CSV file: name, email, team and more")],
    column: Annotated[
        list[str] | None, typer.Option(help="such as email=Mail or 'name=First name+Last name'; others are left out")
    ] = None,
    team: Annotated[list[str] | None, typer.Option(help="such as 'Platform Engineering=platform'")] = None,
    shared: Shared = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Take a CSV file over as a cohort's roster, judged first."""
    from cli.commands import edit
    from cli.verbs.pairs import pairs
    from rollout.stack_file.roster_table import COLUMNS

    columns, teams = pairs("--column", column or [], COLUMNS), pairs("--team", team or [])
    edit.import_roster(stack, cohort, file, yes, as_json, shared, columns, {k.lower(): v for k, v in teams.items()})


@verbs.command("select", short_help="propose people", rich_help_panel=PANEL)
def select(
    stack: Stack,
    directory: Annotated[Path | None, typer.Option(help="CSV: name, email, team, seniority, champion")] = None,
    okta: Annotated[bool, typer.Option("--okta", help="in place of a CSV; takes OKTA_API_TOKEN")] = False,
    team_attribute: Annotated[str, typer.Option(help="of Okta's profile")] = "department",
    seniority_attribute: Annotated[str, typer.Option(help="senior, mid or junior; others are left out")] = "userType",
    champion_attribute: Annotated[
        str | None,
        typer.Option(help="yes or true; Okta has none of its own: without one, --champions 0 or a CSV"),
    ] = None,
    size: Annotated[int, typer.Option(min=1, max=1_000_000, help="people")] = 25,
    juniors: Annotated[str, typer.Option(help="at least-at most")] = "2-3",
    champions: Annotated[int, typer.Option(min=0, max=1_000_000, help="in each team")] = 2,
    senior_percent: Annotated[int, typer.Option(min=0, max=100, help="of seniors and mids")] = 60,
    seed: Annotated[int, typer.Option(help="another seed, other people")] = 0,
    out: Annotated[Path | None, typer.Option(help="write them as a roster")] = None,
    as_json: Json = False,
) -> None:
    """Propose a cohort from a directory of people, by the plan's rules, and say why each."""
    if okta == bool(directory):
        raise typer.BadParameter("give one of the two", param_hint="--directory, --okta")
    from cli.commands.select import run
    from cli.live.okta_people import Attributes

    attributes = Attributes(team=team_attribute, seniority=seniority_attribute, champion=champion_attribute)
    code = run(stack, directory, attributes, size, juniors, champions, senior_percent, seed, out, as_json)
    raise typer.Exit(code)


@verbs.command("set-until", short_help="when access ends", rich_help_panel=PANEL)
def set_until(
    stack: Stack,
    whom: Annotated[str, typer.Argument(help="an e-mail address or a cohort's name", autocompletion=complete_member)],
    when: Annotated[str, typer.Argument(help="a last day (UTC) such as 2026-12-31, a time with its zone, or never")],
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Write when the access of a person, or of a whole cohort, ends. IAM ends it then, to the second, by itself.

    Later or never is written with the time of the decision, so that no older copy of the file can do the same.
    """
    from cli.commands.until import run

    run(stack, whom.strip().lower(), when.strip(), yes, as_json)


@verbs.command("move-member", short_help="to another cohort", rich_help_panel=PANEL)
def move_member(
    stack: Stack,
    email: Email,
    cohort: Annotated[str, typer.Argument(help="where to", autocompletion=complete_cohort)],
    shared: Shared = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Move a person to another cohort with all that is said of them, a level of their own too; both rosters at once.

    Refused where it would give back what an incident took.
    """
    from cli.commands.move import move_member as move

    move(stack, email.strip().lower(), cohort, yes, as_json, shared)


@verbs.command("rename-team", short_help="here and in rosters", rich_help_panel=PANEL)
def rename_team(
    stack: Stack,
    old: Annotated[str, typer.Argument(help="one of organization.teams")],
    new: Annotated[str, typer.Argument(help="its new name")],
    shared: Annotated[bool, typer.Option("--shared", help="also in other stacks that read these rosters")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Give a team another name: in the organization, and in every row of every roster that has it."""
    from cli.commands.move import rename_team as rename

    rename(stack, old.strip(), new.strip(), yes, as_json, shared)
