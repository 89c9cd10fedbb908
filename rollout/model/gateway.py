"""A gateway between people and Bedrock, where a company runs one: whose it is, and by which role IAM knows it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator

from rollout.model.base import Part
from rollout.model.fields import Shape
from rollout.model.gateway_service import GatewayService
from rollout.model.machines import RoleArn

# Sign-in returns to a fixed path beneath it, so it has none of its own.
GatewayUrl = Annotated[
    str,
    Shape(
        r"https://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"
        r"(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?",
        "a gateway's address such as https://claude.acme.example (https, no path)",
        lower=True,
    ),
]


class GatewayKind(StrEnum):
    CLAUDE_APPS = "claude_apps"
    LITELLM = "litellm"


class OnSilence(StrEnum):
    REFUSE = "refuse"
    SERVE = "serve"


class Gateway(Part):
    """What people's requests go through. IAM stays the judge: a gateway can give less than the level, never more."""

    kind: GatewayKind
    """`claude_apps`: the one in `claude` itself (`claude gateway`); `litellm`: LiteLLM's proxy with our hook."""
    url: GatewayUrl
    """Where Claude Code reaches it, without a path."""
    role_arn: RoleArn | None = None
    """The role that it runs with, such as an ECS task's, where you run it. Cohorts of people trust this role and no
    longer Okta's sign-in: nobody goes round it. This, or `service`."""
    service: GatewayService | None = None
    """Where this program runs it, as a service of ECS, with a role of its own."""
    on_silence: OnSilence = OnSilence.REFUSE
    """Of `litellm`: whether people are refused or served while it can read neither levels nor counters. IAM denies
    what a level denies in either case."""


def _none(value: object) -> object:
    return None if value == "none" else value


# Written out, `none` says that the question was asked.
MaybeGateway = Annotated[
    Gateway | None, BeforeValidator(_none, json_schema_input_type=Gateway | Literal["none"] | None)
]
