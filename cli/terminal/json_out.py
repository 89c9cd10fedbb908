"""What goes to the standard output for programs: one JSON document, in the characters it was given."""

from __future__ import annotations

import json
from datetime import date


def print_json(document: object) -> None:
    print(json.dumps(document, indent=2, ensure_ascii=False, default=_text))


def _text(value: object) -> str:
    """Days and times as ISO 8601 has them."""
    return value.isoformat() if isinstance(value, date) else str(value)
