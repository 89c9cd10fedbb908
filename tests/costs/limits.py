"""What bounds a rollout. A number that the code knows is taken from the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from providers.jamf import client as jamf
from rollout import iam_limits
from rollout.access.residual import TOKEN_MINUTES, Federation
from rollout.incidents.cut_rules import MAX_STOPPED
from rollout.model.cohort import Cohort
from rollout.model.rollout import Rollout
from rollout.names import SESSION
from rollout.notices import level_changes
from rollout.observability import alarm, dashboards, page, queries
from rollout.stack_file import roster, size_checks

IAM = "IAM user guide, quotas"
LOGS = "CloudWatch Logs user guide, quotas"


def limits() -> Iterator[tuple[str, str, str, str]]:
    """Each limit: of what, the number, where it is written, and what in the code holds it."""
    session = _bounds(Rollout, "session_minutes")
    models = _bounds(Cohort, "models")
    yield (
        "inline policies of a role, all together",
        f"{iam_limits.INLINE_CHARACTERS:,} characters",
        IAM,
        "`rollout/iam_limits.py`, judged by `rollout/stack_file/checks.py` from the longest ARNs",
    )
    yield "a managed policy, a boundary", f"{iam_limits.MANAGED_CHARACTERS:,} characters", IAM, "the same"
    yield (
        "a trust policy",
        f"{iam_limits.TRUST_CHARACTERS:,} characters, unless raised",
        IAM,
        "of machines `rollout/stack_file/machine_checks.py`; the policy pack, `policies/rules/iam/iam_documents_fit.py`",
    )
    yield "managed policies on a role", str(iam_limits.MANAGED_PER_ROLE), IAM, "`rollout/iam_limits.py`"
    yield (
        "cohorts of a stack with a meter",
        "about 200; about 120 of 30 people where a stop in dollars holds for everybody",
        "follows from the above: the meter's role has rights for each",
        "`rollout/access/parts.py` cuts them in parts; `rollout/stack_file/size_checks.py`",
    )
    yield (
        "stacks beside it that adopt its meter",
        f"{size_checks.KEPT_FOR_OTHER_STACKS} of up to sixty cohorts",
        "the same",
        "by hand ([known faults](known-faults.md), 31)",
    )
    yield "roles of an account", "1,000, adjustable", IAM, "`rollout doctor`"
    yield "customer managed policies of an account", "1,500, adjustable", IAM, "`rollout doctor`"
    yield (
        "application inference profiles of an account",
        "1,000, adjustable; in Service Quotas",
        "AWS General Reference, Bedrock",
        "`rollout doctor`, with those of others",
    )
    yield (
        "members of a cohort with a level of their own",
        str(MAX_STOPPED),
        "follows from the above",
        "`rollout/incidents/cut_rules.py`",
    )
    yield (
        "members of a cohort with an `until` of their own",
        "by the length of their names and how many times there are: about 90 with three, 30 with one each",
        "follows from the above",
        "`rollout/access/ends.py`, `rollout/stack_file/checks.py`",
    )
    yield (
        "members throttled at once in a cohort",
        "by the length of their names; the mistake says how many fit",
        "follows from the above",
        "`rollout/incidents/quotas.py`, `rollout/stack_file/checks.py`",
    )
    yield (
        "a session's name, so an e-mail address",
        f"{re.findall(r'[0-9]+', SESSION.pattern)[-1]} characters",
        "STS API reference",
        "`rollout/model/fields.py`",
    )
    yield "a session", f"{session[0]} to {session[1]} minutes", "STS allows 12 hours; we do not", "`session_minutes`"
    yield "an inference profile's name", "64 characters; ours 54 at most", "Bedrock API reference", "`rollout/names.py`"
    yield (
        "models of a cohort",
        f"{models[1]}, fewer where their names are long",
        "ours",
        "`rollout/model/rollout.py`, `rollout/stack_file/checks.py`",
    )
    yield (
        "metrics in an alarm",
        str(alarm.METRICS_AT_MOST),
        "CloudWatch user guide",
        "`rollout/observability/cohort_alarms.py` cuts an alarm in several",
    )
    yield "alarms of an account", "none", "CloudWatch service quotas", "-"
    yield (
        "metrics in a graph, alarms in a widget",
        f"500, {page.ALARMS_AT_MOST}",
        "CloudWatch service quotas",
        f"`rollout/observability/dashboards.py` finds by search from the {dashboards.NAMED_AT_MOST + 1}st cohort on",
    )
    yield (
        "log groups of a query",
        str(queries.LOG_GROUPS_AT_MOST),
        LOGS,
        "`rollout/observability/queries.py` takes the first; `rollout check` says so",
    )
    yield "subscription filters of a log group", "2", LOGS, "by hand: an adopted invocation log needs one free"
    yield "a retention", "the values CloudWatch knows", "CloudWatch Logs API reference", "`logs.retention_days`"
    yield (
        "recipients of one mail",
        str(level_changes.MAX_RECIPIENTS),
        "SES developer guide, quotas",
        "`rollout/notices/level_changes.py` sends several",
    )
    yield "characters of a block in Slack", "3,000", "Slack, Block Kit", "`rollout/notices/formats.py`"
    yield (
        "an ID token of Okta's org server",
        f"{TOKEN_MINUTES[Federation.OIDC]} minutes, fixed",
        "Okta",
        "`rollout/access/residual.py` counts it",
    )
    yield (
        "connections to Jamf Pro at once",
        f"5; ours {jamf.CONNECTIONS} at most",
        "Jamf's advice",
        "`providers/jamf/client.py`",
    )
    yield (
        "cost monitors of all services in an account",
        "1",
        "AWS Cost Anomaly Detection, FAQ",
        "by hand: `budgets.anomaly_monitor` names the one that is there",
    )
    yield "a roster", f"{roster.MAX_BYTES >> 20} MiB", "ours", "`rollout/stack_file/roster.py`"


def _bounds(model: Any, field: str) -> tuple[int | None, int | None]:
    least = most = None
    for constraint in model.model_fields[field].metadata:
        least = getattr(constraint, "ge", least)
        most = getattr(constraint, "le", getattr(constraint, "max_length", most))
    return least, most
