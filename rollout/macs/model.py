"""The managed settings that we emit, as a strict model: nothing unknown, nothing of another type, nothing null.

It is narrower than what the client takes: each key and variable is there because somebody saw what it does
(`rollout.macs.facts`).
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from rollout.macs.facts import GATEWAY_VARIABLES, VARIABLES
from rollout.macs.untyped import map_of
from rollout.model.errors import dotted, one_of, shown
from rollout.model.fields import PermissionRule
from rollout.model.macs import VERSION, McpName, McpUrl, McpWord

# Of a gateway, as Anthropic calls it.
ModelName = Annotated[str, StringConstraints(pattern=r"^claude-[a-z0-9.-]{1,100}$")]
GatewayUrl = Annotated[str, StringConstraints(pattern=r"^https://[a-z0-9.-]+(?::[0-9]{1,5})?$")]
ProfileArn = Annotated[
    str,
    StringConstraints(
        pattern=r"^arn:aws[a-z-]*:bedrock:[a-z0-9-]+:[0-9]{12}:application-inference-profile/[A-Za-z0-9.:-]+$"
    ),
]


class Strict(BaseModel):
    """A key left out has no value at all, so no field takes null; what has a default may be left out."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, alias_generator=to_camel)


Rules = Annotated[list[PermissionRule], Field(min_length=1)]


class Permissions(Strict):
    deny: Rules
    default_mode: Literal["default"] = "default"
    ask: Rules = []
    allow: Rules = []
    disable_bypass_permissions_mode: Literal["disable"] = "disable"
    disable_auto_mode: Literal["disable"] = "disable"


class Command(Strict):
    type: Literal["command"]
    command: Annotated[str, Field(min_length=1)]
    timeout: Annotated[int, Field(ge=1, le=60)]
    on_failure: Literal["block"] = "block"


Commands = Annotated[list[Command], Field(min_length=1)]


class ToolHook(Strict):
    matcher: Literal["Bash", "*"]
    hooks: Commands


class PromptHook(Strict):
    hooks: Commands


class Hooks(Strict):
    pre_tool_use: Annotated[list[ToolHook], Field(min_length=1, alias="PreToolUse")] = []
    user_prompt_submit: Annotated[list[PromptHook], Field(min_length=1, alias="UserPromptSubmit")] = []
    session_start: Annotated[list[PromptHook], Field(min_length=1, alias="SessionStart")] = []


class StatusLine(Strict):
    type: Literal["command"]
    command: Annotated[str, Field(min_length=1)]


class Sandbox(Strict):
    auto_allow_bash_if_sandboxed: Literal[False]


class ServerName(Strict):
    server_name: McpName


class ServerCommand(Strict):
    server_command: Annotated[list[McpWord], Field(min_length=1)]


class ServerUrl(Strict):
    server_url: McpUrl


# An invalid row is skipped by the client, and the others stay.
Price = Annotated[float, Field(ge=0, le=10_000)]


class Rates(Strict):
    input: Price
    output: Price
    cache_read: Price
    cache_write: Price


class Pricing(Strict):
    overrides: Annotated[dict[str, Rates], Field(min_length=1)]


def _left_out() -> Any:
    """A key that may be left out, and takes no null."""
    return None


def _variables(env: dict[str, str]) -> dict[str, str]:
    by_gateway = env.get("CLAUDE_CODE_USE_BEDROCK") == "0"
    known = {**VARIABLES, **GATEWAY_VARIABLES} if by_gateway else VARIABLES
    for name, value in env.items():
        if name not in known or (by_gateway and name.startswith("AWS_")):
            raise ValueError(f"no variable of ours: {shown(name)}")
        pattern = known[name][0]
        if not re.fullmatch(pattern, value):
            raise ValueError(f"{name}: must be {pattern or 'empty'}, not {shown(value)}")
    return env


class ManagedSettings(Strict):
    permissions: Permissions
    enforce_available_models: Literal[True]
    available_models: Annotated[list[ProfileArn], Field(min_length=1)]
    model: ProfileArn
    force_remote_settings_refresh: Literal[True]
    allowed_providers: Annotated[list[Literal["bedrock"]], Field(min_length=1, max_length=1)]
    required_minimum_version: Annotated[str, StringConstraints(pattern=rf"^{VERSION}$")]
    aws_credential_export: Literal[""]
    model_pricing: Pricing = Field(default_factory=_left_out)
    sandbox: Sandbox = Field(default_factory=_left_out)
    allow_managed_mcp_servers_only: Literal[True] = True
    allowed_mcp_servers: list[ServerName | ServerCommand | ServerUrl] = []
    allow_managed_permission_rules_only: Literal[True] = True
    allow_managed_hooks_only: Literal[True] = True
    disable_sideload_flags: Literal[True] = True
    hooks: Hooks = Hooks()
    aws_auth_refresh: Annotated[str, Field(min_length=1)] = ":"
    status_line: StatusLine = Field(default_factory=_left_out)
    company_announcements: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)] = []
    env: Annotated[dict[str, str], AfterValidator(_variables)]


class GatewaySettings(ManagedSettings):
    """Where a gateway stands before Bedrock: it alone is a provider, by one address, and models have names."""

    available_models: Annotated[list[ModelName], Field(min_length=1)]  # pyright: ignore[reportIncompatibleVariableOverride]
    model: ModelName
    allowed_providers: Annotated[list[Literal["gateway", "customEndpoint"]], Field(min_length=1, max_length=1)]  # pyright: ignore[reportIncompatibleVariableOverride]
    force_login_method: Literal["gateway"] = "gateway"
    force_login_gateway_url: GatewayUrl = Field(default_factory=_left_out)
    api_key_helper: Annotated[str, StringConstraints(pattern=r'^"[^"]+" token$')] = Field(default_factory=_left_out)


class SettingsError(ValueError):
    """A document that must not be pushed, and all that is wrong with it, one line each."""

    def __init__(self, name: str, lines: list[str]) -> None:
        self.lines = lines
        super().__init__("\n".join([f"managed settings of {name} are not in order; nothing is pushed:", *lines]))


def model_mistakes(document: dict[str, Any]) -> list[str]:
    """What the model refuses, one line each with its place."""
    by_gateway = map_of(document, "env").get("CLAUDE_CODE_USE_BEDROCK") == "0"
    try:
        (GatewaySettings if by_gateway else ManagedSettings).model_validate(document)
    except ValidationError as error:
        return [f"{dotted(detail['loc'])}: {_text(detail['type'], detail['msg'])}" for detail in error.errors()]
    return []


def _text(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return f"unknown key; known: {one_of(_keys(ManagedSettings))}"
    return message.removeprefix("Value error, ")


def _keys(model: type[BaseModel]) -> list[str]:
    return sorted(str(field.alias) for field in model.model_fields.values())
