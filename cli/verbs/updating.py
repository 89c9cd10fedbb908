"""What a change would do, and doing it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.terminal.json_out import print_json
from cli.verbs.options import Json, Stack, Yes

PANEL = "Update"

verbs = typer.Typer()

PolicyPack = Annotated[
    Path | None, typer.Option("--policy-pack", help="a folder; judged by it too, such as policies", show_default=False)
]


@verbs.command("plan", short_help="what up would do", rich_help_panel=PANEL)
def plan(stack: Stack, policy_pack: PolicyPack = None, as_json: Json = False) -> None:
    """What an update would do: who gains, who loses, levels, ARNs, cost, deletions; as a pull request's comment says
    it, held against what is deployed. Exit 1 where it cannot be carried out."""
    from cli.updating.plan import run

    raise typer.Exit(run(stack, policy_pack, as_json))


@verbs.command("up", short_help="plan, ask, update", rich_help_panel=PANEL)
def up(stack: Stack, policy_pack: PolicyPack = None, yes: Yes = False, as_json: Json = False) -> None:
    """Make a stack what its file says: the plan, one question, the update, and where to look then.

    Exit 1 where nothing was done, 3 where not all of it was: the same command goes on.
    """
    from cli.updating.up import run

    raise typer.Exit(run(stack, policy_pack, yes, as_json))


@verbs.command("diff", short_help="Markdown for review", rich_help_panel=PANEL)
def diff(
    base: Annotated[Path, typer.Argument(help="the stack file as it is, in a folder with its rosters")],
    head: Annotated[Path, typer.Argument(help="as it is to be")],
    preview: Annotated[Path | None, typer.Option(help="the engine's events, as ci/preview writes them")] = None,
    engine_diff: Annotated[Path | None, typer.Option(help="what `pulumi preview --diff` says")] = None,
    changed: Annotated[Path | None, typer.Option(help="names of the files of the whole request, one a line")] = None,
    as_json: Json = False,
) -> None:
    """What a change of a stack file does, in Markdown, for its review."""
    from cli.commands.diff import review

    said = review(base, head, preview, engine_diff, changed)
    if as_json:
        print_json({"markdown": said})
    else:
        print(said)
