"""The stack file's shape (design 2). What its parts say of each other is checked in `rollout.stack_file.checks`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from rollout.levels import Level
from rollout.model.base import Part
from rollout.model.billing import BillingExport
from rollout.model.budgets import Budgets
from rollout.model.fields import (
    SOURCE,
    Cell,
    CohortName,
    Day,
    Domain,
    Email,
    EmailIdentity,
    GithubName,
    GithubToken,
    GithubWebhookSecret,
    GroupName,
    IncidentId,
    Instant,
    JamfClientSecret,
    LogGroupName,
    ModelLabel,
    ModelSource,
    Number,
    OidcProviderArn,
    OktaAppId,
    OktaGroupId,
    OrganizationName,
    PermissionRule,
    RosterPath,
    SamlProviderArn,
    SlackBotToken,
    TeamName,
    Usd,
    WebhookKey,
    Words,
)
from rollout.model.macs import Claude, Jamf, Mac, Rules
from rollout.model.notify import Notify
from rollout.model.success import Github, Success, Targets
from rollout.model.times import latest


class Team(Part):
    headcount: Annotated[int, Field(ge=1, le=100_000), Number]
    """People in the team, whether they take part or not."""
    lead: Email | None = None
    """Who hears of the team's spend."""


class Organization(Part):
    """Who it is for, and how large its teams are."""

    name: OrganizationName
    """Becomes the tag `organization` in AWS."""
    teams: Mapping[TeamName, Team] = {}
    """By name, as members' `team` says it."""


class Okta(Part):
    """Where people sign in."""

    domain: Domain
    """The organization's Okta domain, such as `acme.okta.com`; no scheme, no path."""
    umbrella_group: GroupName = "Claude-Code-Users"
    """The group that gates the sign-in app; every member of every cohort is in it."""


class Prices(Part):
    """USD per million tokens of each kind."""

    input: Usd
    """USD per million input tokens; the other prices likewise."""
    output: Usd
    """Of what the model writes, thinking included."""
    cache_read: Usd
    """Of what is read from a prompt cache."""
    cache_write: Usd
    """Of what is written into one, for five minutes."""
    cache_write_1h: Usd | None = None
    """Of what is written into one, for an hour; twice `input` where it is not said, as Anthropic prices every model."""


class LongPrompt(Prices):
    """What every token of a request costs once its prompt is long."""

    above_tokens: Annotated[int, Field(ge=1, le=10_000_000), Number]
    """Of the prompt, with what is read from a cache and written to one; a longer prompt has these prices."""


class Model(Prices):
    """A model that cohorts may be given, by its label, with its list price."""

    source: ModelSource
    """What profiles are copied from: a system-defined inference profile, a foundation model, or the ARN of either."""
    long_prompt: LongPrompt | None = None
    """Other prices for long prompts, where the model has them."""

    @property
    def foundation_model(self) -> str:
        """Such as `anthropic.claude-sonnet-4-6`."""
        return _source(self.source)["model"]

    @property
    def geography(self) -> str | None:
        """`us`, `eu`, `global` and so on; none for a model of one region."""
        return _source(self.source)["geography"]


def _source(text: str) -> re.Match[str]:
    match = SOURCE.fullmatch(text)
    assert match is not None  # noqa: S101  the field's own kind
    return match


# As Bedrock counts them, `rollout.usage.records.KINDS`.
TokenKind = Literal["input", "output", "cache_read", "cache_write"]


class Throttle(Part):
    """What is left at `throttled`."""

    model: ModelLabel = "haiku"
    """The one model left at `throttled`."""
    daily_tokens: Annotated[int, Field(ge=1, le=10_000_000_000), Number] = 50_000
    """Tokens per user and day, UTC, at `throttled`; who has used them up is denied until midnight."""
    counts: Annotated[tuple[TokenKind, ...], Field(min_length=1)] = ("input", "output", "cache_write")
    """The kinds of tokens that count. Cache reads are most of what Claude Code sends, and a tenth of the price."""
    delay_seconds: Annotated[int, Field(ge=0, le=30), Number] = 5
    """How long Claude Code waits, at `throttled`, before it sends a prompt and before each step; 0: not at all."""


