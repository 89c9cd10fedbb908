"""The real Pulumi CLI: found, installed or built, in that order, and pinned to one version."""

from __future__ import annotations

VERSION = "3.258.0"
