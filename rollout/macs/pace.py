"""How far apart two requests are at `throttled`, and who sees to it: one of the two, or people would wait twice.

LiteLLM's hook waits in the service, before each request, whatever the client does. With no gateway Claude Code waits by
hooks of its own; with the vendor's too, which cannot.
"""

from __future__ import annotations

from typing import Any

from rollout.macs import hooks
from rollout.model.gateway import GatewayKind
from rollout.model.rollout import Rollout


def waits(rollout: Rollout) -> list[dict[str, Any]]:
    """The hooks by which Claude Code waits; none where it is not the client that does."""
    seconds = rollout.throttle.delay_seconds
    return [hooks.wait(seconds)] if seconds and not rollout.goes_by(GatewayKind.LITELLM) else []


def in_words(rollout: Rollout) -> str:
    """What goes on an announcement of the level; empty where nothing waits."""
    seconds = rollout.throttle.delay_seconds
    what = "request" if rollout.goes_by(GatewayKind.LITELLM) else "step"
    return f", {seconds} seconds before each {what}" if seconds else ""
