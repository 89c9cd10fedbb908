"""Runs inside new namespaces (mount, network, process), as their root: `python -m tests.client.cell SPEC.json`.

Gives what it runs an /etc of its own, a network of nothing but loopback and the gate's ports, and a user id that is
not root's: Claude Code refuses root what this folder tests.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import TypedDict

from tests.client import gate, terminal

MODULE = "tests.client.cell"
MANAGED = Path("/etc/claude-code")
UID = 1000
REST_SECONDS = 60
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1


class Spec(TypedDict):
    """`etc`, `managed`: folders to lay over /etc and /etc/claude-code. `mnt`: over /mnt; empty for none. `ports`: the Unix socket behind each port."""

    etc: str
    managed: str
    mnt: str
    ports: dict[str, str]
    command: list[str]
    environment: dict[str, str]
    folder: str
    typed: list[tuple[str, str]]


def namespaces() -> list[str]:
    """The command line before `python -m tests.client.cell`: as root, by sudo where it asks nothing, or as oneself."""
    made = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() == 0:
        return made
    try:
        if subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
            return ["sudo", "-n", *made]
    except OSError:  # there is none, or none of ours
        pass
    return [*made, "--map-root-user"]


def _as_somebody() -> list[str]:
    """No root any more, but still the owner of what whoever called us owns."""
    if uid := os.environ.get("SUDO_UID"):
        return ["setpriv", f"--reuid={uid}", f"--regid={os.environ['SUDO_GID']}", "--clear-groups", "--"]
    return ["unshare", "--user", f"--map-user={UID}", f"--map-group={UID}", "--"]


def _bind(source: str, target: str) -> None:
    subprocess.run(["mount", "--bind", source, target], check=True)


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _IFF_UP))


def main(spec: Spec) -> int:
    _bind(spec["etc"], "/etc")
    _bind(spec["managed"], str(MANAGED))
    if spec["mnt"]:
        _bind(spec["mnt"], "/mnt")
    _loopback_up()
    os.chdir(spec["folder"])
    ways = [(gate.port_listener(int(port)), gate.to_file(Path(path))) for port, path in spec["ports"].items()]
    command = [*_as_somebody(), *spec["command"]]
    with gate.passing(ways):
        if spec["typed"]:
            code = terminal.run(command, spec["environment"], spec["typed"])
        else:
            code = subprocess.run(command, env=spec["environment"], check=False).returncode
        _wait_for_the_rest()
    return code


def _wait_for_the_rest() -> None:
    """What hooks left running: it is our child once its parent has left, and ends with us."""
    deadline = time.monotonic() + REST_SECONDS
    with contextlib.suppress(ChildProcessError):  # there is none any more
        while time.monotonic() < deadline:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
