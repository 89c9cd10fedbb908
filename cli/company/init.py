"""`rollout init`: a company's repository, out of what it says of itself."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError

from cli.company.answers import Answers
from cli.company.files import ROSTERS, STACKS, files, roster_of
from cli.company.interview import at_terminal
from cli.company.people import mistakes_in, people_text
from cli.company.placing import place
from cli.stack_file.change import judged
from cli.stack_file.yaml_load import line_of, loaded
from cli.terminal.errors import CommandError
from cli.terminal.json_out import print_json
from cli.terminal.text import text_of
from rollout.model.errors import StackFileError, mistakes_of
from rollout.names import PROJECT

NOTHING = "nothing was written"
NEXT = """
Next, in {folder}:
  git init && git add --all && git commit -m "Claude Code, for us"
  make setup    installs the program into .venv{source}
  make check    judges these files again
  make up       tries them in a sandbox on this machine; no account is touched
{notices}README.md says how they get to a real account.
"""


def run(folder: Path, answers_file: Path | None, as_json: bool) -> int:
    """Exit 0 once all files are there; 1, with every mistake, where none was written."""
    answers = _answers(answers_file) if answers_file else at_terminal()
    roster = people_text(Path(answers.people)) if answers.people else None
    made = files(answers, roster)
    _judge(made, answers.people)
    written = place(_but_their_project(made, folder), folder)
    if as_json:
        print_json({"folder": str(folder), "written": written})
        return 0
    print("\n".join(f"wrote {path}" for path in written) or "all files are there already, as these answers have them")
    source = "" if answers.source else "; say in requirements.txt from where"
    print(NEXT.format(folder=folder, source=source, notices=_notices(answers)), end="")
    return 0


def _but_their_project(made: Mapping[str, str], folder: Path) -> Mapping[str, str]:
    """Without Pulumi.yaml where there is one of this project: `pulumi new` writes where it came from into it."""
    file = folder / "Pulumi.yaml"
    known: Any = loaded(text_of(file)) if file.is_file() else None
    theirs = isinstance(known, dict) and cast("dict[str, Any]", known).get("name") == PROJECT
    return {path: text for path, text in made.items() if not (theirs and path == file.name)}


def _answers(file: Path) -> Answers:
    """From a YAML or JSON file, with its people judged: CommandError has all mistakes of both."""
    try:
        found: Any = loaded(text_of(file))
    except yaml.YAMLError as error:
        raise CommandError(f"{file.name}: no YAML: {line_of(error)}\n{NOTHING}") from None
    if not isinstance(found, dict):
        keys = ", ".join(sorted(Answers.model_fields))
        raise CommandError(f"{file.name}: no map of keys and values; the keys are {keys}\n{NOTHING}")
    given, lines = cast("dict[str, Any]", found), list[str]()
    # Of a file that names another, the other lies beside it.
    if isinstance(people := given.get("people"), str):
        given = {**given, "people": str(file.parent / people)}
        lines = _of_people(file.parent / people, given.get("teams"))
    try:
        answers = Answers.model_validate(given)
    except ValidationError as error:
        mistakes = sorted({mistake.line({}) for mistake in mistakes_of(error, Answers, ())})
        lines = [*(f"{file.name}: {line}" for line in mistakes), *lines]
    else:
        if not lines:
            return answers
    raise CommandError("\n".join([*lines, NOTHING]))


def _of_people(file: Path, teams: object) -> list[str]:
    try:
        text = people_text(file)
    except CommandError as error:
        return [f"people: {error}"]
    named = list(map(str, cast("dict[Any, Any]", teams))) if isinstance(teams, dict) else []
    return mistakes_in(text, str(file), named)


def _judge(made: Mapping[str, str], people: str | None) -> None:
    """By the stack file's own judge, before anything is written. CommandError names the file that the person gave."""
    lines: dict[str, None] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for path, text in made.items():
            if path.startswith(f"{ROSTERS}/"):
                (Path(scratch) / path).parent.mkdir(exist_ok=True)
                (Path(scratch) / path).write_text(text, encoding="utf-8", newline="")
        for stack in STACKS:
            try:
                judged(made[f"Pulumi.{stack}.yaml"], Path(scratch), f"Pulumi.{stack}.yaml")
            except StackFileError as error:
                roster = roster_of(stack)
                lines |= dict.fromkeys(line.replace(roster, people or roster) for line in error.lines)
    if lines:
        raise CommandError("\n".join([*lines, NOTHING]))


def _notices(answers: Answers) -> str:
    """What has to be typed before anybody is told of anything."""
    if answers.slack:
        return "  pulumi config set --secret slack_bot_token    lets the bot post; before it nothing does\n"
    return ""
