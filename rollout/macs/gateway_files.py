"""What a member's machine has beside its settings where people come by a gateway, and what is taken away from it.

The vendor's own gateway needs nothing there: Claude Code signs in to it by itself. For LiteLLM's a program prints the
person's token (`rollout.macs.token_helper`).
"""

from __future__ import annotations

from rollout.account import Account
from rollout.macs import commit_guard, credential_helper, own_usage_view, token_helper
from rollout.macs.commit_guard import File, package
from rollout.macs.places import PLACES, Platform
from rollout.model.gateway import GatewayKind
from rollout.model.rollout import Rollout

NO_PROFILE = {"aws_profile": "", "aws_config_file": ""}


def files(rollout: Rollout, account: Account, platform: Platform) -> tuple[File, ...]:
    """In the order in which they are to be written: the entry last. None where nobody needs them."""
    if not rollout.goes_by(GatewayKind.LITELLM):
        return ()
    return token_helper.files(rollout, account.id, platform)


def gone(rollout: Rollout, account: Account, platform: Platform) -> tuple[str, ...]:
    """What signed in to AWS, or to another gateway, by path; the entries first, so that nothing starts what is half
    gone. None without a gateway."""
    if not rollout.gateway:
        return ()
    guard = commit_guard.files(rollout, account, platform, **NO_PROFILE)
    there = {file.path for file in (*files(rollout, account, platform), *guard)}
    folder, direct = PLACES[platform].folder, rollout.model_copy(update={"gateway": None})
    view = own_usage_view.files(direct, account, platform, **NO_PROFILE)
    paths = [
        f"{folder}/{credential_helper.ENTRY}",
        PLACES[platform].aws_config,
        *(file.path for file in reversed(view)),
        f"{folder}/{credential_helper.SETTINGS}",
        *(file.path for name in credential_helper.PACKAGES for file in package(folder, name)),
        *(file.path for file in reversed(token_helper.files(rollout, account.id, platform))),
    ]
    return tuple(dict.fromkeys(path for path in paths if path not in there))
