"""The logs. Beside the cohorts, never under one, so that no rollback of a cohort reaches them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from rollout import names
from rollout.levels import Level
from rollout.model.rollout import Rollout


@dataclass(frozen=True, kw_only=True)
class AuditTrailArgs:
    rollout: Rollout


class AuditTrail(pulumi.ComponentResource):
    """The logs: of invocations, of incidents, of our functions, and of each cohort's usage. With retention, protected
    by the engine and by CloudWatch, and kept even when undeclared."""

    invocation_log_group: pulumi.Output[str]
    incident_log_group: pulumi.Output[str] | None = None
    findings_log_group: pulumi.Output[str] | None = None
    """Credentials found in commits and prompts: where and what kind, never the secret itself."""
    delivery_log_group: pulumi.Output[str] | None = None
    """What was delivered, by cohort and week, once a collector reads it from GitHub."""
    function_log_groups: Mapping[str, pulumi.Output[str]]
    """By the function's name: what it has to say itself."""
    usage_log_groups: Mapping[str, pulumi.Output[str]]

    def __init__(self, name: str, args: AuditTrailArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:AuditTrail", name, {}, opts)
        rollout = args.rollout
        tags = {"organization": rollout.organization.name}
        adopted = rollout.adopt.invocation_log_group
        if adopted:
            self.invocation_log_group = pulumi.Output.from_input(adopted)
        else:
            days = rollout.retention_days(None)
            self.invocation_log_group = self._log_group(
                f"{name}-invocations", names.INVOCATION_LOG_GROUP, days, tags
            ).name
        if not rollout.adopt.announcer:
            # Every change of level.
            kept = max(rollout.logs.retention_days, Level.ROLLED_BACK.effects.kept_days)
            self.incident_log_group = self._log_group(f"{name}-incidents", names.INCIDENT_LOG_GROUP, kept, tags).name
        if not rollout.adopt.meter:
            days = rollout.retention_days(None)
            self.findings_log_group = self._log_group(f"{name}-findings", names.FINDINGS_LOG_GROUP, days, tags).name
            self.delivery_log_group = self._log_group(
                f"{name}-delivery-figures", names.DELIVERY_LOG_GROUP, days, tags
            ).name
        functions = {
            "announcer": None if rollout.adopt.announcer else names.ANNOUNCER,
            "meter": None if rollout.adopt.meter else names.METER,
            # With or without a webhook or a collector: a log is protected, and must not keep a stack from closing them.
            "github-webhook": None if rollout.adopt.meter else names.GITHUB_WEBHOOK,
            "delivery": None if rollout.adopt.meter else names.DELIVERY,
            "mac-findings": None if rollout.adopt.meter else names.MAC_FINDINGS,
        }
        self.function_log_groups = {
            function: self._log_group(
                f"{name}-{role}", names.function_log_group(function), rollout.retention_days(None), tags
            ).name
            for role, function in functions.items()
            if function
        }
        self.usage_log_groups = {
            cohort: self._log_group(
                f"{name}-{cohort}-usage",
                names.usage_log_group(cohort),
                rollout.retention_days(cohort),
                {**tags, "cohort": cohort},
                retired=cohort in rollout.logs.retired,
            ).name
            for cohort in rollout.logged
        }
        self.register_outputs(
            {"invocation_log_group": self.invocation_log_group, "least_days": rollout.logs.retention_days}
        )

    def _log_group(
        self, name: str, log_group: str, days: int, tags: Mapping[str, str], *, retired: bool = False
    ) -> aws.cloudwatch.LogGroup:
        """`retired`: whoever may delete logs of the account may delete this one, by hand; the program does not."""
        return aws.cloudwatch.LogGroup(
            name,
            name=log_group,
            retention_in_days=days,
            # Said plainly, since leaving it out would change nothing (argument reference of the provider).
            deletion_protection_enabled=not retired,
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self, protect=True, retain_on_delete=True),
        )
