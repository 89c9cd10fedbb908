"""Ports on loopback for what a test starts."""

from __future__ import annotations

import secrets
import socket
from typing import TypedDict

from sandbox.settings import HOST

# Below those that a system gives to whoever asks for any (Linux: from 32,768): one of them may go to a plug-in before
# the sandbox has taken it.
NOT_GIVEN_OUT = range(20_000, 32_768)


def free_port() -> int:
    while True:
        port = secrets.choice(NOT_GIVEN_OUT)
        try:
            socket.create_server((HOST, port)).close()
        except OSError:
            continue
        return port


class Ports(TypedDict):
    """As `Settings` takes them."""

    aws_port: int
    okta_port: int
    jamf_port: int


def free_ports() -> Ports:
    found: set[int] = set()
    while len(found) < 3:
        found.add(free_port())
    aws, okta, jamf = found
    return {"aws_port": aws, "okta_port": okta, "jamf_port": jamf}
