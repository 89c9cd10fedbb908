"""Access taken back, and given again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.completion import complete_cohort, complete_level, complete_who
from cli.terminal.json_out import print_json
from cli.verbs.options import LEVELS, OF_MEMBERS, OF_STACKS, Json, Stack, Yes

PANEL = "Cut"

verbs = typer.Typer()


@verbs.command("set-level", short_help="any level, verified", rich_help_panel=PANEL)
def set_level(
    stack: Stack,
    who: Annotated[
        str,
        typer.Argument(
            help="a cohort's name, one person's e-mail address, or one machine's name", autocompletion=complete_who
        ),
    ],
    level: Annotated[
        str,
        typer.Argument(help=LEVELS, autocompletion=complete_level),
    ],
    member: Annotated[str | None, typer.Option(help="one member alone, by e-mail address", **OF_MEMBERS)] = None,
    incident: Annotated[str | None, typer.Option(help="its id, for a level above active")] = None,
    reason: Annotated[str | None, typer.Option(help="in a sentence; people are told")] = None,
    since: Annotated[str | None, typer.Option(help="when it began, RFC 3339; now unless given")] = None,
    deny: Annotated[list[str] | None, typer.Option(help="a rule for Claude Code meanwhile")] = None,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="do not preview, do not ask")] = False,
    as_json: Json = False,
) -> None:
    """Bring a cohort, or one person, to a level: preview, ask, write, update, verify, and say how long it took.

    From `suspended` on, the first step is a Deny in IAM, before anything else is asked.
    """
    from cli.commands.level import run

    run(stack, who, level, member, incident, reason, since, deny or [], yes, as_json)


@verbs.command("cut", short_help="deny by AWS alone", rich_help_panel=PANEL)
def cut(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="COHORT|PERSON",
            help="a cohort's name, an e-mail address, or a machine's name",
            autocompletion=complete_cohort,
        ),
    ],
    stack: Annotated[
        str | None, typer.Option("-s", "--stack", help="whose cohorts; else of all files here", **OF_STACKS)
    ] = None,
    cohort: Annotated[
        list[str] | None,
        typer.Option(
            "--cohort", help="of a person, or of a login without @; no file is needed", autocompletion=complete_cohort
        ),
    ] = None,
    incident: Annotated[str | None, typer.Option(help="its id, to be said again in the next step")] = None,
    lift: Annotated[bool, typer.Option("--lift", help="of who is in no stack file, an hour after the cut")] = False,
    as_json: Json = False,
) -> None:
    """Deny a cohort, or one person, everything, at once and by AWS alone. No update takes it away.

    Asks nothing. Needs AWS credentials, and no engine, Okta, Jamf Pro, state, lock or valid stack file. `set-level`
    comes next, and gives access back at the end.
    """
    from cli.commands import cut as command

    if lift:
        raise typer.Exit(command.run_lift(subject, stack, cohort or [], as_json))
    raise typer.Exit(command.run(subject, stack, cohort or [], incident, as_json))


@verbs.command("break-glass", short_help="deny, then destroy", rich_help_panel=PANEL)
def break_glass(
    stack: Stack,
    cohort: Annotated[str, typer.Option("-c", "--cohort", help="a cohort's name", autocompletion=complete_cohort)],
    whatever: Annotated[
        bool, typer.Option("--whatever-the-file-says", help="even where the stack file would give access back")
    ] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Deny a cohort everything by AWS alone, then take it, logs excepted; asks in between. Safe to repeat.

    Exit 3 where the Deny is in force and the rest is not done, as while Okta is away: it says what.
    """
    from cli.commands.break_glass import break_glass as take

    said: list[str] = []

    def tell(line: str) -> None:
        said.append(line)
        if not as_json:
            print(line, flush=True)

    code = take(Path.cwd(), stack, cohort, whatever, yes, tell, quiet=as_json)
    if as_json:
        print_json({"said": said})
    raise typer.Exit(code)


@verbs.command("drill", short_help="rehearse all levels", rich_help_panel=PANEL)
def drill(
    cohort: Annotated[
        str | None,
        typer.Argument(help="with its people; without one, in a sandbox", autocompletion=complete_cohort),
    ] = None,
    stack: Annotated[str | None, typer.Option("-s", "--stack", help="of the cohort", **OF_STACKS)] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Take a cohort level by level and give back, each verified and timed: in a sandbox of its own, or in earnest."""
    from cli.commands import drill as command

    if cohort is None and as_json:
        raise typer.BadParameter("name one with --json: the sandbox's drill prints text", param_hint="COHORT")
    if cohort is None:
        raise typer.Exit(command.in_sandbox())
    if stack is None:
        raise typer.BadParameter("name one", param_hint="--stack")
    command.with_people(stack, cohort, yes, as_json)
