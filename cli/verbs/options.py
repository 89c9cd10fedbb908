"""What several verbs take, in the same words."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.completion import complete_cohort, complete_member, complete_stack
from cli.stack_file.selected import selected_stack

# The variable is in docs/rollout.md: beside each option it would take a line of every help.
OF_STACKS: Any = {"envvar": "ROLLOUT_STACK", "show_envvar": False, "autocompletion": complete_stack}
OF_MEMBERS: Any = {"autocompletion": complete_member}
LEVELS = "active, restricted, throttled, suspended, rolled_back or planned"

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
Yes = Annotated[bool, typer.Option("-y", "--yes", help="do not ask")]
Cohort = Annotated[str, typer.Argument(help="a cohort's name", autocompletion=complete_cohort)]
Shared = Annotated[bool, typer.Option("--shared", help="also where other stacks read the same roster")]
Email = Annotated[str, typer.Argument(help="an e-mail address", autocompletion=complete_member)]