class Logs(Part):
    """What is logged, and how long it is kept."""

    retention_days: Annotated[
        Literal[
            1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
        ],
        Number,
    ] = 90
    """Days that log events are kept; the values CloudWatch knows."""
    prompt_text: bool = False
    """Whether prompts and answers are written to the invocation log. Off unless somebody decides otherwise."""
    retired: tuple[CohortName, ...] = ()
    """Cohorts that were taken out of `cohorts`, or set back to `planned`: their logs stay, to be deleted by hand."""


class Adopt(Part):
    """What the account or the Okta organization has already, used as it is and never changed or deleted."""

    saml_provider_arn: SamlProviderArn | None = None
    """Of the IAM SAML provider that stands for the Okta app; under `federation: saml`."""
    oidc_provider_arn: OidcProviderArn | None = None
    """Of the IAM OIDC provider of the Okta domain; under `federation: oidc`."""
    okta_app_id: OktaAppId | None = None
    """The AWS Account Federation app. Each preview reads it: its group filter must match `aws_<account>_<role>` and
    give that role, its application username must be the Okta username, and it must let the sign-in client in."""
    okta_sign_in_app_id: OktaAppId | None = None
    """The native OIDC app that `okta-aws-cli` signs in with; it must allow device codes and the token exchange."""
    umbrella_group_id: OktaGroupId | None = None
    """The group of `okta.umbrella_group`. Its other members are left alone."""
    email_identity: EmailIdentity | None = None
    """The identity, a domain or an address, that SES has verified already; `notify.email_from` is within it."""
    invocation_log_group: LogGroupName | None = None
    """The log group that Bedrock's invocation logging already writes to; the logging configuration is left alone."""
    announcer: bool = False
    """Whether another stack of this account has the announcer, its topics and logs: it tells of these cohorts too."""
    meter: bool = False
    """Whether another stack of this account counts usage. It counts its own cohorts; to it, these are use outside."""


class PolicyException(Part):
    resource: Words
    """The resource's name, the last part of its URN, or the whole URN."""
    reason: Words
    """Why it need not comply; shown whenever it is used."""
    expires: Day
    """Its last day, such as 2026-12-31; a year from now at most."""


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
    """A person, by the e-mail address that Okta knows. Of somebody in the roster: level and incident alone."""

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


# What a member's entry may say of somebody who is in the roster: it takes access from one person alone.
STOPPING = ("level", "incident", "sessions_valid_from")


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
    """People who get access together, and lose it together."""

    level: Level
    """How much access it has; docs/runbook.md says what each level takes."""
    models: Annotated[tuple[ModelLabel, ...], Field(min_length=1, max_length=20)]
    """Labels out of `models`; the first is what people get unless they choose."""
    members: Mapping[Email, Member] = {}
    """By e-mail address, as Okta knows it."""
    roster: RosterPath | None = None
    """A CSV file with members, beside those named here. Of somebody in it, `members` may give level and incident."""
    incident: Incident | None = None
    """Why its level is above `active`."""
    sessions_valid_from: Instant | None = None
    """When access was given back after an incident: sessions from before it stay dead."""
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

    def level_of(self, email: str) -> Level:
        own = self.members[email].level
        return self.level if own is None or own.rank < self.level.rank else own

    def valid_from(self) -> datetime | None:
        """From when on a session of the role counts; none where no incident ever cut the older ones."""
        return _valid_from(self.level, self.incident, self.sessions_valid_from)

    @property
    def resumed(self) -> bool:
        """Whether an incident is over, as far as the stack file tells."""
        return bool(self.sessions_valid_from or (self.incident and self.level is Level.ACTIVE))

    def member_valid_from(self, email: str) -> datetime | None:
        """The same for one member's sessions alone."""
        member = self.members[email]
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
        """The members who may sign in now, by e-mail, sorted."""
        return tuple(sorted(email for email in self.members if self.level_of(email).effects.members))


