"""Where the SDKs' shapes are kept between runs."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def schema_cache() -> Path:
    """The folder may be deleted at any time."""
    return PROJECT / ".sandbox" / "schemas"
