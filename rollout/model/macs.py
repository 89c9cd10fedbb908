"""The stack file's parts about Claude Code's settings on Macs: what they say, and how they get there."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from rollout.model.base import Part
from rollout.model.client_versions import BINDS_PROVIDERS, FLOOR
from rollout.model.fields import AllowRule, HttpsUrl, JamfClientId, JamfUrl, Number, PermissionRule, ProgramPath, Shape


class Rules(Part):
    """Permission rules for Claude Code beside those of the level. They add to it; none takes anything away."""

    deny: tuple[PermissionRule, ...] = ()
    """What Claude Code never does, at any level, such as `Read(//**/.kube/config)`. `//` begins an absolute path."""
    ask: tuple[PermissionRule, ...] = ()
    """What a person is asked about each time. Name a part, such as `Bash(* *)`: a whole tool (`Bash`) goes, in older
    clients, before what is denied of it."""
    allow: tuple[AllowRule, ...] = ()
    """What nobody is asked about, at `active` only; from `restricted` on a person approves each step."""


VERSION = r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,5}"


def version_of(text: str) -> tuple[int, ...]:
    """For comparing; `text` matches VERSION."""
    return tuple(map(int, text.split(".")))


def _no_older(text: str) -> str:
    if version_of(text) < version_of(FLOOR):
        raise ValueError(f"older than {FLOOR}, the oldest that these settings were tried on: {text}")
    return text


ClientVersion = Annotated[str, Shape(VERSION, "a version of Claude Code such as 2.1.332"), AfterValidator(_no_older)]
# What the client takes for a server's name, a word of a command line, and an address with `*` (its own schema,
# 2.1.332). No $NAME, which Jamf replaces.
McpName = Annotated[str, Shape(r"[A-Za-z0-9_-]{1,64}", "an MCP server's name (1 to 64 letters, digits, _ and -)")]
McpWord = Annotated[
    str, Shape(r"(?![^\n]*\$[A-Z])[!-~]([ -~]{0,298}[!-~])?", "a word of a command line (ASCII, no $NAME within)")
]
McpUrl = Annotated[
    str, Shape(r"https://(?![^\n]*\$[A-Z])[!-~]{1,300}", "an https:// address such as https://mcp.acme.example/*")
]


class McpServer(Part):
    """An MCP server that people may use, told by one of these."""

    command: Annotated[tuple[McpWord, ...], Field(min_length=1, max_length=40)] | None = None
    """The whole command line, word by word, that a server of the machine's own is started with."""
    url: McpUrl | None = None
    """The address of a remote one; `*` stands for any text."""
    name: McpName | None = None
    """What a person's own settings call it, which binds little: at `active` alone does it count."""

    @model_validator(mode="after")
    def _one(self) -> McpServer:
        if sum(told is not None for told in (self.command, self.url, self.name)) != 1:
            raise ValueError("give one of command, url, name")
        return self


class ClaudeMode(StrEnum):
    ASK = "ask"
    AUTO = "auto"


class Claude(Rules):
    """Claude Code itself: which versions may start, how it asks, and permission rules beside those of the level."""

    minimum_version: ClientVersion = BINDS_PROVIDERS
    """The oldest Claude Code that starts; 2.1.197 at least. Before 2.1.285 what somebody exports can lead prompts to
    another provider (docs/macs.md)."""
    mode: ClaudeMode = ClaudeMode.ASK
    """Whether Claude Code asks a person (`ask`), or may decide by itself (`auto`) what is safe. Auto mode has another
    model of the cohort judge each step, at the cohort's cost. From `restricted` on it asks, whatever this says."""
    mcp_servers: Annotated[tuple[McpServer, ...], Field(max_length=100)] | None = None
    """The MCP servers that may be used, and no others; without this any may at `active`, and from `restricted` on
    none."""


class TelemetryProtocol(StrEnum):
    PROTOBUF = "http/protobuf"
    JSON = "http/json"


class Telemetry(Part):
    endpoint: HttpsUrl
    """Where Claude Code sends its metrics and events by OTLP over HTTP, without `/v1/metrics`. Prompts are not sent."""
    protocol: TelemetryProtocol = TelemetryProtocol.PROTOBUF
    """How OTLP is encoded, as the collector takes it."""


class Channel(StrEnum):
    PROFILE = "profile"
    FILE = "file"
    HELPER = "helper"


class CommitGuardMode(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    OFF = "off"


class Mac(Part):
    """How managed settings reach a machine, and how soon."""

    channel: Channel = Channel.FILE
    """By what way: `profile`, a configuration profile, which Claude Code reads every 30 minutes; `file`, written at
    the Mac's check-in and read at once; `helper`, a program that Claude Code runs every `helper_minutes`."""
    check_in_minutes: Annotated[Literal[5, 15, 30, 60], Number] = 5
    """How often Macs check in, as Jamf Pro is set: 5, 15, 30 or 60."""
    helper_minutes: Annotated[int, Field(ge=1, le=1440), Number] = 5
    """How often Claude Code runs the helper."""
    commit_guard: CommitGuardMode = CommitGuardMode.OPEN
    """The hook that looks for credentials before a commit or a push. Where it is missing or broken, `open` lets the
    command run and `closed` stops every Bash command; `off` leaves it out."""
    okta_aws_cli: ProgramPath | None = None
    """Where Okta's client is on the machines. Without it, it is looked for in the usual places, then on PATH."""
    telemetry: Telemetry | None = None
    """Where Claude Code reports to. Without it the managed settings say nothing about telemetry."""


class SeveralMacs(StrEnum):
    ALL = "all"
    REFUSE = "refuse"


class NoMac(StrEnum):
    WARN = "warn"
    REFUSE = "refuse"


class Unconfirmed(StrEnum):
    LEAVE = "leave"
    REFUSE = "refuse"


class Jamf(Part):
    """The Jamf Pro that puts managed settings on Macs. Without it nothing is pushed."""

    url: JamfUrl
    """The server's address, such as `https://acme.jamfcloud.com`."""
    client_id: JamfClientId
    """Of an API client; its secret is `jamf_client_secret`."""
    several_macs: SeveralMacs = SeveralMacs.REFUSE
    """Of a member who has several Macs by inventory: `all` get the settings, or `refuse`."""
    no_mac: NoMac = NoMac.REFUSE
    """Of a member who has none: `warn` and go on, or `refuse`."""
    removal_minutes: Annotated[int, Field(ge=0, le=120), Number] = 10
    """How long a removal waits for Macs to confirm it."""
    unconfirmed: Unconfirmed = Unconfirmed.LEAVE
    """What becomes of a removal that some Macs have not confirmed by then: `leave` it in Jamf Pro, where it waits for
    them, or `refuse` to go on until they have."""
