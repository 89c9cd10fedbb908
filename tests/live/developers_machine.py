"""A developer's Linux below a folder: its settings, programs that stand in, and the one finding of a check."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cli.doctor.finding import Finding
from cli.doctor.installed import Machine
from rollout.macs.places import PLACES, Platform

LINUX = PLACES[Platform.LINUX]
KEYS = {"AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "wJalrEXAMPLE", "SessionToken": "FwoGEXAMPLE"}


def program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def rewrite(root: Path, change: Any) -> None:
    file = root / LINUX.settings.lstrip("/")
    said = json.loads(file.read_text(encoding="utf-8"))
    change(said)
    file.write_text(json.dumps(said), encoding="utf-8")


def machine(root: Path, **exported: str) -> Machine:
    home = root / "home"
    environment = {"HOME": str(home), "PATH": os.pathsep.join([str(home / "bin"), "/usr/bin", "/bin"])}
    return Machine(platform=Platform.LINUX, root=root, environment={**environment, **exported})


def signed_in(root: Path) -> None:
    said = json.dumps({"Version": 1, **KEYS, "Expiration": "2026-11-28T15:00:00Z"})
    program(root / "etc/claude-code/rollout-credentials", f"[ $1 = cached ] && echo '{said}'")


def only(found: Iterator[Finding] | list[Finding]) -> Finding:
    [one] = found
    return one
