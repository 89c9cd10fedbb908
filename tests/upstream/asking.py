"""The newest version of each upstream, asked of its registry by the registry's own client."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile

from tests.upstream.upstreams import Upstream, numbers

SECONDS = 120


class SilentError(Exception):
    """Nobody told; why."""


def newest(upstream: Upstream) -> str:
    """As the registry says it now, without a `v`. SilentError where it does not."""
    if not upstream.ask:
        raise SilentError("nobody can be asked without an account")
    program, *arguments = upstream.ask
    command = [sys.executable if program == "python" else program, *arguments]
    with tempfile.TemporaryDirectory() as folder:  # npm, pip and go read settings of the folder they run in
        try:
            ended = subprocess.run(
                command,
                cwd=folder,
                env={**os.environ, "GOFLAGS": "", "GO111MODULE": "on"},
                capture_output=True,
                text=True,
                check=False,
                timeout=SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SilentError(f"{program}: {type(error).__name__}") from None
    said = version_in(ended.stdout)
    if ended.returncode or not numbers(said):
        raise SilentError(f"{program} says: {(ended.stderr.strip() or 'nothing').splitlines()[-1][:160]}")
    return said


def version_in(said: str) -> str:
    """What pip puts in brackets behind a package's name, and else the last word of the first line."""
    first = said.strip().partition("\n")[0]
    found = re.fullmatch(r"\S+ \((\S+)\)", first)
    return (found[1] if found else (first.split() or [""])[-1]).removeprefix("v")
