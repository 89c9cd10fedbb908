"""The questions people ask of the logs, as CloudWatch Logs Insights queries. The time range is given where they run.

The plan's two queries on active users are here as they can work: `ago(7d)` is none of Logs Insights' functions, and
`user_id` is a field of the meter's lines, not of Bedrock's records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rollout import names
from rollout.model.gateway import GatewayKind
from rollout.model.rollout import Rollout

# Of one query (CloudWatch Logs user guide, quotas).
LOG_GROUPS_AT_MOST = 50

Source = Literal["usage", "invocations", "incidents", "delivery", "gateway"]


@dataclass(frozen=True, kw_only=True)
class Query:
    """`title`: as it is saved and shown. `answers`: what a person learns from it. `source`: which logs it reads."""

    title: str
    answers: str
    text: str
    source: Source = "usage"


def _lines(*lines: str) -> str:
    return "\n| ".join(lines)


ACTIVE_USERS_BY_WEEK = Query(
    title="Active users by week",
    answers="How many people made at least one request in each span of seven days (UTC, counted from 1970-01-01).",
    text=_lines(
        "filter Requests = 1",
        "stats count_distinct(user_id) as active_users by bin(7d) as week",
        "sort week desc",
        "limit 12",
    ),
)
ACTIVE_USERS = Query(
    title="Active users",
    answers="How many people made at least one request in the time range, such as the last seven days.",
    text=_lines("filter Requests = 1", "stats count_distinct(user_id) as active_users"),
)
TOP_SPENDERS = Query(
    title="Top spenders",
    answers="Who spent most, on how many requests.",
    text=_lines(
        "filter Requests = 1",
        "stats sum(Usd) as usd, count(*) as requests, sum(Output) as output_tokens by user_id, cohort, team",
        "sort usd desc",
        "limit 25",
    ),
)
SPEND_BY_MODEL = Query(
    title="Spend by model",
    answers="Which models the money went to, by cohort.",
    text=_lines("filter Requests = 1", "stats sum(Usd) as usd, count(*) as requests by model, cohort", "sort usd desc"),
)
CACHE_EFFICIENCY = Query(
    title="Cache efficiency",
    answers="Whose requests were read from the prompt cache least: read / (read + written + fresh input), in percent.",
    text=_lines(
        "filter Requests = 1 and CacheRead + CacheWrite + Input > 0",
        "stats 100 * sum(CacheRead) / sum(CacheRead + CacheWrite + Input) as hit_percent, sum(Usd) as usd by user_id",
        "sort hit_percent asc",
        "limit 25",
    ),
)
DENIED_CALLS = Query(
    title="Denied calls",
    answers="Whom IAM denied, what, from where, how often and when last. Clients that are not pinned try models.",
    text=_lines(
        "filter Denied = 1",
        (
            "stats count(*) as denied, latest(why) as because, fromMillis(latest(@timestamp)) as last "
            "by user_id, cohort, source_ip"
        ),
        "sort denied desc",
        "limit 100",
    ),
)
WHO_USED_WHAT = Query(
    title="Who used what",
    answers="Every request and every denial in the time range, for an incident.",
    text=_lines(
        "fields @timestamp, user_id, team, cohort, model, Usd, Input, Output, CacheRead, CacheWrite, Denied",
        "sort @timestamp asc",
        "limit 10000",
    ),
)
SHADOW_USE = Query(
    title="Shadow use",
    answers="Who called Claude with a role that is no cohort's.",
    source="invocations",
    text=_lines(
        'filter schemaType = "ModelInvocationLog" and modelId like '
        "/anthropic|application-inference-profile|^[A-Za-z0-9]+$/",
        # Roles of cohorts, in this account: of another, accountId and the caller's differ, and no query compares them.
        f"filter identity.arn not like /:assumed-role\\/{names.PREFIX}-[a-z][a-z0-9]+\\//",
        "stats count(*) as calls, fromMillis(latest(@timestamp)) as last by identity.arn, modelId",
        "sort calls desc",
        "limit 100",
    ),
)
_OURS = f"{names.PREFIX}-[a-z][a-z0-9]+"


def of(rollout: Rollout, query: Query) -> Query:
    """As it is asked of this rollout: roles that IAM Identity Center made for a cohort are a cohort's."""
    if not rollout.identity_center or query is not SHADOW_USE:
        return query
    theirs = f"({_OURS}|{names.RESERVED_ROLE}{_OURS}_[0-9a-f]+)"
    return replace(query, text=query.text.replace(f"{_OURS}\\/", f"{theirs}\\/"))


