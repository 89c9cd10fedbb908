"""`rollout doctor --prove`: whether who is over a stop is counted and denied, seen on somebody who does not exist."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from cli.live import proof
from cli.live.own_account import clients_of
from cli.live.proof import Proof
from cli.stack_file.files import with_config
from cli.stack_file.listing import stack_path
from cli.terminal.errors import CommandError
from cli.terminal.json_out import print_json

PROVEN, NOT_ENFORCED = 0, 1


class NotAskedError(CommandError):
    """Nothing could be seen: the doctor's exit code for what was not asked."""

    code = 3


def run(stack: str, as_json: bool) -> int:
    """The exit code. CommandError, of code 3, where nothing could be seen."""
    project = Path.cwd()
    rollout, config = with_config(stack_path(project, stack))
    if rollout.adopt.meter:
        raise CommandError("the meter is another stack's (`adopt.meter`); prove there")
    try:
        found = proof.prove(clients_of(project, stack, config, proof.ANSWER_SECONDS))
    except CommandError as error:
        raise NotAskedError(str(error)) from error
    if as_json:
        print_json(asdict(found))
    else:
        print("\n".join(lines(found)))
    return NOT_ENFORCED if found.proven is False else PROVEN


def lines(found: Proof) -> list[str]:
    if found.nothing_to_prove:
        return [f"nothing to prove: {found.nothing_to_prove}"]
    if found.proven:
        took = f"{found.seconds:.1f} s from the record that reached {found.stop} to the Deny"
        by = ", ".join(found.policies)
        return [f"enforced: {took}, by {by}; counted {found.tokens:,} tokens, USD {found.usd}"]
    return [
        "NOT enforced: who is over a stop may go on",
        *(f"  {why}" for why in found.why),
        "do: `pulumi up --refresh`, then this again; `rollout cut` whoever must be stopped meanwhile",
    ]
