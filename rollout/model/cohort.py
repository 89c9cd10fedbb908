"""A cohort: its people, its level, the incident that the level stands for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, PrivateAttr, model_validator

from rollout.levels import Level
from rollout.model.base import Part
from rollout.model.fields import (
    Cell,
    CohortName,
    Email,
    GithubName,
    IncidentId,
    ModelLabel,
    PermissionRule,
    RosterPath,
    TeamName,
    Words,
)
from rollout.model.machines import GithubWorkflow, MachineName, RoleArn
from rollout.model.macs import Rules
from rollout.model.models import Throttle
from rollout.model.success import Targets
from rollout.model.time_fields import End, Instant
from rollout.model.times import earliest, latest


class Incident(Part):
    """Why access was taken. Each level above `active` names one."""

    id: IncidentId
    """What the incident tracker calls it; records, notices and the review carry it."""
    since: Instant
    """When it began, RFC 3339. Sessions from before it are dead from `suspended` on, and stay so."""
    reason: Words
    """In a sentence. People whose access is taken read it."""
    deny: tuple[PermissionRule, ...] = ()
    """Rules that Claude Code's managed settings deny meanwhile, such as `Bash(git push *)`."""


class Seniority(StrEnum):
    SENIOR = "senior"
    MID = "mid"
    JUNIOR = "junior"


class Member(Part):
    """A person, by the e-mail address that Okta knows. Of somebody in the roster: level, incident and end alone."""

    name: Cell
    """As colleagues write it."""
    team: TeamName
    """One of `organization.teams`."""
    role: Cell | None = None
    """Their job; for readers."""
    seniority: Seniority | None = None
    """What the mix of a cohort is judged by."""
    champion: bool = False
    """Whether colleagues turn to this person for help with the tool."""
    manager: Email | None = None
    """Who is told when this person's access is taken."""
    rationale: Cell | None = None
    """Why this person takes part; for readers."""
    github: GithubName | None = None
    """The login at GitHub; unless given, what is before the @, with hyphens for what a login cannot hold."""
    level: Level | None = None
    """This person's own level; of it and the cohort's, the one that takes away more is in force."""
    incident: Incident | None = None
    """Of this person's own level; the cohort's, unless given."""
    sessions_valid_from: Instant | None = None
    """As of a cohort, for this person's sessions alone."""
    until: End | None = None
    """When this person's access ends: a last day in quotes, such as "2026-12-31", whole in UTC, or a time. IAM itself
    sees to it: nothing has to run."""
    extended: Instant | None = None
    """When `until` was last moved later, or taken away. A file that does not know of the last one is refused where it
    would give more than the newest said."""


class Machine(Part):
    """A job or a server that runs Claude Code by itself, by a name of ours that its sessions bear."""

    github: GithubWorkflow | None = None
    """The workflow at GitHub that it is."""
    role: RoleArn | None = None
    """In place of a workflow: the role of AWS's that it has already, and that nobody else has."""
    team: TeamName
    """One of `organization.teams`: its spend is theirs."""
    owner: Email
    """Who answers for it: is told of its spend, and when its access is taken."""
    rationale: Cell | None = None
    """What it does; for readers."""
    level: Level | None = None
    """As of a member: of it and the cohort's, the one that takes away more is in force."""
    incident: Incident | None = None
    """Of its own level; the cohort's, unless given."""
    sessions_valid_from: Instant | None = None
    """As of a cohort, for this machine's sessions alone."""
    until: End | None = None
    """As of a member: when this machine's access ends."""
    extended: Instant | None = None
    """When `until` was last moved later, or taken away."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Machine:
        if (self.github is None) is (self.role is None):
            raise ValueError("needs github, or role; one of them, and not both")
        return self

    @property
    def identity(self) -> str:
        """What tells it from every other, as IAM sees it: the subject of its token, or the ARN of its role."""
        return self.github.subject if self.github else str(self.role)


def address_of(holder: str, each: Member | Machine) -> str:
    """The e-mail address of who is told of a holder's spend: a machine reads nothing."""
    return each.owner if isinstance(each, Machine) else holder


# What an incident says of one person alone.
STOPPING = ("level", "incident", "sessions_valid_from")
# What a member's entry may say of somebody who is in the roster: it takes access from one person alone.
OWN = (*STOPPING, "until", "extended")


def _valid_from(level: Level, incident: Incident | None, kept: datetime | None) -> datetime | None:
    """An incident cuts older sessions from `suspended` on. One left in the file after a resume still does."""
    cuts = incident is not None and (level is Level.ACTIVE or level.is_cut)
    return latest(incident.since if incident and cuts else None, kept)


