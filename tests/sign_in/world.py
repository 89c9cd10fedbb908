"""A member's machine with what signs in on it, and an okta-aws-cli that counts how often it opened a browser."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rollout.macs.credential_helper import ENTRY, SETTINGS, command, files
from rollout.macs.places import PLACES, Platform
from rollout.macs.sign_in import okta_aws_cli
from rollout.model.rollout import Rollout
from rollout.stack_file.load import load
from tests import stacks

ROLE = "arn:aws:iam::123456789012:role/claude-code-pilot"
PROCESS = okta_aws_cli(
    "acme.okta.com", "client", "0oa" + "a" * 17, "arn:aws:iam::123456789012:saml-provider/Okta", ROLE, "us-east-1", 60
)
SECRET = "sEcReT/of+the=session"
# What it does is written down beside it: seconds to wait, exit code, stderr, minutes that a session lasts.
STAND_IN = """#!/bin/sh
here=$(dirname "$0")
echo "$$" >> "$here/opened"
env > "$here/environment"; pwd >> "$here/environment"; echo "$@" > "$here/arguments"
[ ! -f "$here/seconds" ] || sleep "$(cat "$here/seconds")"
[ ! -f "$here/says" ] || { cat "$here/says" >&2; exit 1; }
[ ! -f "$here/prints" ] || { cat "$here/prints"; exit 0; }
minutes=60; [ ! -f "$here/minutes" ] || minutes=$(cat "$here/minutes")
printf '{"Version": 1, "AccessKeyId": "ASIA%s", "SecretAccessKey": "SECRET", "SessionToken": "token", "Expiration": "%s"}' \\
  $$ "$(date -u -d "+$minutes minutes" +%Y-%m-%dT%H:%M:%SZ)"
""".replace("SECRET", SECRET)


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    error: str

    @property
    def key(self) -> str:
        return str(json.loads(self.out)["AccessKeyId"])


@dataclass(frozen=True)
class Machine:
    """`folder`: where a Mac has its managed settings. `tools`: where okta-aws-cli is."""

    folder: Path
    home: Path
    tools: Path

    @property
    def entry(self) -> Path:
        return self.folder / ENTRY

    @property
    def cache(self) -> Path:
        return self.home / ".cache" / "claude-code-rollout"

    @property
    def kept(self) -> list[Path]:
        return sorted(self.cache.glob("*.session"))

    @property
    def opened(self) -> int:
        """How many browsers."""
        counted = self.tools / "opened"
        return len(counted.read_text().splitlines()) if counted.exists() else 0

    def tells(self, **what: object) -> None:
        """How okta-aws-cli behaves from now on; None: as it did before it was told."""
        for name, value in what.items():
            file = self.tools / name
            file.unlink(missing_ok=True) if value is None else file.write_text(str(value), encoding="utf-8")

    def starts(self, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._line(arguments),
            env={"HOME": str(self.home), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def asks(self, *arguments: str, environment: dict[str, str] | None = None) -> Answer:
        """With nothing set but HOME, as an IDE may start it."""
        return answered(self.starts(*arguments, environment=environment))

    def configure(self, **changes: object) -> None:
        """Entries of the file that the rollout delivers; None takes one away."""
        path = self.folder / SETTINGS
        lines = [line for line in path.read_text().splitlines() if line.partition(" = ")[0] not in changes]
        added = [f"{name} = {value}" for name, value in changes.items() if value is not None]
        path.write_text("\n".join([*added, *lines, ""]), encoding="utf-8")

    def keep(self, text: str) -> Path:
        """Writes what is kept, as somebody else might."""
        self.asks()
        [path] = self.kept
        path.write_text(text, encoding="utf-8")
        return path

    def _line(self, arguments: Sequence[str]) -> list[str]:
        return [str(self.entry), *arguments]


def answered(process: subprocess.Popen[str]) -> Answer:
    out, error = process.communicate(timeout=600)
    return Answer(process.returncode, out, error)


def rollout(**more: Any) -> Rollout:
    return load(stacks.config({**stacks.small(), **more}), stacks.COMPANY, datetime(2026, 11, 23, tzinfo=UTC))


def machine(root: Path, stack: Rollout | None = None) -> Machine:
    """The folder has a blank in its name, as a Mac's has."""
    folder, home = root / "Claude Code", root / "home"
    tools = home / "go" / "bin"
    tools.mkdir(parents=True)
    for file in files(stack or rollout(), "pilot", Platform.LINUX, PROCESS):
        path = folder / Path(file.path).relative_to(PLACES[Platform.LINUX].folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.content, encoding="utf-8")
        path.chmod(file.mode)
    program = tools / "okta-aws-cli"
    program.write_text(STAND_IN, encoding="utf-8")
    program.chmod(0o755)
    made = Machine(folder, home, tools)
    made.configure(sts_url="http://127.0.0.1:9")  # nobody there
    return made


def profile_line(made: Machine) -> str:
    """The `credential_process` as it is installed, for this machine's folder."""
    return command(Platform.LINUX, PROCESS).replace(PLACES[Platform.LINUX].folder, str(made.folder))


def kept_text(*, got_minutes: float = 0, ends_minutes: float = 60, key: str = "ASIAKEPT") -> str:
    """A session as it is kept. Minutes from now."""
    now = datetime.now(UTC)
    got, ends = (now + timedelta(minutes=minutes) for minutes in (got_minutes, ends_minutes))
    when = ends.strftime("%Y-%m-%dT%H:%M:%SZ")
    return "\n".join(["session-1", str(got.timestamp()), str(ends.timestamp()), key, SECRET, "token", when, ""])


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
