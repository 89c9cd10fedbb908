"""What has a member's Claude Code signed in to the gateway, as it is delivered to their machine: its files.

What it does is in `mac/rollout_token`. Claude Code calls it as its `apiKeyHelper`, and again after a 401.
"""

from __future__ import annotations

from pathlib import Path

from rollout import okta_names
from rollout.macs.commit_guard import File, package
from rollout.macs.credential_helper import SIGN_IN_SECONDS
from rollout.macs.places import PLACES, Platform
from rollout.model.rollout import Rollout
from rollout.model.whom_to_ask import whom_to_ask

ENTRY, SETTINGS = "rollout-token", "rollout-token.conf"
# The second has what the first needs of a person's own folder, a lock and the keychain.
PACKAGES = ("rollout_token", "rollout_credentials")
SOURCES = Path(__file__).parents[2] / "mac"


def path(platform: Platform) -> str:
    return f"{PLACES[platform].folder}/{ENTRY}"


def settings(rollout: Rollout, account_id: str) -> str:
    """What `rollout-token.conf` says, a line each."""
    entries = {
        "okta": f"https://{rollout.okta.domain}",
        "client_id": okta_names.gateway_app(account_id),
        "ask": whom_to_ask(rollout),
        "sign_in_seconds": SIGN_IN_SECONDS,
    }
    return "".join(f"{name} = {value}\n" for name, value in entries.items())


def files(rollout: Rollout, account_id: str, platform: Platform) -> tuple[File, ...]:
    """In the order in which they are to be written: the entry last. None where there is no shell."""
    places = PLACES[platform]
    if not places.shell:
        return ()
    return (
        File(path=f"{places.folder}/{SETTINGS}", content=settings(rollout, account_id), mode=0o644),
        *(file for name in PACKAGES for file in package(places.folder, name)),
        File(path=path(platform), content=(SOURCES / ENTRY).read_text("utf-8"), mode=0o755),
    )
