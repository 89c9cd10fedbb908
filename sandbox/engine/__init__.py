"""The real Pulumi CLI: found, installed or built, in that order. None older than `FLOOR` is taken; where it has to be
built, it is `VERSION`, of which docs/decisions/0021 says why it is not the newest."""

from __future__ import annotations

FLOOR = "3.258.0"
VERSION = "3.258.0"
