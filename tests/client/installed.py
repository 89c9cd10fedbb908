"""The two pinned Claude Codes from npm, in the cache of `sandbox.engine`: fetched once per machine, against one lock
file. `package.json` names both: the oldest that our settings let start, and the newest known."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import pytest

from sandbox.engine import find

FILES = ("package.json", "package-lock.json", ".npmrc")
FOLDER = Path(__file__).resolve().parent
PACKAGE = "@anthropic-ai/claude-code"


class Client(StrEnum):
    """A dependency's name in `package.json`, which is npm's alias for one version of the package."""

    FLOOR = "floor"
    NEWEST = "newest"


def _pins() -> dict[Client, str]:
    dependencies = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))["dependencies"]
    return {client: dependencies[client].removeprefix(f"npm:{PACKAGE}@") for client in Client}


VERSIONS: Mapping[Client, str] = _pins()
# What npm says where no registry answers (its own and libuv's codes).
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ENETUNREACH", "EHOSTUNREACH", "ETIMEDOUT")
SECONDS = 600


class UnreachableError(Exception):
    """npm's registry does not answer, and nothing is in the cache."""


def claudes() -> dict[Client, Path]:
    """The programs. UnreachableError where they cannot be had; RuntimeError, in npm's words, for any other failure."""
    home = find.made(find.cache()) / "-".join(("claude-code", *VERSIONS.values()))
    with (find.cache() / "claude-code.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the other test process waits, and finds them
        if _missing(home):
            _install(home)
    return {client: _program(home, client) for client in Client}


def claudes_or_skip(what: str) -> dict[Client, Path]:
    """`what`: did not happen, in capitals, for the run's last lines (`-ra`): no code of ours mends another system than
    Linux, whose namespaces its cell is made of, or an npm that is away."""
    if sys.platform != "linux":
        pytest.skip(f"{what}: its cell is made of Linux namespaces")
    try:
        return claudes()
    except UnreachableError as error:
        pytest.skip(f"{what}: npm is unreachable: {error}")


def _install(home: Path) -> None:
    if shutil.which("npm") is None:
        raise RuntimeError("Claude Code comes from npm, and there is no `npm` on PATH: install Node 18 or newer")
    with tempfile.TemporaryDirectory(dir=find.cache()) as folder:
        for name in FILES:
            shutil.copy2(FOLDER / name, folder)
        command = ["npm", "ci", "--ignore-scripts", "--no-progress", "--fetch-retries", "1"]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=SECONDS)
        if result.returncode:
            if any(code in result.stderr for code in UNREACHABLE):
                raise UnreachableError(result.stderr.strip().splitlines()[0])
            raise RuntimeError(f"npm could not install {PACKAGE}:\n{result.stderr}")
        if missing := _missing(Path(folder)):
            raise RuntimeError(f"npm installed {PACKAGE}, but what it brought is not what is pinned: {missing}")
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(folder, home, symlinks=True, copy_function=shutil.move)


def _missing(home: Path) -> str:
    """Each pinned version that is not there, with what is in its place; empty where nothing is missing."""
    found = {client: _version(_program(home, client)) for client in Client}
    return ", ".join(f"{VERSIONS[client]}: {told}" for client, told in found.items() if told != VERSIONS[client])


def _program(home: Path, client: Client) -> Path:
    """Of the package for this machine's processor; npm installs no other, and puts one version's above the aliases.
    The launcher would need a script to run."""
    for package in (*home.glob(f"node_modules/{PACKAGE}-*"), *home.glob(f"node_modules/*/node_modules/{PACKAGE}-*")):
        if json.loads((package / "package.json").read_text(encoding="utf-8"))["version"] == VERSIONS[client]:
            return package / "claude"
    return home / "nothing"


def _version(program: Path) -> str:
    if not program.is_file():
        return "nothing"
    printed = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=900).stdout
    return printed.partition(" ")[0]
