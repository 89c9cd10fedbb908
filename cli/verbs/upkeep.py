"""What a stack needs to work, and what goes to machines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.stack_file.selected import selected_stack
from cli.terminal.json_out import print_json
from cli.verbs.options import OF_STACKS, Cohort, Json, Stack, Yes

PANEL = "Upkeep"

verbs = typer.Typer()


@verbs.command("settings", short_help="files for machines", rich_help_panel=PANEL)
def settings(
    stack: Annotated[str | None, typer.Option("-s", "--stack", help="else the selected one", **OF_STACKS)] = None,
    out: Annotated[Path, typer.Option(help="the folder to write into")] = Path("settings"),
    schema: Annotated[str | None, typer.Option(help="Claude Code's JSON schema: a file or an https:// address")] = None,
    machine: Annotated[str | None, typer.Option(help="look at this machine's own, for mac.channel as given")] = None,
    as_json: Json = False,
) -> None:
    """Write Claude Code's managed settings of a stack's cohorts, in every form; or judge those of this machine."""
    from cli.commands import settings as command

    if machine:
        lines = command.look(command.channel(machine), schema=schema)
        if as_json:
            print_json({"findings": lines})
        else:
            print("\n".join(lines) or "nothing is wrong with the managed settings of this machine")
        raise typer.Exit(1 if lines else 0)
    command.write(stack or selected_stack(), out, schema, as_json)


@verbs.command("gateway", short_help="a gateway's files", rich_help_panel=PANEL)
def gateway(
    stack: Annotated[str | None, typer.Option("-s", "--stack", help="else the selected one", **OF_STACKS)] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="a folder to write all of them into")] = None,
) -> None:
    """Print the file that a stack's gateway starts with, made of the stack file and of what is deployed; or write all
    of its files into a folder. Levels, models, groups, limits and prices are in it; no secret is."""
    from cli.commands import gateway as command

    command.write(stack or selected_stack(), out)


@verbs.command("doctor", short_help="what is missing", rich_help_panel=PANEL)
def doctor(
    stack: Annotated[str | None, typer.Option("-s", "--stack", help="else the selected one", **OF_STACKS)] = None,
    mine: Annotated[bool, typer.Option("--me", help="look at this machine, as a developer's; needs no stack")] = False,
    prove: Annotated[
        bool, typer.Option("--prove", help="prove instead that whoever is over a stop is counted and denied")
    ] = False,
    as_json: Json = False,
) -> None:
    """What a rollout needs and has not, worst first, each with its fix. Exit 1 something is broken, 3 not all asked.

    With `--prove`, the meter takes a person who does not exist over a stop, and IAM is asked what it decides of them.
    Nobody else is counted or stopped, and nothing of it stays. Needs the right to invoke the meter, and AWS alone.

    With `--me`: Claude Code and its version, okta-aws-cli or AWS's own, the managed settings and their level, the
    sign-in, the clock, the profile. It signs nobody in, prints no credential, and with `-s` compares with that stack's
    file.
    """
    from cli.commands import doctor
    from cli.commands import prove as proof

    if mine:
        from cli.commands.doctor_me import run

        raise typer.Exit(run(stack, as_json))
    stack = stack or selected_stack()
    raise typer.Exit(proof.run(stack, as_json) if prove else doctor.run(stack, as_json))


@verbs.command("redrive", short_help="count what was lost", rich_help_panel=PANEL)
def redrive(
    stack: Stack,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="how many records at most")] = 10_000,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Hand in again what the meter put aside. Nothing is counted twice. Exit 1 where something is still put aside."""
    from cli.commands.redrive import run

    raise typer.Exit(run(stack, limit, yes, as_json))


@verbs.command("sign-in", short_help="what members paste", rich_help_panel=PANEL)
def sign_in(stack: Stack, cohort: Cohort, as_json: Json = False) -> None:
    """What a member of a cohort pastes where nothing is installed for them: an AWS profile, and Claude Code's settings
    with every alias pinned to the cohort's profiles, each with the file it goes to."""
    from cli.commands.sign_in import run

    run(stack, cohort, as_json)
