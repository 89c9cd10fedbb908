"""What signs a member in to LiteLLM's gateway, as it is delivered to their machine: `mac/rollout_gateway`.

The vendor's own gateway needs none: Claude Code signs in to it by itself.
"""

from __future__ import annotations

import hashlib
import json

from rollout import names
from rollout.account import Account
from rollout.macs import commit_guard, credential_helper, own_usage_view
from rollout.macs.commit_guard import SOURCES, File, package
from rollout.macs.credential_helper import PACKAGES, SIGN_IN_SECONDS
from rollout.macs.gateway_settings import ENTRY
from rollout.macs.places import PLACES, Platform
from rollout.model.gateway import GatewayKind
from rollout.model.rollout import Rollout
from rollout.model.whom_to_ask import whom_to_ask

NO_PROFILE = {"aws_profile": "", "aws_config_file": ""}
SETTINGS, PACKAGE = "rollout-gateway.json", "rollout_gateway"


def settings(rollout: Rollout, account: Account) -> dict[str, str | int]:
    """What `rollout-gateway.json` says."""
    issuer, client_id = f"https://{rollout.okta.domain}", names.gateway_app(account.id)
    url = rollout.gateway.url if rollout.gateway else ""
    return {
        "key": hashlib.sha256("\n".join((issuer, client_id, url)).encode()).hexdigest()[:24],
        "issuer": issuer,
        "client_id": client_id,
        "ask": whom_to_ask(rollout),
        "sign_in_seconds": SIGN_IN_SECONDS,
    }


def gone(rollout: Rollout, account: Account, platform: Platform) -> tuple[str, ...]:
    """What signed in to AWS, by path, where people come by a gateway now; the entries first, so that nothing starts
    what is half gone. None without a gateway."""
    if not rollout.gateway:
        return ()
    there = {file.path for file in (*files(rollout, account, platform), *_guard(rollout, account, platform))}
    folder, direct = PLACES[platform].folder, rollout.model_copy(update={"gateway": None})
    paths = [
        f"{folder}/{credential_helper.ENTRY}",
        PLACES[platform].aws_config,
        *(file.path for file in reversed(own_usage_view.files(direct, account, platform, **NO_PROFILE))),
        f"{folder}/{credential_helper.SETTINGS}",
        *(file.path for name in credential_helper.PACKAGES for file in package(folder, name)),
        f"{folder}/{ENTRY}",
        f"{folder}/{SETTINGS}",
        *(file.path for file in package(folder, PACKAGE)),
    ]
    return tuple(dict.fromkeys(path for path in paths if path not in there))


def _guard(rollout: Rollout, account: Account, platform: Platform) -> tuple[File, ...]:
    return commit_guard.files(rollout, account, platform, **NO_PROFILE)


def files(rollout: Rollout, account: Account, platform: Platform) -> tuple[File, ...]:
    """In the order in which they are to be written: the entry last. None where nobody needs it, or there is no
    shell."""
    folder = PLACES[platform].folder
    if not rollout.gateway or rollout.gateway.kind is not GatewayKind.LITELLM or not PLACES[platform].shell:
        return ()
    told = json.dumps(settings(rollout, account), indent=2) + "\n"
    return (
        File(path=f"{folder}/{SETTINGS}", content=told, mode=0o644),
        *(file for name in (*PACKAGES, PACKAGE) for file in package(folder, name)),
        File(path=f"{folder}/{ENTRY}", content=(SOURCES / ENTRY).read_text("utf-8"), mode=0o755),
    )
