"""Commands for those who look after developers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.verbs.options import Cohort, Json, Stack

verbs = typer.Typer()


@verbs.command("onboarding-page", short_help="for developers", rich_help_panel="Upkeep")
def onboarding_page(
    stack: Stack,
    cohort: Cohort,
    out: Annotated[
        Path | None, typer.Option(help="the file to write; else onboarding-COHORT.html", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a cohort's page for its developers: install, sign in, models, what each error means, whom to ask.

    One file of HTML that loads nothing from elsewhere and names no member. Needs no network and no engine.
    """
    from cli.commands.onboarding_page import run

    run(stack, cohort, out, as_json)
