"""What goes to the standard output for programs: one JSON document, in the characters it was given."""

from __future__ import annotations

import json


def print_json(document: object) -> None:
    print(json.dumps(document, indent=2, ensure_ascii=False))
