"""How long a changed document needs, at worst, until Claude Code on a machine that is awake obeys it.

A machine that is off obeys when it is on again; no channel can bound that. The model of a session that is running does
not change before it ends (claude-code-client 11), whence IAM has the last word on models.
"""

from __future__ import annotations

from rollout.model.macs import Channel, Mac
from rollout.model.rollout import Rollout

# Of a profile's push to a Mac that is on: "seconds to minutes" (domain 4.2).
PUSH_MINUTES = 1
# How often Claude Code reads a profile again (domain 4.1).
READ_AGAIN_MINUTES = 30
# A file is read again when it changes, a helper's answer when it ends; either takes seconds, and counts as one.
RUN_MINUTES = 1


def pushes(rollout: Rollout) -> bool:
    """Whether anything is pushed to Macs: only where the stack file has a Jamf."""
    return rollout.jamf is not None


def worst_minutes(mac: Mac) -> int:
    match mac.channel:
        case Channel.PROFILE:
            return PUSH_MINUTES + READ_AGAIN_MINUTES
        case Channel.FILE:
            return mac.check_in_minutes + RUN_MINUTES
        case Channel.HELPER:
            return mac.helper_minutes + RUN_MINUTES


def remedy(mac: Mac, service_level: int) -> tuple[str, str]:
    """Which setting misses a level's minutes, and what to do. The minutes must end before the level's."""
    file = "mac.channel: file with mac.check_in_minutes: 5"
    match mac.channel:
        case Channel.PROFILE:
            return "channel", f"profile: Claude Code reads it every {READ_AGAIN_MINUTES} minutes; set {file}, or helper"
        case Channel.FILE:
            return "check_in_minutes", f"{mac.check_in_minutes}: set it to 5, here and in Jamf Pro"
        case Channel.HELPER:
            most = service_level - 1 - RUN_MINUTES
            return "helper_minutes", f"{mac.helper_minutes}: set at most {most}"