class Federation(StrEnum):
    SAML = "saml"
    OIDC = "oidc"


class ServiceLevels(StrEnum):
    ENFORCE = "enforce"
    WARN = "warn"


class Rollout(Part):
    """The stack file: everything under `claude-code-rollout:`."""

    organization: Organization
    okta: Okta
    models: Annotated[Mapping[ModelLabel, Model], Field(min_length=1)]
    cohorts: Mapping[CohortName, Cohort] = {}
    federation: Federation = Federation.SAML
    """How people sign in: `saml` through Okta's AWS app, or `oidc` with one Okta app per cohort."""
    session_minutes: Annotated[int, Field(ge=15, le=60), Number] = 60
    """How long one AWS session lasts. Removal from a group is felt when it ends."""
    service_levels: ServiceLevels = ServiceLevels.WARN
    """Whether missing the plan's minutes is an error or a warning."""
    budgets: Budgets = Budgets()
    billing_export: BillingExport | None = None
    notify: Notify = Notify()
    slack_bot_token: SlackBotToken | None = None
    """Posts to channels and people. `pulumi config set --secret slack_bot_token`."""
    webhook_signing_key: WebhookKey | None = None
    """What the incident tracker verifies records with. `pulumi config set --secret webhook_signing_key`."""
    success: Success | None = None
    github: Github | None = None
    github_token: GithubToken | None = None
    """A fine-grained token that may read pull requests and issues. `pulumi config set --secret github_token`."""
    github_webhook_secret: GithubWebhookSecret | None = None
    """What GitHub signs its secret-scanning alerts with. `pulumi config set --secret github_webhook_secret`."""
    jamf: Jamf | None = None
    jamf_client_secret: JamfClientSecret | None = None
    """What `jamf.client_id` proves itself with. `pulumi config set --secret jamf_client_secret`."""
    throttle: Throttle = Throttle()
    logs: Logs = Logs()
    claude: Claude = Claude()
    mac: Mac = Mac()
    adopt: Adopt = Adopt()
    policy_exceptions: Mapping[str, PolicyException] = {}
    """By the name of a rule (docs/policies.md): one resource that need not comply for now. Shown whenever used."""

    @property
    def declared(self) -> Mapping[str, Cohort]:
        """The cohorts that have something in AWS and Okta, by name, sorted."""
        return {name: cohort for name, cohort in sorted(self.cohorts.items()) if cohort.level.effects.group}

    @property
    def takes_github_alerts(self) -> bool:
        """Whether GitHub's secret-scanning webhook is let in: it writes to the findings log, which the meter's stack
        has."""
        return self.github_webhook_secret is not None and not self.adopt.meter

    @property
    def incident_open(self) -> bool:
        """Whether anybody, a cohort or a single member, is above `active`."""
        return any(
            level.needs_incident
            for cohort in self.cohorts.values()
            for level in (cohort.level, *(member.level or cohort.level for member in cohort.members.values()))
        )

    def retention_days(self, cohort: str | None) -> int:
        """Days to keep a cohort's logs, or without a cohort the shared ones: as configured, longer after a rollback.

        A shorter retention deletes what is older at once, so it stays long for a cohort that was stopped and resumed.
        """
        if cohort is None:
            return max([self.logs.retention_days, *(self.retention_days(name) for name in self.logged)])
        known = self.declared.get(cohort)
        keep = known is None or known.level is Level.ROLLED_BACK or known.resumed
        kept = Level.ROLLED_BACK.effects.kept_days if keep else 0
        return max(self.logs.retention_days, kept)

    @property
    def logged(self) -> tuple[str, ...]:
        """The cohorts that have a usage log, sorted."""
        return tuple(sorted({*self.declared, *self.logs.retired}))
