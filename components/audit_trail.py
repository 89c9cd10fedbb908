"""The logs. Beside the cohorts, never under one, so that no rollback of a cohort reaches them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from rollout import names
from rollout.observability.logs_kept import LogsKept


@dataclass(frozen=True, kw_only=True)
class AuditTrailArgs:
    logs: LogsKept


class AuditTrail(pulumi.ComponentResource):
    """The logs: of invocations, of incidents, of our functions, and of each cohort's usage. With retention, protected
    by the engine and by CloudWatch, and kept even when undeclared."""

    invocation_log_group: pulumi.Output[str]
    incident_log_group: pulumi.Output[str] | None = None
    findings_log_group: pulumi.Output[str] | None = None
    """Credentials found in commits and prompts: where and what kind, never the secret itself."""
    delivery_log_group: pulumi.Output[str] | None = None
    """What was delivered, by cohort and week, once a collector reads it from GitHub."""
    gateway_log_group: pulumi.Output[str] | None = None
    """What a gateway says of whom it refused."""
    function_log_groups: Mapping[str, pulumi.Output[str]]
    """By the function's name: what it has to say itself."""
    usage_log_groups: Mapping[str, pulumi.Output[str]]

    def __init__(self, name: str, args: AuditTrailArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:AuditTrail", name, {}, opts)
        logs = args.logs
        tags = {"organization": logs.organization}
        if logs.adopted:
            self.invocation_log_group = pulumi.Output.from_input(logs.adopted)
        else:
            self.invocation_log_group = self._log_group(
                f"{name}-invocations", names.INVOCATION_LOG_GROUP, logs.days, tags
            ).name
        if logs.incident_days is not None:
            # Every change of level.
            self.incident_log_group = self._log_group(
                f"{name}-incidents", names.INCIDENT_LOG_GROUP, logs.incident_days, tags
            ).name
        if logs.has_meter:
            self.findings_log_group = self._log_group(
                f"{name}-findings", names.FINDINGS_LOG_GROUP, logs.days, tags
            ).name
            self.delivery_log_group = self._log_group(
                f"{name}-delivery-figures", names.DELIVERY_LOG_GROUP, logs.days, tags
            ).name
        if logs.has_gateway:
            self.gateway_log_group = self._log_group(f"{name}-gateway", names.GATEWAY_LOG_GROUP, logs.days, tags).name
        self.function_log_groups = {
            function: self._log_group(f"{name}-{role}", names.function_log_group(function), logs.days, tags).name
            for role, function in logs.functions.items()
        }
        self.usage_log_groups = {
            cohort: self._log_group(
                f"{name}-{cohort}-usage",
                names.usage_log_group(cohort),
                days,
                {**tags, "cohort": cohort},
                retired=cohort in logs.retired,
            ).name
            for cohort, days in logs.usage_days.items()
        }
        self.register_outputs({"invocation_log_group": self.invocation_log_group, "least_days": logs.least_days})

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
