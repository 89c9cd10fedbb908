"""Alarms of one cohort: what it spends, how its requests fare, who of it is denied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rollout import names
from rollout.levels import Level
from rollout.model.rollout import Rollout
from rollout.observability.alarm import (
    DAY,
    HOUR,
    METRICS_AT_MOST,
    MINUTE,
    Alarm,
    Metric,
    chunks,
    metrics,
    numbered,
    total,
)
from rollout.usage.records import NAMESPACE

# Working days of a month, as budgets are meant.
WORKDAYS = 21
# The plan, exercise 3: below this, sessions are looked into. Of at least so many tokens an hour, or a Monday's first
# request would ring.
CACHE_HIT_PERCENT, CACHE_FLOOR_TOKENS = 60, 1_000_000
# Of requests in five minutes; fewer say nothing about a share.
ERRORS_FLOOR = 20


def cohort_alarms(rollout: Rollout, cohort: str, profile_ids: Mapping[str, str]) -> list[Alarm]:
    """Those of a cohort that has a role. `profile_ids`: of its inference profiles, by model label."""
    found = [*_of_profiles(cohort, list(profile_ids.values())), _spend(rollout, cohort), _cache(cohort)]
    if rollout.cohorts[cohort].level is Level.SUSPENDED:
        found.append(_denied(cohort))
    return found


def _spend(rollout: Rollout, cohort: str) -> Alarm:
    month = rollout.budgets.monthly_usd
    return Alarm(
        name=names.alarm(cohort, "spend"),
        means=(
            f"In 24 hours cohort {cohort} alone spent more than a working day's part of the whole month's budget: "
            f"USD {month:,.2f} / {WORKDAYS} = {month / WORKDAYS:,.2f}."
        ),
        then="Look at who and which model on its dashboard; raise the budget, or set the cohort to `throttled`.",
        audiences=("finance",),
        metrics=[Metric(id="usd", namespace=NAMESPACE, name="Usd", dimensions={"cohort": cohort})],
        label="USD in 24 hours",
        period=DAY,
        threshold=round(month / WORKDAYS, 2),
        comparison="GreaterThanThreshold",
    )


def _cache(cohort: str) -> Alarm:
    kinds = {"read": "CacheRead", "write": "CacheWrite", "fresh": "Input"}
    whole = "(FILL(read,0)+FILL(write,0)+FILL(fresh,0))"
    return Alarm(
        name=names.alarm(cohort, "cache-hits"),
        means=(
            f"Over three hours, less than {CACHE_HIT_PERCENT} % of what cohort {cohort} sent was read from the prompt "
            "cache: read / (read + written + fresh input), in hours with a million tokens and more."
        ),
        then=(
            "Costs rise up to tenfold. Look at sessions that change their beginning with each request (clock or status "
            "in the prompt, plug-ins, models switched), and at gateways that strip cache markers."
        ),
        audiences=("engineering",),
        metrics=[
            Metric(id=id_, namespace=NAMESPACE, name=name, dimensions={"cohort": cohort}) for id_, name in kinds.items()
        ],
        expression=f"IF({whole} >= {CACHE_FLOOR_TOKENS}, 100*FILL(read,0)/{whole}, 100)",
        label="Cache hits, %",
        period=HOUR,
        periods=3,
        datapoints=3,
        threshold=CACHE_HIT_PERCENT,
        comparison="LessThanThreshold",
    )


def _of_profiles(cohort: str, ids: Sequence[str]) -> Iterator[Alarm]:
    """Of a cohort with many models there are several of each kind, numbered."""
    for number, chunk in enumerate(chunks(ids, METRICS_AT_MOST), 1):
        yield Alarm(
            name=numbered(names.alarm(cohort, "throttled"), number),
            means=f"Bedrock throttled cohort {cohort} for a quarter of an hour: people wait, and clients retry.",
            then=(
                "See EstimatedTPMQuotaUsage and the quotas of the models in Service Quotas; ask for more, or move "
                "people to another model."
            ),
            audiences=("engineering",),
            metrics=metrics(chunk, {"t": "InvocationThrottles"}),
            expression="+".join(f"FILL(t{n},0)" for n in range(len(chunk))),
            label="Throttled requests",
            period=5 * MINUTE,
            periods=3,
            datapoints=3,
            threshold=10,
        )
    kinds = {
        "client-errors": (
            "InvocationClientErrors",
            20,
            "were refused as malformed or not allowed",
            (
                "A new version of Claude Code that sends what the model refuses, or a policy that is in the way: "
                "compare with the last changes of the stack and of the client. Nothing here says attack: clients that "
                "are not pinned try models they have not."
            ),
        ),
        "server-errors": (
            "InvocationServerErrors",
            5,
            "failed on Bedrock's side",
            "See the AWS Health Dashboard; nothing here mends it. People can be told, or moved to another model.",
        ),
    }
    for kind, (metric, percent, what, then) in kinds.items():
        for number, chunk in enumerate(chunks(ids, METRICS_AT_MOST // 2), 1):
            errors, good = (total(letter, len(chunk)) for letter in "eg")
            yield Alarm(
                name=numbered(names.alarm(cohort, kind), number),
                means=(
                    f"For a quarter of an hour {percent} % and more of cohort {cohort}'s requests {what} "
                    f"(of at least {ERRORS_FLOOR} in five minutes)."
                ),
                then=then,
                audiences=("engineering",),
                metrics=metrics(chunk, {"e": metric, "g": "Invocations"}),
                expression=f"IF({errors}+{good} >= {ERRORS_FLOOR}, 100*({errors})/({errors}+{good}), 0)",
                label=f"{kind.replace('-', ' ').capitalize()}, %",
                period=5 * MINUTE,
                periods=3,
                datapoints=3,
                threshold=percent,
            )


def _denied(cohort: str) -> Alarm:
    return Alarm(
        name=names.alarm(cohort, "denied"),
        means=f"Cohort {cohort} is suspended, and somebody still calls: Bedrock denied it.",
        then=(
            "Expected for up to an hour, of clients that are still running and retry. Later, or from anybody whom the "
            "incident is about: the query `Denied calls` says who and from where; ask them, and see that nothing "
            "but denials is there."
        ),
        audiences=("security",),
        metrics=[Metric(id="denied", namespace=NAMESPACE, name="Denied", dimensions={"cohort": cohort})],
        label="Denied calls",
        period=5 * MINUTE,
        threshold=1,
    )