LEVELS = Query(
    title="Levels",
    answers="At which level each cohort stands, since when, and by which incident.",
    source="incidents",
    text=_lines(
        "filter ispresent(after) and isblank(member)",
        (
            "stats latest(after) as level, latest(incident.id) as incident_id, fromMillis(latest(@timestamp)) as since "
            "by cohort"
        ),
        "sort cohort asc",
    ),
)
SUCCESS_BY_WEEK = Query(
    title="Success by week",
    answers="The four productivity metrics of each cohort, week by week, as they were read from GitHub.",
    source="delivery",
    text=_lines(
        "filter ispresent(week)",
        "stats latest(pr_cycle_days) as cycle_days, latest(prs_per_developer_week) as prs, latest(bug_reopen_percent) "
        "as reopened_percent, latest(review_turnaround_hours) as review_hours by week, cohort",
        "sort week desc",
        "limit 200",
    ),
)

QUERIES = (
    *(ACTIVE_USERS_BY_WEEK, ACTIVE_USERS, TOP_SPENDERS, SPEND_BY_MODEL, CACHE_EFFICIENCY),
    *(DENIED_CALLS, WHO_USED_WHAT, SHADOW_USE, LEVELS, SUCCESS_BY_WEEK),
)


# What the two kinds of gateway say, a line of JSON each, of what never became a call of Bedrock's. Requests are not
# counted by them: each has its record, by which the meter counts it once (decision 40).
REFUSED_BY_GATEWAY = {
    GatewayKind.LITELLM: Query(
        title="Refused or delayed by the gateway",
        answers="Whom the gateway refused before Bedrock was asked, and why, or had wait (served, at throttled).",
        source="gateway",
        text=_lines(
            'filter gateway = "refused" or (gateway = "served" and level = "throttled")',
            "stats count(*) as requests, fromMillis(latest(@timestamp)) as last by user_id, gateway, why, status",
            "sort requests desc",
            "limit 100",
        ),
    ),
    GatewayKind.CLAUDE_APPS: Query(
        title="Refused or delayed by the gateway",
        answers="Whom the gateway refused, or passed a refusal on to, how often and when last. It delays nobody.",
        source="gateway",
        text=_lines(
            'filter evt = "inference" and status >= 400',
            "stats count(*) as requests, fromMillis(latest(@timestamp)) as last by email, model, status",
            "sort requests desc",
            "limit 100",
        ),
    ),
}
GATEWAY_SILENCE = Query(
    title="What the gateway could not read",
    answers="Since when levels, counters, keys or Okta did not answer the gateway, and what it did meanwhile.",
    source="gateway",
    text=_lines(
        'filter gateway = "away" or gateway = "on-silence"',
        "stats count(*) as times, fromMillis(latest(@timestamp)) as last by gateway, what, did",
        "sort times desc",
        "limit 100",
    ),
)


def saved(rollout: Rollout) -> tuple[Query, ...]:
    """Those of a stack."""
    own = (REFUSED_BY_GATEWAY[rollout.gateway.kind],) if rollout.gateway else ()
    found = (*QUERIES, *own, *((GATEWAY_SILENCE,) if rollout.goes_by(GatewayKind.LITELLM) else ()))
    return tuple(of(rollout, query) for query in found)


def log_groups(source: Source, rollout: Rollout, cohorts: Sequence[str]) -> list[str]:
    """Those that a query reads, of at most fifty of these cohorts; by name, so that no rollback takes a query along."""
    match source:
        case "usage":
            return [names.usage_log_group(cohort) for cohort in cohorts][:LOG_GROUPS_AT_MOST]
        case "invocations":
            return [rollout.adopt.invocation_log_group or names.INVOCATION_LOG_GROUP]
        case "incidents":
            return [names.INCIDENT_LOG_GROUP]
        case "delivery":
            return [names.DELIVERY_LOG_GROUP]
        case "gateway":
            return [names.GATEWAY_LOG_GROUP]
