"""What Claude Code's settings say where a gateway stands before Bedrock: its address and how people sign in to it, in
place of AWS.

Nothing of AWS is left in them: no role of a cohort lets anybody in but the gateway, and whatever a person's own shell
has of AWS is theirs again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollout.macs import token_helper
from rollout.macs.places import PLACES, Platform
from rollout.model.gateway import Gateway, GatewayKind

# How long Claude Code keeps the token that its helper printed; a 401 has it ask at once.
HELPER_MILLISECONDS = 300_000
# What Claude Code calls by which way it comes to a model (`allowedProviders`, 2.1.332).
PROVIDERS = {GatewayKind.CLAUDE_APPS: "gateway", GatewayKind.LITELLM: "customEndpoint"}
# Of AWS, and of Bedrock's prices: nothing of them is asked for by this way.
OF_AWS = ("AWS_", "CLAUDE_CODE_USE_", "ANTHROPIC_BEDROCK_")
LEFT_OUT = ("awsAuthRefresh", "statusLine")


def by_gateway(gateway: Gateway, document: Mapping[str, Any], platform: Platform, *, signs_in: bool) -> dict[str, Any]:
    """`document`: as it is for Bedrock, with the gateway's names of models. `signs_in`: whether there is a way to get
    credentials at the level."""
    env = {name: value for name, value in document["env"].items() if not name.startswith(OF_AWS)}
    kept = {key: value for key, value in document.items() if key not in LEFT_OUT}
    return {
        **kept,
        "allowedProviders": [PROVIDERS[gateway.kind]],
        **_signing_in(gateway, platform, signs_in=signs_in),
        "env": {"CLAUDE_CODE_USE_BEDROCK": "0", "CLAUDE_CODE_USE_MANTLE": "0", **env, **_address(gateway)},
    }


def _signing_in(gateway: Gateway, platform: Platform, *, signs_in: bool) -> dict[str, str]:
    if gateway.kind is GatewayKind.CLAUDE_APPS:
        # At `suspended` too: else another sign-in would be offered. The gateway serves nobody then.
        return {"forceLoginMethod": "gateway", "forceLoginGatewayUrl": gateway.url}
    if not signs_in or not PLACES[platform].shell:
        return {}
    return {"apiKeyHelper": f'"{token_helper.path(platform)}" token'}


def _address(gateway: Gateway) -> dict[str, str]:
    if gateway.kind is GatewayKind.CLAUDE_APPS:
        return {}
    return {
        "ANTHROPIC_BASE_URL": gateway.url,
        "CLAUDE_CODE_API_KEY_HELPER_TTL_MS": str(HELPER_MILLISECONDS),
    }
