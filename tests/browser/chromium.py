"""A Chromium to look at pages with: the one that comes with node_modules, else one on PATH.

`CLAUDE_CODE_ROLLOUT_CHROMIUM` names a program to take instead. The one of node_modules (`@sparticuz/chromium`, for Linux
on x86-64) is packed; it is unpacked once per machine, beside the engine, with the libraries and the font it needs.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.engine.find import cache
from tests.stacks import PROJECT

VARIABLE = "CLAUDE_CODE_ROLLOUT_CHROMIUM"
ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKED = PROJECT / "node_modules" / "@sparticuz" / "chromium"
UNPACK = """
const [from, to] = process.argv.slice(1), fs = require("fs");
fs.createReadStream(from).pipe(require("zlib").createBrotliDecompress()).pipe(fs.createWriteStream(to));
"""
NEXT = (
    "run `make node_modules/.installed`; on another machine than Linux on x86-64 install Chromium or Chrome, such as by "
    f"`apt-get install chromium`, or name one by {VARIABLE}"
)
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}</dir><cachedir>{folder}/cache</cachedir></fontconfig>
"""


class NoBrowserError(Exception):
    """There is none, and what to do about it."""


@dataclass(frozen=True)
class Browser:
    program: Path
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


def find() -> Browser:
    """NoBrowserError where there is none."""
    if chosen := os.environ.get(VARIABLE):
        if not os.access(chosen, os.X_OK):
            raise NoBrowserError(f"{VARIABLE}: no program: {chosen}")
        return Browser(Path(chosen))
    if (PACKED / "bin" / "chromium.br").is_file() and (sys.platform, platform.machine()) == ("linux", "x86_64"):
        return unpacked()
    if program := next(filter(None, map(shutil.which, ON_PATH)), None):
        return Browser(Path(program))
    raise NoBrowserError(f"there is no browser to look at the page with; {NEXT}")


def unpacked() -> Browser:
    """Made whole under another name first: two test processes may do so at once."""
    home = cache() / f"chromium-{version()}"
    if not (home / "chromium").is_file():
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent) as folder:
            made = Path(folder) / "made"
            made.mkdir()
            for name in ("chromium", "al2023.tar", "fonts.tar"):
                command = ["node", "-e", UNPACK, str(PACKED / "bin" / f"{name}.br"), str(made / name)]
                subprocess.run(command, check=True, capture_output=True, timeout=900)
            for name in ("al2023.tar", "fonts.tar"):
                with tarfile.open(made / name) as archive:
                    archive.extractall(made, filter="data")
                (made / name).unlink()
            (made / "chromium").chmod(0o755)
            (made / "fonts.conf").write_text(FONTS.format(folder=home / "fonts"), encoding="utf-8")
            try:
                made.rename(home)
            except OSError:
                if not (home / "chromium").is_file():
                    raise
    libraries = ":".join(filter(None, (str(home / "lib"), os.environ.get("LD_LIBRARY_PATH"))))
    environment = {"LD_LIBRARY_PATH": libraries, "FONTCONFIG_FILE": str(home / "fonts.conf")}
    return Browser(home / "chromium", environment)


def version() -> str:
    return str(json.loads((PACKED / "package.json").read_text(encoding="utf-8"))["version"])
