"""What a change would do, and doing it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.terminal.json_out import print_json
from cli.verbs.options import Json

PANEL = "Update"

verbs = typer.Typer()


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
