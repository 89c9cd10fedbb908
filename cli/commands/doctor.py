"""`rollout doctor`: what is missing before a rollout works, worst first."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.doctor import aws, beside, engine, identity_center, jamf, okta, slack
from cli.doctor.finding import Check, Finding, Health, looked, unknown
from cli.doctor.steps import PAGE, Step
from cli.live.asking import Unreachable, asked
from cli.live.aws import Clients, account_of, expected_accounts, own_clients
from cli.live.engine import outputs as stack_outputs
from cli.live.stack import stack_file
from cli.stack_file.files import with_config
from cli.stack_file.listing import stack_path
from cli.terminal.json_out import print_json
from rollout.account import Account
from rollout.leaks.masked import printable
from rollout.model.rollout import Rollout

BROKEN, NOT_ASKED = 1, 3
CHECK_WIDTH = 18
STYLES = {Health.BROKEN: "bold red", Health.UNKNOWN: "yellow", Health.FINE: "green"}


def run(stack: str, as_json: bool) -> int:
    """The exit code: 1 where something is broken, 3 where something could not be asked."""
    found = findings(Path.cwd(), stack)
    if as_json:
        print_json([asdict(finding) for finding in found])
    else:
        show(Console(highlight=False), found)
    return code(found)


def code(found: Sequence[Finding]) -> int:
    states = {finding.health for finding in found}
    return BROKEN if Health.BROKEN in states else NOT_ASKED if Health.UNKNOWN in states else 0


def show(console: Console, found: Sequence[Finding]) -> None:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(max_width=CHECK_WIDTH)
    table.add_column(overflow="fold")
    for finding in found:
        table.add_row(Text(finding.health, STYLES[finding.health]), Text(finding.check), Text(printable(finding.what)))
        if finding.fix:
            table.add_row("", "", Text(printable(f"do: {finding.fix}{_page(finding)}"), "bold"))
    console.print(table)
    counts = {health: sum(finding.health is health for finding in found) for health in Health}
    console.print(", ".join(f"{count} {health}" for health, count in counts.items()))


def _page(finding: Finding) -> str:
    return f" ({PAGE}, {finding.step})" if finding.step else ""


def findings(project: Path, stack: str) -> list[Finding]:
    path = stack_path(project, stack)
    rollout, config = with_config(path)

    @cache
    def secrets() -> Rollout:
        return stack_file(project, stack)

    known = asked("stack outputs", stack_outputs, project, stack)
    outputs: Mapping[str, Any] = {} if isinstance(known, Unreachable) else known
    made = asked("AWS", own_clients, config, outputs)
    checks = [
        *engine.checks(project, stack, os.environ),
        *okta.checks(rollout, config, _account(config, outputs, made), os.environ),
        *jamf.checks(rollout, os.environ, secrets),
        *slack.checks(rollout, os.environ, secrets),
    ]
    if isinstance(made, Unreachable):
        why = made.why

        def gone() -> list[Finding]:
            return [unknown("AWS", why, "sign in to the stack's account; nothing of AWS was looked at")]

        return looked([*checks, Check(name="AWS", look=gone, fix="", step=Step.SHELL)])
    there = beside.Asked(
        project=project,
        stack=stack,
        rollout=rollout,
        account=_account(config, outputs, made),
        clients=made,
        okta=okta.client(rollout, os.environ),
    )
    expected = expected_accounts(config, outputs)
    checks += [*aws.checks(made, rollout, expected), *identity_center.check(made, rollout), beside.check(there)]
    return looked(checks)


def _account(config: Mapping[str, Any], outputs: Mapping[str, Any], made: Clients | Unreachable) -> Account | None:
    """The stack's, by what it says of itself, else by whose the credentials are."""
    expected = expected_accounts(config, outputs)
    if len(expected) == 1:
        found: str | Unreachable = next(iter(expected))
    else:
        found = made if isinstance(made, Unreachable) else asked("AWS", account_of, made)
    region = config.get("aws:region")
    return None if isinstance(found, Unreachable) or not region else Account(found, str(region))
