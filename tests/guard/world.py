"""A git repository, the guard as it is delivered, and a hook's event for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollout.account import Account
from rollout.macs.commit_guard import ENTRY, files
from rollout.macs.places import PLACES, Platform
from rollout.model.rollout import Rollout
from rollout.stack_file.load import load
from tests import stacks
from tests.recording import ACCOUNT

REGION = "us-east-1"
# Put together here, so that no scanner of this repository takes them for anybody's.
PLANTED = {
    "aws_access_key_id": "AKIA" + "QRJH5TPLW2ZK7VNB",
    "aws_secret_access_key": "aws_secret_access_key = " + "hT7pQx2LkW9vRz4NcYb8" + "MdJf3sGa6UeBtHiXoCqE",
    "anthropic_api_key": "sk-ant-" + "api03-Zr8Kq2mXw5Tn9Lb4Vc7Jd1Hf6Gs3Pa0",
    "github_token": "ghp_" + "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY1zA2",
    "slack_token": "xoxb-" + "123456789012-abcDEF456ghiJKL789mn",
    "private_key": f"-----BEGIN RSA PRIVATE {'KEY'}-----\n"
    + "MIIEowIBAAKCAQEAy8Dbv8prpJ/0kKhlGeJYozo2t60EG8L0561g13R29LvMR5hy" * 2,
}
CLEAN = {
    "AWS's documented key": "AKIA" + "IOSFODNN7EXAMPLE",
    "AWS's documented secret": "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY",
    "a placeholder": "ANTHROPIC_API_KEY=sk-ant-" + "x" * 40,
    "another": "token: ghp_" + "0" * 36,
    "a digest": "sha256:" + "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "a commit": "AKIA is how it begins; da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "code that looks for a key": f'if "-----BEGIN RSA PRIVATE {"KEY"}-----" in text:\n    raise ValueError("a key")',
    "a public key": "-----BEGIN PUBLIC KEY-----\n" + "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu1SU1LfVLPHCozMxH2Mo",
    "a mark of a person's": "AKIA" + "QRJH5TPLW2ZK7VNB  # pragma: allowlist secret",
}


def secret_of(text: str) -> str:
    """The part that must be seen nowhere."""
    return text.split("\n")[-1].split(" = ")[-1]


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    error: str

    @property
    def said(self) -> str:
        return self.out + self.error


@dataclass(frozen=True)
class Machine:
    """`folder` is where a Mac has its managed settings; `path` where programs are looked for."""

    folder: Path
    home: Path
    path: str

    def git(self, *arguments: str, at: str = "repository") -> str:
        settings = ["-c", "user.name=Alice", "-c", "user.email=alice@acme.example", "-c", "init.defaultBranch=main"]
        result = subprocess.run(
            ["git", *settings, *arguments], cwd=self.home / at, env=self.environment, check=True, capture_output=True
        )
        return result.stdout.decode()

    def write(self, name: str, text: str) -> None:
        path = self.home / "repository" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def stage(self, name: str, text: str) -> None:
        self.write(name, text)
        self.git("add", "--", name)

    def commit(self, name: str, text: str) -> None:
        self.stage(name, text)
        self.git("commit", "-qm", name)

    @property
    def environment(self) -> dict[str, str]:
        return {"HOME": str(self.home), "PATH": self.path, "GIT_CONFIG_NOSYSTEM": "1"}

    def bash(self, command: str, **more: Any) -> Answer:
        """What the guard answers before Claude Code runs this command."""
        event = {
            "session_id": "s",
            "cwd": str(self.home / "repository"),
            "hook_event_name": "PreToolUse",
            "tool_name": "Bash",
            "tool_input": {"command": command, "description": "x"},
        }
        return self.hook(json.dumps({**event, **more}).encode())

    def hook(self, given: bytes, **environment: str) -> Answer:
        result = subprocess.run(
            [str(self.folder / ENTRY)],
            input=given,
            env={**self.environment, **environment},
            cwd=self.home,
            capture_output=True,
            check=False,
            timeout=240,
        )
        return Answer(result.returncode, result.stdout.decode(), result.stderr.decode())

    def left_behind(self) -> str:
        """All that the guard wrote in the person's home."""
        spool = self.home / ".claude-code-commit-guard"
        return "\n".join(file.read_text() for file in spool.rglob("*") if file.is_file())


def rollout(**more: Any) -> Rollout:
    from datetime import UTC, datetime

    document = {**stacks.small(), "mac": {"commit_guard": "closed"}, **more}
    return load(stacks.config(document), stacks.COMPANY, datetime(2026, 11, 23, tzinfo=UTC))


def deliver(root: Path, stack: Rollout, aws_config_file: str = "/nonexistent") -> None:
    """Writes what Jamf writes, beneath `root` in place of the machine's own."""
    account = Account(ACCOUNT, REGION)
    given = {"aws_profile": "claude-code", "aws_config_file": aws_config_file}
    for file in files(stack, account, Platform.LINUX, **given):
        path = root / Path(file.path).relative_to(PLACES[Platform.LINUX].folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.content, encoding="utf-8")
        path.chmod(file.mode)


def machine(root: Path, stack: Rollout | None = None, *, programs: tuple[Path, ...] = ()) -> Machine:
    folder, home, tools = root / "etc", root / "home", root / "bin"
    (home / "repository").mkdir(parents=True)
    tools.mkdir()
    (tools / "python3").symlink_to(os.path.realpath(sys.executable))
    for program in programs:
        (tools / program.name).symlink_to(program)
    deliver(folder, stack or rollout())
    made = Machine(folder, home, os.pathsep.join([str(tools), "/usr/bin", "/bin"]))
    made.git("init", "-q")
    made.commit("README.md", "hello\n")
    return made
