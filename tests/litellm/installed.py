"""LiteLLM's proxy as `gateway/requirements.txt` pins it, in an environment of its own in the cache of `sandbox.engine`:
made once per machine and file. None of it is in `.venv`: it wants other versions than the program does."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from sandbox.engine import find

REQUIREMENTS = Path(__file__).resolve().parents[2] / "gateway" / "requirements.txt"
# What uv and pip say where no registry answers.
UNREACHABLE = ("dns error", "Connection refused", "Name or service not known", "Temporary failure in name resolution")
SECONDS = 900


class UnreachableError(Exception):
    """No registry answers, and nothing is in the cache."""


def python() -> Path:
    """The interpreter that has it. UnreachableError where it cannot be had; RuntimeError, in the installer's words, for
    any other failure."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    home = find.made(find.cache()) / f"litellm-{digest}-{sys.version_info[0]}.{sys.version_info[1]}"
    with (find.cache() / "litellm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the other test process waits, and finds it
        if not (home / "made").exists():
            _install(home)
    return home / "bin" / "python"


def _install(home: Path) -> None:
    """An environment knows its own path, so it is made where it stays, and marked last."""
    shutil.rmtree(home, ignore_errors=True)
    _run([sys.executable, "-m", "venv", "--without-pip", str(home)])
    index = os.environ.get("PIP_INDEX_URL") or _configured()
    environment = {**os.environ, **({"UV_DEFAULT_INDEX": index} if index else {})}
    with tempfile.TemporaryDirectory() as scratch:
        wanted = ["--quiet", "--require-hashes", "--no-deps", "--compile-bytecode", "--requirement", str(REQUIREMENTS)]
        command = [sys.executable, "-m", "uv", "pip", "install", "--python", str(home / "bin" / "python"), *wanted]
        _run(command, {**environment, "UV_CACHE_DIR": scratch})
    (home / "made").touch()


def _configured() -> str:
    found = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False
    )
    return found.stdout.strip()


def _run(command: list[str], environment: dict[str, str] | None = None) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS, env=environment)
    if result.returncode:
        if any(words in result.stderr for words in UNREACHABLE):
            raise UnreachableError(result.stderr.strip().splitlines()[0])
        raise RuntimeError(f"litellm could not be installed:\n{result.stderr}")
