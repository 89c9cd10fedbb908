"""LiteLLM's proxy as a gateway: the `config.yaml` it runs with, and the hook beside it.

Written for litellm 1.108.7; docs/gateway-litellm.md says what was seen with it.
"""

from __future__ import annotations

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
