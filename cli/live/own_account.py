"""AWS of the stack's own account, for a command that can do nothing without it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cli.live import aws, engine
from cli.live.asking import Unreachable, asked
from cli.live.aws import Clients
from cli.terminal.errors import CommandError


def clients_of(project: Path, stack: str, config: Mapping[str, Any], answer_seconds: int | None = None) -> Clients:
    """Held against the stack's outputs, where it has any. CommandError where AWS does not answer, or is another's."""
    outputs = asked("stack outputs", engine.outputs, project, stack)
    clients = asked("AWS", aws.own_clients, config, {} if isinstance(outputs, Unreachable) else outputs, answer_seconds)
    if isinstance(clients, Unreachable):
        raise CommandError(clients.line)
    return clients
