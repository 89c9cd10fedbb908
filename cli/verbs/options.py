"""Options and arguments that several commands take."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.completion import complete_cohort, complete_stack
from cli.stack_file.selected import selected_stack

OF_STACKS: Any = {"envvar": "ROLLOUT_STACK", "autocompletion": complete_stack}

Stack = Annotated[
    str,
    typer.Option(
        *("-s", "--stack"),
        help="such as dev or prod; else the selected one",
        default_factory=selected_stack,
        show_default=False,
        **OF_STACKS,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="for programs")]
Cohort = Annotated[str, typer.Argument(help="a cohort's name", autocompletion=complete_cohort)]
