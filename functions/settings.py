"""What a deployed function is told of its stack: written beside its code, with no secret in it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def settings() -> dict[str, Any]:
    return json.loads((Path(__file__).parent.parent / "settings.json").read_text(encoding="utf-8"))
