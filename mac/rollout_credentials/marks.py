"""That a sign-in was refused a moment ago: fifty processes that ask then open no fifty browsers."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any, cast

from rollout_credentials import place

MAX_SECONDS = 600


def said(path: str) -> str | None:
    """The sentence of a refusal that still counts."""
    text = place.text_of(path)
    if text is None:
        return None
    try:
        found = cast("dict[str, Any]", json.loads(text))
        left, sentence = float(found["until"]) - time.time(), str(found["said"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        left, sentence = 0, ""
    if 0 < left <= MAX_SECONDS:
        return sentence
    place.drop(path)
    return None


def put(path: str, sentence: str, seconds: int) -> None:
    with contextlib.suppress(OSError):
        room = place.Reserved(path)
        try:
            room.write(json.dumps({"until": time.time() + min(seconds, MAX_SECONDS), "said": sentence}))
        finally:
            room.give_back()
