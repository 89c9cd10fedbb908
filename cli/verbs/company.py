"""A company's own repository, and what its CI system calls."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.completion import complete_stack
from cli.verbs.options import Json, Stack, Yes

PANEL = "Company"

verbs = typer.Typer()


@verbs.command("init", short_help="a company's files", rich_help_panel=PANEL)
def init(
    folder: Annotated[Path, typer.Argument(help="where; made if it is not there")] = Path(),
    answers: Annotated[Path | None, typer.Option(help="a YAML file with the answers, instead of questions")] = None,
    beside: Annotated[
        str | None, typer.Option(help="a stack that is up, for one beside it", autocompletion=complete_stack)
    ] = None,
    stack: Annotated[str, typer.Option("-s", "--stack", help="with --beside: the new one")] = "dev",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Make a company's repository by asking: stack files, a roster, workflows, and a README.

    Each answer is judged as it is typed. Nothing that is there already is overwritten: run it again, and it adds what
    is missing. Exit 1 where an answer is wrong: all mistakes are said, and nothing is written.

    With `--beside`, the file of a second stack that adopts what that one has made, by the ids of its state. A file that
    is there gets that block alone. `--answers` may have cohort, people, models, monthly_usd, account.
    """
    if beside:
        from cli.company.beside import run as run_beside

        raise typer.Exit(run_beside(folder, beside, stack, answers, yes, as_json))
    from cli.company.init import run

    raise typer.Exit(run(folder, answers, as_json))


@verbs.command(
    "ci",
    short_help="CI's scripts",
    rich_help_panel=PANEL,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "allow_interspersed_args": False},
)
def ci(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="prepare, preview, review, comment, deploy, drift, policies or report")],
) -> None:
    """Run one of the scripts that a CI system calls, with what stands after its name, as docs/ci.md has it.

    Its exit code is the script's.
    """
    from cli.company.ci_scripts import run

    raise typer.Exit(run(name, context.args))


@verbs.command("upgrade", short_help="a newer version", rich_help_panel=PANEL)
def upgrade(
    source: Annotated[str, typer.Argument(help="as in requirements.txt: a git address with its tag, or wheels")],
    stack: Stack,
    as_json: Json = False,
) -> None:
    """Say what a newer version would do to a stack, before it is taken: two previews, side by side.

    Nothing is changed, nor is what is installed. Exit 0 both would do the same; 1 the new one refuses the stack file,
    or deletes or replaces something; 3 it changes something else.
    """
    from cli.company.upgrade import run

    raise typer.Exit(run(stack, source, as_json))
