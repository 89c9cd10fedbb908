"""Language hosts beside Python's, for tests of programs in other languages: built from Go, once per machine.

YAML's is the official one. Node's cannot be had through the module proxy; what stands in for it is in `nodejs/`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sandbox.engine.find import MODULE, EngineError, cache, last_line, made


@dataclass(frozen=True, kw_only=True)
class Source:
    """`folder`: of the Go module that is built in, below this one. `package`: what is built. `files`: which say all
    that the result depends on, below this folder."""

    folder: str
    package: str
    files: tuple[str, ...]


SOURCES = {
    "pulumi-language-yaml": Source(
        folder="yaml",
        package="github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
        files=("yaml/go.mod", "yaml/go.sum"),
    ),
    "pulumi-language-nodejs": Source(folder=".", package="./nodejs", files=("go.mod", "go.sum", "nodejs/main.go")),
}


def language_host(name: str, say: Callable[[str], None]) -> Path:
    """The path of a working host. EngineError where it cannot be built."""
    source = SOURCES[name]
    content = b"".join((MODULE / file).read_bytes() for file in source.files)
    program = made(cache() / "language-hosts" / sha256(content).hexdigest()[:16]) / name
    if program.is_file():
        return program
    go = shutil.which("go")
    if go is None:
        raise EngineError(f"{name} cannot be built: there is no `go` on PATH")
    say(f"building {name} from Go, once per machine: 1 to 3 minutes on 2 cores")
    with tempfile.TemporaryDirectory(dir=cache()) as folder:
        fresh = Path(folder) / name
        command = [go, "build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w", "-o", str(fresh)]
        environment = {**os.environ, "GOFLAGS": "", "GOWORK": "off", "CGO_ENABLED": "0"}
        ended = subprocess.run(
            [*command, source.package], cwd=MODULE / source.folder, env=environment, capture_output=True, check=False
        )
        if ended.returncode:
            raise EngineError(f"building {name} failed: {last_line(ended.stderr)}")
        fresh.replace(program)
    return program
