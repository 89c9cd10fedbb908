"""`rollout doctor`: what is missing before a rollout works, worst first."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from rich.console import Console

from cli.doctor import aws, outside
from cli.doctor.finding import Check, Finding, Health, looked, unknown
from cli.files import with_config
from cli.live import engine
from cli.live.asking import Unreachable, asked
from cli.live.aws import expected_accounts, own_clients
from cli.stack import stack_file
from cli.stack_files import stack_path
from rollout.config import Rollout

BROKEN, NOT_ASKED = 1, 3


def run(stack: str, as_json: bool) -> int:
    """The exit code: 1 where something is broken, 3 where something could not be asked."""
    found = findings(Path.cwd(), stack)
    if as_json:
        print(json.dumps([asdict(finding) for finding in found], indent=2))
    else:
        console = Console(highlight=False)
        for line in lines(found):
            console.print(line, markup=False)
    return code(found)


def code(found: Sequence[Finding]) -> int:
    states = {finding.health for finding in found}
    return BROKEN if Health.BROKEN in states else NOT_ASKED if Health.UNKNOWN in states else 0


def lines(found: Sequence[Finding]) -> Iterator[str]:
    for finding in found:
        yield f"{finding.health:<10} {finding.check}: {finding.what}"
        if finding.fix:
            yield f"{'':<10} do: {finding.fix}"
    counts = {health: sum(finding.health is health for finding in found) for health in Health}
    yield ", ".join(f"{count} {health}" for health, count in counts.items())


def findings(project: Path, stack: str) -> list[Finding]:
    path = stack_path(project, stack)
    rollout, config = with_config(path)

    @cache
    def secrets() -> Rollout:
        return stack_file(project, stack)

    checks = outside.checks(project, stack, rollout, os.environ, secrets)
    known = asked("stack outputs", engine.outputs, project, stack)
    outputs: Mapping[str, Any] = {} if isinstance(known, Unreachable) else known
    made = asked("AWS", own_clients, config, outputs)
    if isinstance(made, Unreachable):
        why = made.why

        def gone() -> list[Finding]:
            return [unknown("AWS", why, "sign in to the stack's account; nothing of AWS was looked at")]

        return looked([*checks, Check(name="AWS", look=gone, fix="")])
    return looked([*checks, *aws.checks(made, rollout, expected_accounts(config, outputs))])
