"""LiteLLM's proxy as a gateway: the `config.yaml` it runs with, and what Claude Code's settings say of it.

Written for litellm 1.108.7; docs/gateway-litellm.md says what was seen with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from rollout import names, okta_names
from rollout.account import Account
from rollout.model.rollout import Rollout
from rollout.model.whom_to_ask import whom_to_ask

SOURCES = Path(__file__).parents[2] / "gateway"
CONFIG = "config.yaml"
# A request may think for ten minutes, as Claude Code's own limit has it.
REQUEST_SECONDS = 600
# How long Claude Code keeps what its helper printed, and asks it again; a 401 has it ask at once.
HELPER_MILLISECONDS = 300_000


def config(rollout: Rollout, account: Account) -> dict[str, Any]:
    """Of the whole stack. No ARN and no level is in it: these come from the meter's table while it runs; only a model
    that is new in the stack file needs another one."""
    return {
        "model_list": [_model(rollout, account, label) for label in sorted(rollout.models)],
        "litellm_settings": {
            "callbacks": ["gateway.throttle.hook"],
            "telemetry": False,
            "drop_params": True,
            "request_timeout": REQUEST_SECONDS,
            # Claude Code tries again by itself, and each try is a call that Bedrock counts.
            "num_retries": 0,
            # What Bedrock refuses one person must not shut a model to all (a "cooldown" of LiteLLM's router).
            "turn_off_message_logging": True,
            "redact_user_api_key_info": True,
        },
        "router_settings": {"num_retries": 0, "disable_cooldowns": True, "enable_pre_call_checks": False},
        "general_settings": {
            "custom_auth": "gateway.throttle.authenticated",
            "allow_client_side_credentials": False,
            "disable_spend_logs": True,
            "disable_error_logs": True,
        },
        "rollout": _hook(rollout, account),
    }


def _model(rollout: Rollout, account: Account, label: str) -> dict[str, Any]:
    """By the model behind the profile, of which LiteLLM knows what it takes; the profile's ARN is the hook's to give,
    and without it IAM denies the call."""
    model = f"bedrock/invoke/{rollout.models[label].foundation_model}"
    return {"model_name": label, "litellm_params": {"model": model, "aws_region_name": account.region}}


def _hook(rollout: Rollout, account: Account) -> dict[str, str]:
    """As `gateway.settings.Settings` has it."""
    issuer = f"https://{rollout.okta.domain}"
    silence = rollout.gateway.on_silence.value if rollout.gateway else "refuse"
    return {
        "issuer": issuer,
        "audience": okta_names.gateway_app(account.id),
        "keys_url": f"{issuer}/oauth2/v1/keys",
        "user_info_url": f"{issuer}/oauth2/v1/userinfo",
        "group_prefix": okta_names.gateway_groups(account.id),
        "table": names.USAGE_TABLE,
        "region": account.region,
        "on_silence": silence,
        "ask": whom_to_ask(rollout),
    }


def files(rollout: Rollout, account: Account) -> dict[str, str]:
    """What a team runs, by path: `config.yaml` and the hook's folder beside it."""
    hook = {f"gateway/{path.name}": path.read_text("utf-8") for path in sorted(SOURCES.glob("*.py"))}
    requirements = {"requirements.txt": (SOURCES / "requirements.txt").read_text("utf-8")}
    return {CONFIG: yaml.safe_dump(config(rollout, account), sort_keys=False), **hook, **requirements}


def client_settings(rollout: Rollout, cohort: str, helper: str) -> dict[str, Any]:
    """What Claude Code's managed settings say in place of Bedrock's. `helper`: the absolute path of the program that
    prints the person's token. Raises LookupError where the stack has no gateway."""
    if rollout.gateway is None:
        raise LookupError("the stack has no gateway")
    labels = rollout.cohorts[cohort].usable_models(rollout.throttle) or rollout.cohorts[cohort].models[:1]
    return {
        "apiKeyHelper": f'"{helper}" token',
        # The gateway's address alone: it is pinned below, and Bedrock's own would be refused by IAM anyway.
        "allowedProviders": ["customEndpoint"],
        "model": _name(rollout, labels[0]),
        "availableModels": [_name(rollout, label) for label in labels],
        "env": {
            "CLAUDE_CODE_USE_BEDROCK": "",
            "ANTHROPIC_BASE_URL": rollout.gateway.url,
            "CLAUDE_CODE_API_KEY_HELPER_TTL_MS": str(HELPER_MILLISECONDS),
            **_pins(rollout, labels),
        },
    }


def _pins(rollout: Rollout, labels: tuple[str, ...]) -> Mapping[str, str]:
    """Each name that Claude Code resolves by itself, to the first model of its family, or else to the default one."""

    def pinned(alias: str) -> str:
        family = [label for label in labels if f"-{alias}-" in f"{rollout.models[label].foundation_model}-"]
        return _name(rollout, (*family, labels[0])[0])

    return {f"ANTHROPIC_DEFAULT_{alias.upper()}_MODEL": pinned(alias) for alias in ("opus", "sonnet", "haiku", "fable")}


def _name(rollout: Rollout, label: str) -> str:
    """By the name that Anthropic gives it, from which Claude Code knows what the model can do."""
    return rollout.models[label].foundation_model.removeprefix("anthropic.").partition("-v1")[0]
