"""The Claude models the sandbox's Bedrock knows and the regions each prefix routes to. Checked on 2026-11-28.

A new model is one more entry in `MODELS`; nothing else names models.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

PARTITION = "aws"

# Model id -> the name Bedrock's profiles carry.
MODELS: dict[str, str] = {
    "anthropic.claude-haiku-4-5-20251001-v1:0": "Claude Haiku 4.5",
    "anthropic.claude-haiku-5-5": "Claude Haiku 5.5",
    "anthropic.claude-sonnet-4-5-20250929-v1:0": "Claude Sonnet 4.5",
    "anthropic.claude-sonnet-4-6": "Claude Sonnet 4.6",
    "anthropic.claude-sonnet-5": "Claude Sonnet 5",
    "anthropic.claude-sonnet-5-5": "Claude Sonnet 5.5",
    "anthropic.claude-opus-4-5-20251101-v1:0": "Claude Opus 4.5",
    "anthropic.claude-opus-4-6-v1": "Claude Opus 4.6",
    "anthropic.claude-opus-4-7": "Claude Opus 4.7",
    "anthropic.claude-opus-4-8": "Claude Opus 4.8",
    "anthropic.claude-opus-5": "Claude Opus 5",
    "anthropic.claude-opus-5-5": "Claude Opus 5.5",
    "anthropic.claude-fable-5": "Claude Fable 5",
    "anthropic.claude-fable-5-1": "Claude Fable 5.1",
    "anthropic.claude-fable-5-2": "Claude Fable 5.2",
}

# Prefix -> the regions it routes to, which are also the regions that offer it. Bedrock lists at most five models.
ROUTES: dict[str, tuple[str, ...]] = {
    "us": ("us-east-1", "us-east-2", "us-west-2"),
    "eu": ("eu-central-1", "eu-north-1", "eu-south-1", "eu-west-1", "eu-west-3"),
    "apac": ("ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2"),
    "jp": ("ap-northeast-1", "ap-northeast-3"),
    "au": ("ap-southeast-2", "ap-southeast-4"),
    "ca": ("ca-central-1", "ca-west-1"),
}
# Offered in every region; routes through a model ARN that names none.
GLOBAL = "global"
PREFIX_NAMES = {
    "us": "US",
    "eu": "EU",
    "apac": "APAC",
    "jp": "Japan",
    "au": "Australia",
    "ca": "Canada",
    GLOBAL: "Global",
}


@dataclass(frozen=True, kw_only=True)
class SystemProfile:
    """A system-defined inference profile as one region offers it."""

    id: str
    name: str
    description: str
    model_arns: tuple[str, ...]


def model_arn(region: str, model: str) -> str:
    return f"arn:{PARTITION}:bedrock:{region}::foundation-model/{model}"


def _routes(prefix: str, region: str) -> tuple[str, ...]:
    if prefix == GLOBAL:
        return ("", region)
    regions = ROUTES[prefix]
    return regions if region in regions else ()


def system_profiles(region: str) -> Iterator[SystemProfile]:
    """What `ListInferenceProfiles` calls SYSTEM_DEFINED in `region`."""
    for prefix, label in PREFIX_NAMES.items():
        routes = _routes(prefix, region)
        if not routes:
            continue
        for model, name in MODELS.items():
            yield SystemProfile(
                id=f"{prefix}.{model}",
                name=f"{label} Anthropic {name}".replace(".", "-"),
                description=f"Routes requests to Anthropic {name} in {label}.",
                model_arns=tuple(model_arn(route, model) for route in routes),
            )
