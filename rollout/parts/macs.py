"""The stack file's parts about Claude Code's settings on Macs: what they say, and how they get there."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from rollout.kinds import AllowRule, HttpsUrl, JamfClientId, JamfUrl, Number, PermissionRule, ProgramPath
from rollout.parts.part import Part


class Rules(Part):
    """Permission rules for Claude Code beside those of the level. They add to it; none takes anything away."""

    deny: tuple[PermissionRule, ...] = ()
    """What Claude Code never does, at any level, such as `Read(//**/.kube/config)`. `//` begins an absolute path."""
    ask: tuple[PermissionRule, ...] = ()
    """What a person is asked about each time."""
    allow: tuple[AllowRule, ...] = ()
    """What nobody is asked about, at `active` only; from `restricted` on a person approves each step."""


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
