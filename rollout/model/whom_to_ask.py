"""Whom a developer asks, by the stack file."""

from __future__ import annotations

from rollout.model.rollout import Rollout


def whom_to_ask(rollout: Rollout) -> str:
    """Ends a sentence."""
    channel = rollout.notify.slack.channels.get("engineering") if rollout.notify.slack else None
    if channel and channel.name:
        return f"ask in #{channel.name}"
    return f"ask whoever runs Claude Code at {rollout.organization.name}"
