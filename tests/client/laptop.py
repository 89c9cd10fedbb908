"""A member's computer, as far as Claude Code can tell: managed settings, the member's sign-in, a home, a project.

Each session runs in a cell: /etc and the network are its own, and it reaches the sandbox's AWS and Okta alone. The
machine's own /etc/claude-code is neither read nor written, nor is anybody's home.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from rollout.macs.commit_guard import File
from rollout.macs.places import PLACES, Platform
from sandbox.settings import PROJECT
from tests.client import cell, gate
from tests.engine.world import World

# A limit, where one session takes seconds on a machine with nothing else to do.
SECONDS = 900
SYSTEM_PATH = ("/usr/local/bin", "/usr/bin", "/bin")
# okta-aws-cli as our AWS profile calls it, signing in to the sandbox's Okta.
OKTA_AWS_CLI = """#!/bin/sh
while [ $# -gt 1 ]; do
  case $1 in --aws-iam-role) role=$2 ;; --aws-iam-idp) provider=$2 ;; esac
  shift
done
cd {project} && exec env {environment} {python} -m sandbox sign-in {login} --role-arn "$role" --provider-arn "$provider"
"""


@dataclass(frozen=True, kw_only=True)
class Session:
    """One run of the client. `calls`: what AWS was asked for meanwhile, by anybody, from its journal."""

    code: int
    output: str
    errors: str
    calls: list[dict[str, Any]]

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        """Of `--output-format stream-json`."""
        return [json.loads(line) for line in self.output.splitlines()]

    @property
    def answer(self) -> str:
        return self.events[-1]["result"]

    @property
    def tool_results(self) -> list[str]:
        """What the model was told of each tool it called."""
        messages = [event["message"] for event in self.events if event["type"] == "user"]
        blocks = [block for message in messages for block in message["content"]]
        return [str(block["content"]) for block in blocks if block["type"] == "tool_result"]

    @property
    def bedrock(self) -> list[tuple[str, int]]:
        """Each call of Bedrock: its path, a model's ARN or id within, and the answer's status."""
        return [(call["path"], call["status"]) for call in self.calls if call["service"] == "bedrock"]

    @property
    def requests(self) -> list[tuple[str, int]]:
        """Those of `bedrock` that carry a prompt; the newest client also asks what there is, at each start."""
        return [(path, status) for path, status in self.bedrock if path.startswith("/model/")]

    @property
    def invoked(self) -> list[str]:
        """The models that were asked, as the client named them."""
        return [path.split("/model/")[1].rpartition("/")[0] for path, _ in self.requests]


@dataclass(kw_only=True)
class Laptop:
    """`folder`: short, for a socket's path has 108 characters at most. `etc`: a copy of /etc to lay over it."""

    folder: Path
    etc: Path
    world: World
    claude: Path
    login: str
    also: list[int] = field(default_factory=list[int])
    """Further ports of this machine that its cell reaches."""
    mnt: Path | None = None
    """What the cell has at /mnt."""

    def __post_init__(self) -> None:
        for part in (self.managed, self.project, self.home / "tmp", self.home / "bin"):
            part.mkdir(parents=True)
        trusted = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}
        state = {"hasCompletedOnboarding": True, "projects": {str(self.project): trusted}}
        (self.home / ".claude.json").write_text(json.dumps(state), encoding="utf-8")
        sign_in = self.home / "bin" / "okta-aws-cli"
        settings = self.world.settings
        environment = {
            "SANDBOX_HOME": str(self.home / "tmp"),
            "SANDBOX_AWS_PORT": str(settings.aws_port),
            "SANDBOX_OKTA_PORT": str(settings.okta_port),
        }
        words = {
            "project": shlex.quote(str(PROJECT)),
            "environment": shlex.join(f"{name}={value}" for name, value in environment.items()),
            "python": shlex.quote(sys.executable),
            "login": shlex.quote(self.login),
        }
        sign_in.write_text(OKTA_AWS_CLI.format(**words), encoding="utf-8")
        sign_in.chmod(0o755)

    @property
    def managed(self) -> Path:
        """What the cell has at /etc/claude-code."""
        return self.folder / "managed"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def project(self) -> Path:
        return self.home / "project"

    def receives(self, settings: dict[str, Any], *files: File) -> None:
        """Managed settings, after the files that they name."""
        for file in (*files, File(path=PLACES[Platform.LINUX].settings, content=json.dumps(settings), mode=0o644)):
            path = self.managed / Path(file.path).relative_to(cell.MANAGED)
            path.parent.mkdir(exist_ok=True)
            path.write_text(file.content, encoding="utf-8")
            path.chmod(file.mode)

    def asks(self, prompt: str, *flags: str, exported: dict[str, str] | None = None) -> Session:
        """`claude -p`, with what it did as events."""
        return self.runs("-p", prompt, "--output-format", "stream-json", "--verbose", *flags, exported=exported)

    def runs(
        self, *arguments: str, exported: dict[str, str] | None = None, typed: list[tuple[str, str]] | None = None
    ) -> Session:
        """`exported`: what the person's shell has set. `typed`: at a terminal; see `terminal.run`."""
        before = self._calls()
        with gate.passing([(gate.file_listener(path), gate.to_port(port)) for port, path in self._ways.items()]):
            result = subprocess.run(
                [*cell.namespaces(), sys.executable, "-m", cell.MODULE, self._spec(arguments, exported or {}, typed)],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=SECONDS,
            )
        calls = self._calls()[len(before) :]
        return Session(code=result.returncode, output=result.stdout, errors=result.stderr, calls=calls)

    @property
    def _ways(self) -> dict[int, Path]:
        settings = self.world.settings
        return {port: self.folder / str(port) for port in (settings.aws_port, settings.okta_port, *self.also)}

    def _calls(self) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = self.world.aws_control("/sandbox/calls")
        return calls

    def _spec(self, arguments: tuple[str, ...], exported: dict[str, str], typed: list[tuple[str, str]] | None) -> str:
        spec = cell.Spec(
            etc=str(self.etc),
            managed=str(self.managed),
            mnt=str(self.mnt) if self.mnt else "",
            ports={str(port): str(path) for port, path in self._ways.items()},
            command=[str(self.claude), *arguments],
            environment={**self._environment, **exported},
            folder=str(self.project),
            typed=typed or [],
        )
        file = self.folder / "spec.json"
        file.write_text(json.dumps(spec), encoding="utf-8")
        return str(file)

    @property
    def _environment(self) -> dict[str, str]:
        """All that the client finds set."""
        temporary = str(self.home / "tmp")
        return {
            "HOME": str(self.home),
            "TMPDIR": temporary,
            "CLAUDE_CODE_TMPDIR": temporary,
            "PATH": os.pathsep.join([str(self.home / "bin"), *SYSTEM_PATH]),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "AWS_ENDPOINT_URL": self.world.settings.aws_url,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
        }


def copy_of_etc(target: Path) -> Path:
    """What may be read of /etc, with an empty folder where managed settings go."""

    def unreadable(folder: str, names: list[str]) -> set[str]:
        paths = {name: Path(folder) / name for name in names}
        return {
            name
            for name, path in paths.items()
            if path == cell.MANAGED or not (path.is_symlink() or os.access(path, os.R_OK))
        }

    shutil.copytree("/etc", target, symlinks=True, ignore=unreadable)
    (target / cell.MANAGED.name).mkdir()
    return target
