"""`python -m cli.pages.commands`: docs/rollout.md, from the commands themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import typer

from cli.app import EXIT_CODES, app

INTRODUCTION = f"""# The `rollout` command

Written by `make commands-page` from `cli/verbs`, which is what runs. `rollout --help` has all of it on one screen.

Exit codes: {EXIT_CODES}.

With `--json` the standard output holds one JSON document and nothing else; what cannot be done is
`{{"errors": ["a line each"]}}` there, under the same exit code. `rollout check --json` has `errors` and `advice` of all
stacks, and under `stacks` each stack's `mistakes`, `not_read` (what is encrypted), `cohorts`, `budgets` and `residual`.

Where no `--stack` is given, it is the one that ROLLOUT_STACK names, else the one that `pulumi` has selected.

`rollout --install-completion` makes the tab key offer stacks, cohorts, members and levels (bash, zsh and fish).
"""


def page() -> str:
    group: Any = typer.main.get_command(app)
    parts = [INTRODUCTION]
    for name, command in group.commands.items():
        parts.append(f"## rollout {name}\n\n{command.help.strip()}\n\n" + "\n".join(_rows(command)) + "\n")
    return "\n".join(parts)


def _rows(command: Any) -> Iterator[str]:
    yield "| | | |"
    yield "| --- | --- | --- |"
    for parameter in command.params:
        if parameter.name == "help":
            continue
        is_option = parameter.param_type_name == "option"
        names = ", ".join(f"`{name}`" for name in parameter.opts) if is_option else f"`{parameter.name.upper()}`"
        yield f"| {names} | {'needed' if parameter.required else ''} | {parameter.help or ''} |"


if __name__ == "__main__":
    sys.stdout.write(page())
