"""The stack file's shape (design 2). What its parts say of each other is checked in `rollout.stack_file.checks`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from rollout.levels import Level
from rollout.model.base import Part
from rollout.model.billing import BillingExport
from rollout.model.budgets import Budgets
from rollout.model.cohort import Cohort
from rollout.model.fields import (
    CohortName,
    EmailIdentity,
    LogGroupName,
    ModelLabel,
    Number,
    OidcProviderArn,
    OktaAppId,
    OktaGroupId,
    SamlProviderArn,
    Words,
)
from rollout.model.gateway import GatewayKind, MaybeGateway
from rollout.model.identity_center import IdentityCenter
from rollout.model.macs import Claude, Jamf, Mac
from rollout.model.models import Model, Throttle
from rollout.model.notify import Notify
from rollout.model.organization import Okta, Organization
from rollout.model.secret_fields import GithubToken, GithubWebhookSecret, JamfClientSecret, SlackBotToken, WebhookKey
from rollout.model.success import Github, Success
from rollout.model.time_fields import Day


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
    github_provider: bool = False
    """Whether the account has GitHub's IAM OIDC provider already, as an account with our bootstrap stack does. Machines
    with `github` are let in by it; `sts.amazonaws.com` must be among its audiences."""
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
    """Whether another stack of this account has the meter: it counts these cohorts too, against budgets of its own, and
    stops nobody of them."""


class PolicyException(Part):
    resource: Words
    """The resource's name, the last part of its URN, or the whole URN."""
    reason: Words
    """Why it need not comply; shown whenever it is used."""
    expires: Day
    """Its last day, such as 2026-12-31; a year from now at most."""


class Federation(StrEnum):
    SAML = "saml"
    OIDC = "oidc"
    IDENTITY_CENTER = "identity_center"


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
    """How people sign in: `saml` through Okta's AWS app, `oidc` with one Okta app per cohort, or `identity_center` with
     one permission set of IAM Identity Center per cohort."""
    identity_center: IdentityCenter | None = None
    gateway: MaybeGateway = None
    """What people's requests go through, where there is one; `none`, or no such key, where there is not."""
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

    def as_of(self, now: datetime) -> Rollout:
        """With the knowledge of whose access has ended by `now`. Nothing else of a stack file depends on the clock."""
        return self.model_copy(update={"cohorts": {name: each.as_of(now) for name, each in self.cohorts.items()}})

    @property
    def declared(self) -> Mapping[str, Cohort]:
        """The cohorts that have something in AWS and Okta, by name, sorted."""
        return {name: cohort for name, cohort in sorted(self.cohorts.items()) if cohort.level.effects.group}

    @property
    def of_people(self) -> tuple[str, ...]:
        """The cohorts that are none of machines, and so have a group in Okta, sorted."""
        return tuple(sorted(name for name, cohort in self.cohorts.items() if not cohort.machines))

    def by_permission_set(self, cohort: str) -> bool:
        """Whether the cohort's role is IAM Identity Center's, which nobody else may change; machines have one of
        ours."""
        return self.federation is Federation.IDENTITY_CENTER and not self.cohorts[cohort].machines

    def goes_by(self, kind: GatewayKind) -> bool:
        """Whether people's requests go through a gateway of this kind."""
        return self.gateway is not None and self.gateway.kind is kind

    @property
    def has_workflows(self) -> bool:
        """Whether any machine is let in by GitHub."""
        return any(machine.github for cohort in self.declared.values() for machine in cohort.machines.values())

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
            for level in (cohort.level, *(holder.level or cohort.level for holder in cohort.holders.values()))
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
