"""Which logs are kept, and for how many days: of a whole rollout, or of logs by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from rollout import names
from rollout.incidents.cut_record import Record
from rollout.levels import Level
from rollout.model.base import Part
from rollout.model.errors import StackFileError, mistakes_of
from rollout.model.fields import CohortName, LogGroupName, OrganizationName
from rollout.model.rollout import Logs, Rollout


@dataclass(frozen=True, kw_only=True)
class LogsKept:
    """`days`: of the shared ones. `usage_days`: by cohort. `least_days`: what was asked for; some are kept longer.
    `retired`: cohorts whose log may be deleted by hand. `incident_days`: of changes of level; None where another stack
    has them. `has_announcer`, `has_meter`: whether their functions' logs are here. `adopted`: the log group that
    Bedrock writes to already; its configuration is left alone then. `prompt_text`: whether prompts are written too.
    `has_gateway`: whether there is a gateway, or was one: what it said is kept."""

    organization: str
    days: int
    least_days: int
    usage_days: Mapping[str, int]
    retired: frozenset[str] = field(default_factory=frozenset[str])
    incident_days: int | None = None
    has_announcer: bool = False
    has_meter: bool = False
    adopted: str | None = None
    prompt_text: bool = False
    has_gateway: bool = False

    @property
    def functions(self) -> Mapping[str, str]:
        """Our functions whose logs are here, by what each does. With or without a webhook or a collector: a log is
        protected, and must not keep a stack from closing them."""
        of_meter = {
            "meter": names.METER,
            "github-webhook": names.GITHUB_WEBHOOK,
            "delivery": names.DELIVERY,
            "mac-findings": names.MAC_FINDINGS,
        }
        own = {"announcer": names.ANNOUNCER} if self.has_announcer else {}
        return {**own, **(of_meter if self.has_meter else {})}

    @property
    def groups(self) -> frozenset[str]:
        """The names of all log groups that are made."""
        return frozenset(
            {
                *([] if self.adopted else [names.INVOCATION_LOG_GROUP]),
                *([] if self.incident_days is None else [names.INCIDENT_LOG_GROUP]),
                *([names.FINDINGS_LOG_GROUP, names.DELIVERY_LOG_GROUP] if self.has_meter else []),
                *([names.GATEWAY_LOG_GROUP] if self.has_gateway else []),
                *map(names.function_log_group, self.functions.values()),
                *map(names.usage_log_group, self.usage_days),
            }
        )


def logs_of(rollout: Rollout, record: Record | None = None) -> LogsKept:
    """`record`: of cuts, which remembers that there was a gateway."""
    had_gateway = record is not None and any(cohort.gateway is not None for cohort in record.cohorts.values())
    own_announcer = not rollout.adopt.announcer
    return LogsKept(
        organization=rollout.organization.name,
        days=rollout.retention_days(None),
        least_days=rollout.logs.retention_days,
        usage_days={cohort: rollout.retention_days(cohort) for cohort in rollout.logged},
        retired=frozenset(rollout.logs.retired),
        incident_days=max(rollout.logs.retention_days, Level.ROLLED_BACK.effects.kept_days) if own_announcer else None,
        has_announcer=own_announcer,
        has_meter=not rollout.adopt.meter,
        adopted=rollout.adopt.invocation_log_group,
        prompt_text=rollout.logs.prompt_text,
        has_gateway=(rollout.gateway is not None or had_gateway) and not rollout.adopt.meter,
    )


class _Alone(Part):
    organization: OrganizationName
    """Becomes the tag `organization` in AWS."""
    cohorts: tuple[CohortName, ...] = ()
    """Whose usage has a log."""
    logs: Logs = Logs()
    invocation_log_group: LogGroupName | None = None
    """The log group that Bedrock's invocation logging already writes to."""


def logs_alone(document: Mapping[str, Any]) -> LogsKept:
    """Of cohorts that are declared elsewhere, with keys as the stack file has them. StackFileError has all mistakes."""
    try:
        found = _Alone.model_validate(document)
    except ValidationError as error:
        raise StackFileError([each.line({}) for each in mistakes_of(error, _Alone, ())]) from None
    days = found.logs.retention_days
    return LogsKept(
        organization=found.organization,
        days=days,
        least_days=days,
        usage_days=dict.fromkeys(sorted(found.cohorts), days),
        adopted=found.invocation_log_group,
        prompt_text=found.logs.prompt_text,
    )
