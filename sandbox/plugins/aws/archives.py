"""Zips of the engine's archives: the same bytes for the same content."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

from sandbox.plugins.framework.errors import PluginError

_MADE_AT = (1980, 1, 1, 0, 0, 0)  # the oldest time a zip can hold
_READABLE = 0o644 << 16


def zipped(archive: dict[str, Any]) -> bytes:
    """An archive of assets, or a folder, or a zip that is one already. Paths are the program's."""
    path = archive.get("path")
    if path and Path(path).is_file():
        return Path(path).read_bytes()
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in sorted(_contents(archive).items()):
            entry = zipfile.ZipInfo(name, _MADE_AT)
            entry.external_attr = _READABLE
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, content)
    return into.getvalue()


def _contents(value: dict[str, Any], at: str = "") -> dict[str, bytes]:
    if "assets" in value:
        inner = [_contents(asset, f"{at}{name}") for name, asset in value["assets"].items()]
        return {name: content for each in inner for name, content in each.items()}
    if "text" in value:
        return {at: value["text"].encode()}
    if "path" in value:
        path = Path(value["path"])
        if path.is_dir():
            files = (file for file in path.rglob("*") if file.is_file())
            return {f"{at}/{file.relative_to(path)}".lstrip("/"): file.read_bytes() for file in files}
        return {at: path.read_bytes()}
    raise PluginError(f"the stand-in plug-in makes zips of files and texts only, not of this: {sorted(value)}")
