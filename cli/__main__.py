"""`python -m cli summary --stack NAME`, `break-glass --stack NAME --cohort COHORT`, `diff BASE HEAD`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from cli.break_glass import break_glass
from cli.diff import review
from cli.stack import CommandError, outputs, stack_file
from cli.summary import print_summary
from rollout.words import StackFileError


def main() -> int:
    parser = argparse.ArgumentParser(prog="rollout", description="What people type beside `pulumi`.")
    commands = parser.add_subparsers(dest="command", required=True)
    summary = commands.add_parser("summary", help="what a stack holds, as a table")
    summary.add_argument("-s", "--stack", required=True)
    glass = commands.add_parser("break-glass", help="take a cohort at once, logs excepted; safe to repeat")
    glass.add_argument("-s", "--stack", required=True)
    glass.add_argument("-c", "--cohort", required=True)
    glass.add_argument(
        "--whatever-the-file-says", action="store_true", help="even where the stack file would give access back"
    )
    differ = commands.add_parser("diff", help="what a change of a stack file does, in Markdown, for its review")
    differ.add_argument("base", type=Path, help="the stack file as it is, in a folder with its rosters")
    differ.add_argument("head", type=Path, help="as it is to be")
    differ.add_argument("--preview", type=Path, help="the engine's events, as `ci/preview` writes them")
    differ.add_argument("--engine-diff", type=Path, help="what `pulumi preview --diff` says")
    given = parser.parse_args()
    project = Path.cwd()
    try:
        if given.command == "break-glass":
            rollout = None if given.whatever_the_file_says else stack_file(project, given.stack)
            print("\n".join(break_glass(project, given.stack, given.cohort, rollout)))
            return 0
        if given.command == "diff":
            print(review(given.base, given.head, given.preview, given.engine_diff))
            return 0
        print_summary(Console(), given.stack, stack_file(project, given.stack), outputs(project, given.stack))
    except (CommandError, StackFileError) as error:
        print(f"rollout: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
