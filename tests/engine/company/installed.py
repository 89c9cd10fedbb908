"""A company that has installed the program and its sandbox, as wheels, in a folder of its own."""

from __future__ import annotations

import json
import os
import re
import site
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.tests.ports import free_ports
from tests.company.world import ANSWERS, PEOPLE
from tests.packaging.distributions import copied, wheel
from tests.stacks import PROJECT

UV = str(Path(sys.executable).with_name("uv"))


def wheels(folder: Path, out: Path, version: str | None = None, change: tuple[str, str, str] | None = None) -> Path:
    """Of the program and of the sandbox, as they lie here. `version`: another one, and `change`: a file's text, in place
    of which stands another. The folder of wheels."""
    copied(folder, "sandbox")
    if version:
        _replace(folder / "rollout" / "__init__.py", r'__version__ = "[^"]+"', f'__version__ = "{version}"')
    if change:
        file, old, new = change
        _replace(folder / file, re.escape(old), new)
    for source in (folder, folder / "sandbox") if version is None else (folder,):
        wheel(source, out)
    return out


def _replace(file: Path, pattern: str, new: str) -> None:
    text, count = re.subn(pattern, lambda _: new, file.read_text(encoding="utf-8"))
    assert count == 1, (file, pattern)
    file.write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Company:
    """Its repository, and the variables of its sandbox."""

    folder: Path
    variables: dict[str, str]

    def run(self, *command: str, code: int = 0, alone: bool = False) -> str:
        """What it prints on both streams, or `alone` on the first; the test fails where it ends otherwise."""
        ended = subprocess.run(
            command,
            cwd=self.folder,
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=1800,
            stdin=subprocess.DEVNULL,
        )
        said = ended.stdout + ended.stderr
        assert ended.returncode == code, said
        assert "Traceback" not in said, said
        return ended.stdout if alone else said

    def rollout(self, *arguments: str, code: int = 0) -> str:
        return self.run(".venv/bin/rollout", *arguments, code=code)

    def document(self, *arguments: str, code: int = 0) -> Any:
        """What `rollout` says to a program."""
        return json.loads(self.run(".venv/bin/rollout", *arguments, "--json", code=code, alone=True))

    def enter(self) -> None:
        """As `eval "$(make -s env)"` does for a shell."""
        lines = self.run("sh", "-c", 'eval "$(make -s env)" && env -0', alone=True).split("\0")
        self.variables.update(dict(line.split("=", 1) for line in lines if "=" in line))

    def git(self, *arguments: str) -> str:
        who = ["-c", "user.name=Homer", "-c", "user.email=homer@globex.example", "-c", "commit.gpgsign=false"]
        return self.run("git", *who, *arguments)


def founded(root: Path, source: Path) -> Company:
    """By `rollout init`, with the environment that `make setup` would make: the network's part comes from here."""
    desk = root / "desk"
    desk.mkdir()
    (desk / "answers.yaml").write_text(yaml.safe_dump({**ANSWERS, "source": str(source)}), encoding="utf-8")
    (desk / "people.csv").write_text(PEOPLE, encoding="utf-8")
    ports = {f"SANDBOX_{name.upper()}": str(port) for name, port in free_ports().items()}
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SANDBOX_", "PULUMI_", "PYTHON"))}
    offline = {"PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", "UV_NO_INDEX": "1"}
    company = Company(root / "globex", {**kept, **ports, **offline})
    init = ["init", str(company.folder), "--answers", str(desk / "answers.yaml")]
    subprocess.run([sys.executable, "-m", "cli", *init], cwd=PROJECT, check=True, capture_output=True)
    _environment(company.folder)
    return company


def _environment(folder: Path) -> None:
    """The wheels, and what they need as it is installed for the tests."""
    python = folder / ".venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / ".venv")], check=True)
    [packages] = (folder / ".venv" / "lib").glob("python*/site-packages")
    (packages / "tests.pth").write_text("\n".join(site.getsitepackages()), encoding="utf-8")
    install = [UV, "pip", "install", "--quiet", "--python", str(python), "--no-deps", "--no-index"]
    for file in ("requirements.txt", "requirements-sandbox.txt"):
        subprocess.run([*install, "--requirement", file], cwd=folder, check=True, capture_output=True)
    for mark in (".installed", ".sandbox-installed"):
        (folder / ".venv" / mark).touch()
