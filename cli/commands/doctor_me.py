"""`rollout doctor --me`: what a developer's machine has and has not, worst first, each with what to do."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from cli.commands.doctor import code, show
from cli.doctor import machine, own_profiles
from cli.doctor.finding import Check, Finding, looked
from cli.doctor.installed import Machine, this_platform
from cli.stack_file.files import rollout_of
from cli.stack_file.listing import stack_path
from cli.terminal.json_out import print_json


def run(stack: str | None, as_json: bool) -> int:
    """The exit code: 1 where something is broken, 3 where something could not be asked."""
    rollout = rollout_of(stack_path(Path.cwd(), stack)) if stack else None
    here = Machine(platform=this_platform(), environment=os.environ)
    session: list[Mapping[str, str] | None] = []

    def signed_in() -> list[Finding]:
        found, keys = machine.sign_in(here)
        session.append(keys)
        return found

    # One after the other: what is asked of AWS is asked with the session that is kept.
    first = looked([Check(name="sign-in", look=signed_in, fix=here.ask)])
    keys = session[0] if session else None
    models = Check(name="models", look=lambda: own_profiles.profiles(here, keys), fix=here.ask)
    found = [*looked([*machine.checks(here, rollout), models]), *first]
    found.sort(key=lambda each: each.health.rank)
    if as_json:
        print_json([asdict(each) for each in found])
    else:
        show(Console(highlight=False), found)
    return code(found)
