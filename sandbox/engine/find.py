"""Find a Pulumi CLI of the floor's version or newer, or get one: the release's archive first, then its Go module.

What is got is kept once per machine, outside any clone, so that a second clone starts in seconds.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sandbox.engine import FLOOR, VERSION

MODULE = Path(__file__).resolve().parent
PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
RELEASE = MODULE.parent.parent / "ci" / "engine"
GO_AT_LEAST = (1, 21)  # from here on, go fetches the toolchain that go.mod names
PACKAGES = 2000  # lines that `go build -v` prints from nothing
SECONDS_PER_LINE = 15


class EngineError(Exception):
    """No engine, and what to do about it."""


def cache() -> Path:
    """CLAUDE_CODE_ROLLOUT_CACHE, or a folder in the user's cache."""
    if chosen := os.environ.get("CLAUDE_CODE_ROLLOUT_CACHE"):
        return Path(chosen)
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "claude-code-rollout"


def find(say: Callable[[str], None]) -> Path:
    """The path of a working CLI. EngineError lists what was tried and the next step."""
    tried: list[str] = []
    for way in (on_path, kept, released, built):
        try:
            return way(say)
        except EngineError as error:
            tried.append(f"  - {error}")
    raise EngineError(
        "\n".join(
            [
                f"no Pulumi CLI {FLOOR} or newer, and no way to get one:",
                *tried,
                (
                    "next step: install Pulumi from pulumi.com/docs/install so that `pulumi version` works, "
                    "or Go from go.dev/dl so that it can be built; then run this again"
                ),
            ]
        )
    )


def on_path(_: Callable[[str], None]) -> Path:
    program = shutil.which("pulumi")
    if program is None:
        raise EngineError("there is no `pulumi` on PATH")
    version = version_of(Path(program))
    if version is None or version < numbers(FLOOR):
        raise EngineError(f"the `pulumi` on PATH is older than {FLOOR}: {program}")
    return Path(program)


def kept(_: Callable[[str], None]) -> Path:
    for version in (VERSION, FLOOR):
        if version_of(home(version) / "pulumi") == numbers(version):
            return home(version) / "pulumi"
    raise EngineError("none was built or installed on this machine before")


def released(say: Callable[[str], None]) -> Path:
    """The release's archive, held to our SHA-256, into our cache. It brings the official language host along. It is the
    floor's: no digests of a newer one were to be had (ci/engine.sha256)."""
    say(f"looking for the archive of the Pulumi CLI {FLOOR}")
    with tempfile.TemporaryDirectory(dir=made(cache())) as folder:
        fetched = Path(folder) / "bin"
        result = subprocess.run([RELEASE, fetched], capture_output=True, check=False)
        if result.returncode or version_of(fetched / "pulumi") != numbers(FLOOR):
            raise EngineError(f"the release's archive could not be had: {last_line(result.stderr)}")
        shutil.rmtree(home(FLOOR), ignore_errors=True)
        fetched.rename(home(FLOOR))
    return home(FLOOR) / "pulumi"


def built(say: Callable[[str], None]) -> Path:
    """From its Go module, against the hashes in our go.sum."""
    go = shutil.which("go")
    if go is None:
        raise EngineError("it cannot be built: there is no `go` on PATH")
    found = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout
    if numbers(found) < GO_AT_LEAST:
        least = ".".join(map(str, GO_AT_LEAST))
        raise EngineError(f"it cannot be built: Go {least} or newer is needed, not {found.strip()}")
    say(f"building the Pulumi CLI {VERSION} from its Go module, once per machine: 3 to 6 minutes on 2 cores")
    flag = f"-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{VERSION}"
    made(home(VERSION))
    with tempfile.TemporaryDirectory(dir=cache()) as folder:
        program = Path(folder) / "pulumi"
        command = [go, "build", "-v", "-mod=readonly", "-buildvcs=false", "-trimpath"]
        command += ["-ldflags", f"-s -w {flag}", "-o", str(program), PACKAGE]
        environment = {**os.environ, "GOFLAGS": "", "GOWORK": "off", "CGO_ENABLED": "0"}
        with subprocess.Popen(command, cwd=MODULE, env=environment, stderr=subprocess.PIPE) as build:
            output = counted(build, say)
        if build.returncode or version_of(program) != numbers(VERSION):
            raise EngineError(f"building it failed: {last_line(output)}")
        program.replace(home(VERSION) / "pulumi")
    return home(VERSION) / "pulumi"


def counted(build: subprocess.Popen[bytes], say: Callable[[str], None]) -> bytes:
    """What the build says at its end; meanwhile a line every 15 s, since go names each package that it has compiled."""
    assert build.stderr is not None  # noqa: S101
    last, count, ended, began = b"", 0, threading.Event(), time.monotonic()

    def tell() -> None:
        while not ended.wait(SECONDS_PER_LINE):
            say(f"  {count} packages of about {PACKAGES} downloaded or compiled, {time.monotonic() - began:.0f} s")

    told = threading.Thread(target=tell, daemon=True)
    told.start()
    try:
        for line in build.stderr:
            last, count = line, count + 1
    finally:
        ended.set()
        told.join()
    return last


def home(version: str) -> Path:
    return cache() / f"pulumi-{version}"


def made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def version_of(program: Path) -> tuple[int, ...] | None:
    if not program.is_file():
        return None
    try:
        result = subprocess.run([program, "version"], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return numbers(result.stdout) if result.returncode == 0 else None


def numbers(text: str) -> tuple[int, ...]:
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(part) for part in match.groups() if part) if match else ()


def last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def main() -> None:
    try:
        print(find(lambda text: print(text, file=sys.stderr, flush=True)))
    except EngineError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
