"""A Lambda function's code: files of this program by their paths in it, the libraries it needs, its settings."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pulumi

PROGRAM = Path(__file__).resolve().parents[2]


def function_code(
    files: Iterable[str], settings: Mapping[str, Any], distributions: Iterable[str] = ()
) -> pulumi.AssetArchive:
    """`files`: paths from the program's folder. `settings`: becomes `settings.json` beside them; holds no secret.
    `distributions`: installed ones, by name, of which the Python sources are taken along; their requirements are not.
    """
    assets: dict[str, pulumi.Asset | pulumi.Archive] = {
        path: _asset(file) for name in distributions for path, file in sources(name).items()
    }
    assets |= {file: _asset(PROGRAM / file) for file in files}
    return pulumi.AssetArchive({**assets, "settings.json": pulumi.StringAsset(json.dumps(settings, sort_keys=True))})


def _asset(file: Path) -> pulumi.FileAsset:
    """By its way from the folder that the program runs in: the state keeps it, and a machine's have no place there."""
    return pulumi.FileAsset(os.path.relpath(file))


def sources(name: str) -> dict[str, Path]:
    """A distribution's modules, where they are installed, by the path they are imported by.

    Sources alone: bytecode is another one on each machine, and an archive must be the same for the same versions.
    Raises where a distribution has compiled parts, which would not be those of Lambda's machine.
    """
    found = [file for file in distribution(name).files or () if ".." not in file.parts]
    compiled = [str(file) for file in found if file.suffix in {".so", ".pyd", ".dylib"}]
    if compiled:
        raise ValueError(f"{name} is no pure Python: {compiled[0]}; a function cannot take it along")
    return {file.as_posix(): Path(str(file.locate())) for file in sorted(found) if file.suffix == ".py"}
