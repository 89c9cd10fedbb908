"""A Lambda function's code: files of this project by the paths they have here, and its settings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pulumi


def function_code(files: Iterable[str], settings: Mapping[str, Any]) -> pulumi.AssetArchive:
    """`files`: paths from the project's folder. `settings`: becomes `settings.json` beside them; holds no secret."""
    assets: dict[str, pulumi.Asset | pulumi.Archive] = {file: pulumi.FileAsset(file) for file in files}
    return pulumi.AssetArchive({**assets, "settings.json": pulumi.StringAsset(json.dumps(settings, sort_keys=True))})