class GateOverride(Part):
    """Who lets a cohort open although the one before it has not met its targets, and why."""

    by: Email
    """Who decided it; it goes into the record of the opening."""
    reason: Words
    """Why it opens before its time; it goes into the record as well."""


class Cohort(Part):
    """People who get access together, and lose it together; or machines."""

    level: Level
    """How much access it has; docs/runbook.md says what each level takes."""
    models: Annotated[tuple[ModelLabel, ...], Field(min_length=1, max_length=20)]
    """Labels out of `models`; the first is what people get unless they choose."""
    members: Mapping[Email, Member] = {}
    """By e-mail address, as Okta knows it."""
    roster: RosterPath | None = None
    """A CSV file with members, beside those named here. Of somebody in it, `members` may give level, incident and
    end."""
    machines: Mapping[MachineName, Machine] = {}
    """In place of people: what runs Claude Code by itself, by name (docs/machines.md)."""
    incident: Incident | None = None
    """Why its level is above `active`."""
    sessions_valid_from: Instant | None = None
    """When access was given back after an incident: sessions from before it stay dead."""
    until: End | None = None
    """When the access of all of it ends, as of a member; of the two the earlier is in force."""
    extended: Instant | None = None
    """As of a member; it counts for each `until` in the cohort."""
    opened: Instant | None = None
    """When its people got access: `targets` are judged by whole weeks from then on."""
    targets: Targets | None = None
    """What it is to reach; without them it is not judged, and nothing can wait for it."""
    opens_after: CohortName | None = None
    """The cohort whose targets must be met before this one's level may be above `planned`."""
    gate_override: GateOverride | None = None
    """Opens it all the same."""
    claude: Rules = Rules()
    """Rules for Claude Code beside those of the level and of `claude` above."""

    _ended: frozenset[str] = PrivateAttr(default=frozenset())

    @property
    def holders(self) -> Mapping[str, Member | Machine]:
        """Who has sessions of the cohort's role: its people by e-mail address, or its machines by name."""
        return self.machines or self.members

    @property
    def holders_key(self) -> str:
        """Where the stack file has them."""
        return "machines" if self.machines else "members"

    def as_of(self, now: datetime) -> Cohort:
        """With the knowledge of whose access has ended by `now`, as far as the file tells."""
        ends = {email: self.end_of(email) for email in self.holders}
        return self.having_ended({email for email, end in ends.items() if end and end <= now})

    def having_ended(self, people: Collection[str]) -> Cohort:
        """`people`: whose access has ended, by e-mail."""
        found = self.model_copy()
        found._ended = frozenset(people)  # noqa: SLF001  our own
        return found

    @property
    def ended(self) -> tuple[str, ...]:
        """Whose access had ended when the file was read, by e-mail, sorted."""
        return tuple(sorted(self._ended))

    def end_of(self, email: str) -> datetime | None:
        """From when on IAM denies a member everything: their own end or the cohort's, the earlier."""
        return earliest(self.holders[email].until, self.until)

    def extended_of(self, email: str) -> datetime | None:
        return latest(self.holders[email].extended, self.extended)

    def level_of(self, holder: str) -> Level:
        own = self.holders[holder].level
        return self.level if own is None or own.rank < self.level.rank else own

    def valid_from(self) -> datetime | None:
        """From when on a session of the role counts; none where no incident ever cut the older ones."""
        return _valid_from(self.level, self.incident, self.sessions_valid_from)

    @property
    def resumed(self) -> bool:
        """Whether an incident is over, as far as the stack file tells."""
        return bool(self.sessions_valid_from or (self.incident and self.level is Level.ACTIVE))

    def member_valid_from(self, holder: str) -> datetime | None:
        """The same for the sessions of one member, or one machine, alone."""
        member = self.holders[holder]
        return _valid_from(member.level or Level.ACTIVE, member.incident, member.sessions_valid_from)

    def usable_models(self, throttle: Throttle) -> tuple[str, ...]:
        """The labels that may be invoked at the cohort's level."""
        match self.level.effects.models:
            case "all":
                return self.models
            case "throttle":
                return (throttle.model,)
            case "none":
                return ()

    @property
    def signed_in(self) -> tuple[str, ...]:
        """The members who may sign in now, by e-mail, sorted; of machines none, who need no Okta."""
        return tuple(
            sorted(email for email in self.members if self.level_of(email).effects.members and email not in self._ended)
        )
