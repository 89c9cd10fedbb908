"""The real `claude gateway` with an emitted file, before a PostgreSQL and a way out of the test's own."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sandbox.tests.ports import free_port

SECONDS = 240
LISTENS = "claude gateway listening"
# What the emitted file asks for; none of them guards anything here.
JWT_SECRET = "j" * 48
ADMIN_KEY = "a" * 48


@dataclass
class Running:
    """`said`: its log so far, line by line. `port`: where it listens in plain HTTP."""

    port: int
    said: list[str] = field(default_factory=list[str])

    @property
    def events(self) -> list[dict[str, Any]]:
        """Of its audit log."""
        return [json.loads(line) for line in self.said if line.startswith("{")]


def on_loopback(text: str, port: int) -> str:
    """`text`, the emitted file, but for the one address that it listens on: each test has its own."""
    document = yaml.safe_load(text)
    assert document["listen"]["port"] == 8080
    document["listen"] |= {"host": "127.0.0.1", "port": port}
    return yaml.safe_dump(document, sort_keys=False)


def refused(claude: Path, folder: Path, text: str, environment: Mapping[str, str]) -> str:
    """What it says of a file that it does not start with."""
    process = _started(claude, folder, text, environment)
    said, _ = process.communicate(timeout=SECONDS)
    assert process.returncode, said
    assert LISTENS not in said
    return said


@contextmanager
def running(claude: Path, folder: Path, text: str, environment: Mapping[str, str]) -> Generator[Running]:
    """Once it listens."""
    port = free_port()
    process = _started(claude, folder, on_loopback(text, port), environment)
    found = Running(port)
    reader = threading.Thread(target=_read, args=(process, found.said), daemon=True)
    reader.start()
    try:
        deadline = time.monotonic() + SECONDS
        while not any(LISTENS in line for line in found.said):
            assert process.poll() is None, "".join(found.said)
            assert time.monotonic() < deadline, "".join(found.said)
            time.sleep(0.05)
        yield found
    finally:
        process.terminate()
        process.wait(SECONDS)
        reader.join()
        assert process.stdout
        process.stdout.close()


def environment(folder: Path, *, postgres: str, secret: str, way_out: Mapping[str, str]) -> dict[str, str]:
    """All that it finds set, but for AWS's credentials: the file's variables, and the proxy, which it hands names to."""
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "CLAUDE_CONFIG_DIR": str(home),
        "GATEWAY_OIDC_CLIENT_SECRET": secret,
        "GATEWAY_JWT_SECRET": JWT_SECRET,
        "GATEWAY_POSTGRES_URL": postgres,
        "GATEWAY_ADMIN_WRITE_KEY": ADMIN_KEY,
        "CLAUDE_GATEWAY_PROXY_IS_EGRESS_BOUNDARY": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
        **way_out,
    }


def _started(claude: Path, folder: Path, text: str, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    file = folder / "gateway.yaml"
    file.write_text(text, encoding="utf-8")
    return subprocess.Popen(
        [str(claude), "gateway", "--config", str(file)],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _read(process: subprocess.Popen[str], said: list[str]) -> None:
    assert process.stdout
    said.extend(re.sub(r"\x1b\[[0-9;]*m", "", line) for line in process.stdout)
