"""The pinned Claude Code from npm, in the cache of `sandbox.engine`: fetched once per machine, against its lock file."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from sandbox.engine import find

FILES = ("package.json", "package-lock.json", ".npmrc")
FOLDER = Path(__file__).resolve().parent
PACKAGE = "@anthropic-ai/claude-code"
VERSION: str = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))["dependencies"][PACKAGE]
# What npm says where no registry answers (its own and libuv's codes).
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ENETUNREACH", "EHOSTUNREACH", "ETIMEDOUT")
SECONDS = 300


class UnreachableError(Exception):
    """npm's registry does not answer, and nothing is in the cache."""


def claude() -> Path:
    """The program. UnreachableError where it cannot be had; RuntimeError, in npm's words, for any other failure."""
    home = find.made(find.cache()) / f"claude-code-{VERSION}"
    with (find.cache() / "claude-code.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the other test process waits, and finds it
        if _version(home) != VERSION:
            _install(home)
    return _program(home)


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
            raise RuntimeError(f"npm could not install {PACKAGE} {VERSION}:\n{result.stderr}")
        found = _version(Path(folder))
        if found != VERSION:
            raise RuntimeError(f"npm installed {PACKAGE} {VERSION}, but what it brought says it is: {found}")
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(folder, home, symlinks=True, copy_function=shutil.move)


def _program(home: Path) -> Path:
    """Of the package for this machine's processor; npm installs no other. Its launcher would need a script to run."""
    found = [*home.glob(f"node_modules/{PACKAGE}-*/claude")]
    return found[0] if found else home / "nothing"


def _version(home: Path) -> str:
    program = _program(home)
    if not program.is_file():
        return "nothing"
    printed = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=60).stdout
    return printed.partition(" ")[0]
