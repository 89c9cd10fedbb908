"""`rollout init`: a company's repository, out of what it says of itself."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError

from cli.company.answers import Answers
from cli.company.files import STACKS, files
from cli.company.interview import at_terminal
from cli.company.placing import place
from cli.stack_file.change import judged
from cli.stack_file.yaml_load import line_of, loaded
from cli.terminal.errors import CommandError
from cli.terminal.json_out import print_json
from cli.terminal.text import text_of
from rollout.model.errors import StackFileError, mistakes_of
from rollout.names import PROJECT

ROSTER = "rosters/pilot.csv"
NEXT = """
Next, in {folder}:
  git init && git add --all && git commit -m "Claude Code, for us"
  make setup    installs the program into .venv{source}
  make check    judges these files again
  make up       tries them in a sandbox on this machine; no account is touched
README.md says how they get to a real account.
"""


def run(folder: Path, answers_file: Path | None, as_json: bool) -> int:
    """Exit 0 once all files are there; 1, with every mistake, where none was written."""
    answers = _answers(answers_file) if answers_file else at_terminal()
    roster = text_of(Path(answers.people)) if answers.people else None
    made = files(answers, roster)
    _judge(made, answers.people)
    written = place(_but_their_project(made, folder), folder)
    if as_json:
        print_json({"folder": str(folder), "written": written})
        return 0
    print("\n".join(f"wrote {path}" for path in written) or "all files are there already, as these answers have them")
    print(NEXT.format(folder=folder, source="" if answers.source else "; say in requirements.txt from where"), end="")
    return 0


def _but_their_project(made: Mapping[str, str], folder: Path) -> Mapping[str, str]:
    """Without Pulumi.yaml where there is one of this project: `pulumi new` writes where it came from into it."""
    file = folder / "Pulumi.yaml"
    known: Any = loaded(text_of(file)) if file.is_file() else None
    theirs = isinstance(known, dict) and cast("dict[str, Any]", known).get("name") == PROJECT
    return {path: text for path, text in made.items() if not (theirs and path == file.name)}


def _answers(file: Path) -> Answers:
    """From a YAML or JSON file."""
    try:
        found: Any = loaded(text_of(file))
    except yaml.YAMLError as error:
        raise CommandError(f"{file.name}: no YAML: {line_of(error)}") from None
    if not isinstance(found, dict):
        raise CommandError(f"{file.name}: no map of keys and values; docs/rollout.md names the keys")
    try:
        answers = Answers.model_validate(found)
    except ValidationError as error:
        lines = sorted({mistake.line({}) for mistake in mistakes_of(error, Answers, ())})
        raise CommandError("\n".join(f"{file.name}: {line}" for line in lines)) from None
    # Of a file that names another, the other lies beside it.
    people = str(file.parent / answers.people) if answers.people else None
    return answers.model_copy(update={"people": people})


def _judge(made: dict[str, str], people: str | None) -> None:
    """By the stack file's own judge, before anything is written. CommandError names the file that the person gave."""
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / ROSTER).parent.mkdir()
        (Path(scratch) / ROSTER).write_text(made[ROSTER], encoding="utf-8", newline="")
        lines: dict[str, None] = {}
        for stack in STACKS:
            try:
                judged(made[f"Pulumi.{stack}.yaml"], Path(scratch), f"Pulumi.{stack}.yaml")
            except StackFileError as error:
                lines |= dict.fromkeys(line.replace(ROSTER, people or ROSTER) for line in error.lines)
    if lines:
        raise CommandError("\n".join([*lines, "nothing was written"]))
