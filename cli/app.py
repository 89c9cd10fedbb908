"""`rollout`: all its verbs. What each takes is in `cli.verbs`; what it does, in `cli.commands`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.verbs import company, cutting, developers, looking, people, updating, upkeep
from cli.verbs.grouped import Grouped

EXIT_CODES = (
    "0 done; 1 refused, or not as it should be; 2 not understood, or not to be seen; 3 done in part, and said which; "
    "70 a fault of rollout itself; 130 stopped by whoever typed it"
)
# The same on one line of a terminal.
EXIT_LINE = "Exit: 0 done, 1 refused, 2 not understood, 3 in part, 70 our fault, 130 stopped"

app = typer.Typer(
    name="rollout",
    cls=Grouped,
    help="What people type beside `pulumi`.",
    epilog=EXIT_LINE,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for subject in (looking, updating, people, cutting, upkeep, developers, company):
    app.add_typer(subject.verbs)


def _version(wanted: bool) -> None:
    if wanted:
        from rollout import __version__

        print(f"rollout {__version__}")
        raise typer.Exit


@app.callback()
def every(
    version: Annotated[
        bool, typer.Option("--version", help="print the version, and end", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """What people type beside `pulumi`."""


def main() -> int:
    from cli.run import run

    return run(app)
