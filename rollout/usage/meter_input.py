"""What the meter is told of a stack, and what it may do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from rollout import names
from rollout.access.documents import WRITE_LOG, Document, allow, document, write_own_log
from rollout.access.parts import managed
from rollout.account import Account
from rollout.incidents.cohort_state import digest
from rollout.incidents.cut_record import Record
from rollout.incidents.quotas import quota_policies, raises, throttled_sessions
from rollout.levels import Level
from rollout.model.cohort import Cohort, Incident, address_of
from rollout.model.models import Model, Prices
from rollout.model.rollout import Rollout
from rollout.usage import canary
from rollout.usage.thresholds import Budget, Limits, Raise
from rollout.usage.tokens import HOUR_WRITE, KINDS

# No item but the canary's own is ever deleted; an empty set of keys would fulfil `ForAllValues`, so there must be one.
CANARYS_OWN = {
    "ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(canary.OWN_KEYS)},
    "Null": {"dynamodb:LeadingKeys": "false"},
}
STOP_FOR_A_DAY = [
    *("iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListPolicyVersions"),
    *("iam:CreatePolicyVersion", "iam:DeletePolicyVersion"),
]


def meter_settings(rollout: Rollout, account: Account, record: Record) -> dict[str, Any]:
    """The meter's `settings.json`. `record`: it knows every name that people's sessions have.

    Cohorts that were retired are there too: records of theirs may still be under way.
    """
    return {
        "table": names.USAGE_TABLE,
        "usage_log_groups": {cohort: names.usage_log_group(cohort) for cohort in rollout.logged},
        "usage_log_stream": names.USAGE_LOG_STREAM,
        "tables": {
            "roles": {names.role(cohort): cohort for cohort in rollout.logged},
            "teams": {who: team for one in rollout.cohorts.values() for who, team in _teams(one, record)},
            "foundations": {model.foundation_model: label for label, model in sorted(rollout.models.items())},
            "prices": {label: prices(model) for label, model in sorted(rollout.models.items())},
        },
        **_reserved(rollout, account),
        "notices_queue": names.NOTICES_QUEUE,
        "invocation_log_group": _invocation_log_group(rollout),
        "levels": _levels(rollout, record),
        "limits": {name: value for name, value in asdict(limits(rollout, account, record)).items() if name != "teams"},
    }


def _reserved(rollout: Rollout, account: Account) -> dict[str, dict[str, str]]:
    """Cohorts whose role is IAM Identity Center's, with a policy that is attached to it: nobody else knows its name."""
    found = {
        name: account.policy_arn(names.stop_policy(name))
        for name in rollout.declared
        if rollout.by_permission_set(name)
    }
    return {"reserved": found} if found else {}


def _invocation_log_group(rollout: Rollout) -> str:
    return rollout.adopt.invocation_log_group or names.INVOCATION_LOG_GROUP


def _levels(rollout: Rollout, record: Record) -> dict[str, dict[str, Any]]:
    """Above `active`: of cohorts, and of people whose level is another than their cohort's, by session. Whoever is told
    reads the incident's id, which says nothing of others. `ends`: when access does, by session."""
    cohorts: dict[str, dict[str, str]] = {}
    people: dict[str, dict[str, str]] = {}
    ends: dict[str, str] = {}
    for name, cohort in rollout.cohorts.items():
        if cohort.level.needs_incident:
            cohorts[name] = _level(cohort.level, cohort.incident)
        for email, member in sorted(cohort.holders.items()):
            if end := cohort.end_of(email):
                ends |= {session.lower(): end.isoformat() for session in record.names(email)}
            if member.level and cohort.level_of(email) is not cohort.level:
                said = _level(cohort.level_of(email), member.incident or cohort.incident)
                people |= {session.lower(): said for session in record.names(email)}
    return {"cohorts": cohorts, "people": people, **({"ends": ends} if ends else {})}


def _level(level: Level, incident: Incident | None) -> dict[str, str]:
    return {"level": level.value, **({"why": incident.id} if incident else {})}


def limits(rollout: Rollout, account: Account, record: Record) -> Limits:
    """What the meter is told of spend; `teams` it has already."""
    usd = rollout.budgets
    budgets = {"user": usd.user_daily_usd, "team": usd.team_daily_usd, "month": usd.monthly_usd}
    return Limits(
        budgets={whose: _budget(usd, rollout.budgets.alert_at) for whose, usd in budgets.items()},
        addresses={
            "user": {
                session.lower(): address_of(holder, each)
                for cohort in rollout.cohorts.values()
                for holder, each in sorted(cohort.holders.items())
                for session in record.names(holder)
            },
            "team": {name: team.lead for name, team in rollout.organization.teams.items() if team.lead},
        },
        link=account.dashboard_url(names.dashboard()),
        quota_tokens=rollout.throttle.daily_tokens,
        quota_kinds=rollout.throttle.counts,
        quota_policies=quota_policies(record, account),
        throttled=throttled_sessions(rollout, record),
        stops={kind: _usd(stop) for kind, stop in usd.stops.items()},
        raises={
            session: Raise(until=until, stops={kind: _usd(stop) for kind, stop in stops.items()})
            for session, (until, stops) in raises(rollout, record).items()
        },
    )


def limits_digest(rollout: Rollout, account: Account, record: Record) -> str:
    """Another one whenever others may be stopped than before, or at other sums."""
    found = meter_settings(rollout, account, record)
    return digest(json.dumps({"limits": found["limits"], "teams": found["tables"]["teams"]}, sort_keys=True))


