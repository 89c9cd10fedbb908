"""A PostgreSQL of a test's own on loopback: Debian's `postgresql`, in a folder that goes with it."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.tests.ports import free_port

DEBIAN = Path("/usr/lib/postgresql")
NOBODY = "nobody"
SECONDS = 240
USER = "gateway"


class MissingError(Exception):
    """No PostgreSQL server is installed."""


def _folder() -> str:
    """Of its programs; Debian keeps them off PATH."""
    if found := shutil.which("postgres"):
        return str(Path(found).resolve().parent)
    versions = sorted(DEBIAN.glob("*/bin/postgres"), key=lambda file: int(file.parts[-3]))
    if not versions:
        raise MissingError("no PostgreSQL server here: on Debian `apt-get install postgresql`")
    return str(versions[-1].parent)


def _as_nobody() -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["setpriv", f"--reuid={NOBODY}", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []


@dataclass(frozen=True)
class Server:
    programs: str
    port: int

    def database(self) -> str:
        """The URL of a new one, empty."""
        name = f"gateway_{secrets.token_hex(4)}"
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", USER]
        subprocess.run([f"{self.programs}/createdb", *where, name], check=True, capture_output=True, timeout=SECONDS)
        return f"postgres://{USER}@127.0.0.1:{self.port}/{name}?sslmode=disable"


@contextmanager
def running() -> Generator[Server]:
    """MissingError where there is none."""
    programs = _folder()
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="postgres") as name:
        folder = Path(name)
        folder.chmod(0o755)
        data = folder / "data"
        if os.geteuid() == 0:
            data.mkdir()
            shutil.chown(data, NOBODY)
        environment = {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C"}
        made = [
            *_as_nobody(),
            f"{programs}/initdb",
            "-D",
            str(data),
            "-U",
            USER,
            "-A",
            "trust",
            "--no-sync",
            "-E",
            "UTF8",
        ]
        subprocess.run(made, cwd="/", env=environment, check=True, capture_output=True, timeout=SECONDS)
        # No socket: its path could be too long, and `trust` asks nobody who comes by one.
        options = ["-p", str(port), "-h", "127.0.0.1", "-k", "", "-c", "fsync=off"]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [*_as_nobody(), f"{programs}/postgres", "-D", str(data), *options],
                cwd="/",
                env=environment,
                stdout=log,
                stderr=log,
            )
        try:
            _wait(programs, port, server, folder / "log")
            yield Server(programs, port)
        finally:
            server.send_signal(signal.SIGINT)  # the fast way: whoever is connected is put off
            server.wait(SECONDS)


def _wait(programs: str, port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    ready = [f"{programs}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    while subprocess.run(ready, check=False, timeout=SECONDS).returncode:
        assert server.poll() is None, log.read_text(errors="replace")
        assert time.monotonic() < deadline, log.read_text(errors="replace")
        time.sleep(0.05)
