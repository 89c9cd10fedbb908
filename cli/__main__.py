"""`python -m cli summary --stack NAME`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from cli.stack import CommandError, outputs, stack_file
from cli.summary import print_summary
from rollout.words import StackFileError


def main() -> int:
    parser = argparse.ArgumentParser(prog="rollout", description="What people type beside `pulumi`.")
    commands = parser.add_subparsers(dest="command", required=True)
    summary = commands.add_parser("summary", help="what a stack holds, as a table")
    summary.add_argument("-s", "--stack", required=True)
    given = parser.parse_args()
    project = Path.cwd()
    try:
        print_summary(Console(), given.stack, stack_file(project, given.stack), outputs(project, given.stack))
    except (CommandError, StackFileError) as error:
        print(f"rollout: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
