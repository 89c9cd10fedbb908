"""Stack files judged as they lie there: without engine, network or credentials."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.stack_file.files import config_in, is_encrypted, readable
from cli.stack_file.listing import BEGINNING, END, stack_path, stacks
from cli.stack_file.neighbours import clashes_in
from cli.terminal.json_out import print_json
from cli.terminal.text import text_of
from rollout.model.errors import StackFileError
from rollout.model.rollout import Rollout
from rollout.people.okta_waits import longest_wait_seconds, wait_advice
from rollout.stack_file.assessment import advice_lines, judgement
from rollout.stack_file.load import PROJECT, load


def run(stack: str | None, strict: bool, as_json: bool) -> int:
    """The exit code: 1 where anything is wrong, and under `strict` where anything is advised."""
    found = judged(Path.cwd(), stack)
    if as_json:
        print_json(found)
    else:
        from rich.console import Console

        from cli.terminal.check_tables import show

        show(Console(highlight=False), found)
    return 1 if found["errors"] or (strict and found["advice"]) else 0


def judged(project: Path, stack: str | None) -> dict[str, Any]:
    """`errors` and `advice` of all, a line each, and by stack what they are made of. A file without a `config:` is
    passed over, unless it is the one that was asked for: a stack's secrets provider may be all that is in it."""
    files = [stack_path(project, name) for name in ([stack] if stack else stacks(project))]
    if not files:
        stack_path(project, "<stack>")  # says which file is missing
    rollouts: dict[str, Rollout] = {}
    found = {_name(file): _stack(file, rollouts, asked=bool(stack)) for file in files}
    known = {name: one for name, one in found.items() if one is not None}
    for clash in clashes_in(project, rollouts):
        if clash.second in known:
            about = known[clash.second]
            (about["mistakes"] if clash.is_mistake else about["beside"]).append(clash.text)
    return {
        "errors": [f"{one['file']}: {line}" for one in known.values() for line in one["mistakes"]],
        "advice": [f"{one['file']}: {line}" for one in known.values() for line in _advice(one)],
        "passed_over": [file.name for file in files if found[_name(file)] is None],
        "stacks": known,
    }


def _name(file: Path) -> str:
    return file.name[len(BEGINNING) : -len(END)]


def _stack(file: Path, rollouts: dict[str, Rollout], asked: bool) -> dict[str, Any] | None:
    """`not_read`: what is encrypted, whose form stands in for it. `beside`: advice about another stack. No judgement
    where there are mistakes of its own. What it describes is put into `rollouts`."""
    about: dict[str, Any] = {"file": file.name, "mistakes": [], "not_read": [], "beside": []}
    try:
        config = config_in(text_of(file), file.name)
    except StackFileError as error:
        return {**about, "mistakes": [line.removeprefix(f"{file.name}: ") for line in error.lines]}
    if config is None:
        return {**about, "mistakes": ["config: missing; see the README for what it holds"]} if asked else None
    encrypted = {key for key, value in config.items() if is_encrypted(value)}
    about["not_read"] = sorted(key.removeprefix(f"{PROJECT}:") for key in encrypted)
    try:
        now = datetime.now(UTC)
        rollouts[_name(file)] = load(readable(config), file.parent, now, encrypted)
    except StackFileError as error:
        return {**about, "mistakes": error.lines}
    found = judgement(rollouts[_name(file)], now.date())
    okta = {"longest_wait_seconds": longest_wait_seconds(config), "advice": list(wait_advice(config))}
    return {**about, **found, "okta": okta}


def _advice(one: Mapping[str, Any]) -> list[str]:
    own = [*advice_lines(one), *one["okta"]["advice"]] if "cohorts" in one else []
    return [*own, *one["beside"]]