def _usd(amount: float) -> str:
    return format(Decimal(str(amount)), "f")


def _budget(usd: float, alert_at: float) -> Budget:
    whole = Decimal(str(usd))
    return Budget(usd=format(whole, "f"), alert_usd=format(whole * Decimal(str(alert_at)), "f"))


def _teams(cohort: Cohort, record: Record) -> Iterator[tuple[str, str]]:
    """By the session's name in lower case: Okta may write a login in capitals."""
    for email, member in sorted(cohort.holders.items()):
        for session in record.names(email):
            yield session.lower(), member.team


def prices(model: Model) -> dict[str, Any]:
    """USD per million tokens of each kind, as text that loses no digit; `long_prompt` likewise where there is one."""
    tier = model.long_prompt
    long = {"long_prompt": {"above_tokens": str(tier.above_tokens), **_by_kind(tier)}} if tier else {}
    return {**_by_kind(model), **long}


def _by_kind(said: Prices) -> dict[str, str]:
    by_the_hour = HOUR_WRITE * said.input if said.cache_write_1h is None else said.cache_write_1h
    usd = {**{kind: getattr(said, kind) for kind in KINDS}, "cache_write_1h": by_the_hour}
    return {kind: format(Decimal(str(price)), "f") for kind, price in usd.items()}


def profile_item(cohort: str, label: str, arn: str) -> dict[str, Any]:
    """One item of the meter's table: whose an inference profile is. Records of its use may come after it is gone."""
    return {"id": {"S": f"{names.PROFILE_ITEM}{arn}"}, "cohort": {"S": cohort}, "model": {"S": label}}


def cohort_item(rollout: Rollout, record: Record, cohort: str) -> dict[str, Any]:
    """One item of another stack's table, whose meter counts this cohort: its people's teams and its models' prices."""
    named = rollout.cohorts.get(cohort)
    labels = named.models if named else rollout.models  # of one that was retired, records may still be under way
    models = {label: rollout.models[label] for label in sorted(labels)}
    said = {
        "teams": dict(_teams(named, record)) if named else {},
        "prices": {label: prices(model) for label, model in models.items()},
        "foundations": {model.foundation_model: label for label, model in models.items()},
    }
    return {"id": {"S": f"cohort#{cohort}"}, "said": {"S": json.dumps(said, sort_keys=True)}}


def counted_policies(account: Account, cohorts: Iterable[str]) -> list[Document]:
    """What another stack's meter may do for these cohorts: write their usage logs."""
    streams = [account.log_stream_arn(names.usage_log_group(each), names.USAGE_LOG_STREAM) for each in cohorts]
    return list(managed(document(), [allow("UsageLogs", WRITE_LOG, streams)])) if streams else []


def meter_policy(account: Account, rollout: Rollout, record: Record) -> Document:
    """To count, to write usage down, to put aside what it does not know, to say what must be told; and, where
    anything may stop somebody, to write the policies that do, and to prove that they stop."""
    quotas = sorted(quota_policies(record, account))
    reserved = _reserved(rollout, account).get("reserved", {})
    own = [account.role_arn(name) for name in rollout.logged if name not in reserved]
    theirs = {account.role_arn(name): account.iam(f"role/{names.reserved_role_pattern(name)}") for name in reserved}
    stopping = sorted({theirs.get(role, role) for role in map(canary.role_arn, quotas)})
    # Of a log group IAM may judge as of a stream without a name (from memory of its refusals, not tried on AWS).
    group = account.log_group_arn(_invocation_log_group(rollout))
    invocations = [group, f"{group}:log-stream:*"]
    usage_logs = [
        f"{account.log_group_arn(names.usage_log_group(cohort))}:log-stream:{names.USAGE_LOG_STREAM}"
        for cohort in rollout.logged
    ]
    counting = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    return document(
        allow("Counters", counting, [account.table_arn(names.USAGE_TABLE)]),
        *([allow("UsageLogs", WRITE_LOG, usage_logs)] if usage_logs else []),
        allow("NotCounted", ["sqs:SendMessage"], [account.queue_arn(names.DEAD_RECORDS_QUEUE)]),
        allow("Alerts", ["sqs:GetQueueUrl", "sqs:SendMessage"], [account.queue_arn(names.NOTICES_QUEUE)]),
        *([allow("Sessions", ["iam:GetRole"], [*own, *sorted(theirs.values())])] if rollout.logged else []),
        *(
            [allow("WhoseRole", ["iam:ListEntitiesForPolicy"], sorted({*reserved.values(), *quotas}))]
            if reserved
            else []
        ),
        *([allow("Quotas", STOP_FOR_A_DAY, quotas)] if quotas else []),
        *(
            [
                allow("CanaryEnds", ["dynamodb:DeleteItem"], [account.table_arn(names.USAGE_TABLE)], CANARYS_OWN),
                allow("CanaryJudged", ["iam:SimulatePrincipalPolicy"], stopping),
                allow("RecordsCome", ["logs:DescribeSubscriptionFilters"], invocations),
            ]
            if quotas
            else []
        ),
        write_own_log(account, names.METER),
    )


def proof_schedule_policy(account: Account) -> Document:
    """What EventBridge Scheduler may do in our name each night: ask the meter for a proof."""
    return document(allow("Prove", ["lambda:InvokeFunction"], [account.function_arn(names.METER)]))
