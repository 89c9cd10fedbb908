"""What people look at: a dashboard of the whole rollout, and one of any cohort, which is chosen there (CloudWatch,
dashboard body structure).

Built from names alone. What is measured by an opaque id, such as an inference profile's, is shown by way of the alarm
that watches it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rollout import names
from rollout.account import Account
from rollout.model.rollout import Rollout
from rollout.observability import alarm, cohort_alarms, queries
from rollout.observability.alarms import shared_alarms
from rollout.observability.cohort_alarms import WORKDAYS
from rollout.observability.page import COLUMNS, DAY, Body, Page
from rollout.success.github_delivery import metric_name
from rollout.success.metrics import METRICS
from rollout.usage.records import NAMESPACE

RED, GREEN, GREY = "#d62728", "#2ca02c", "#7f7f7f"
# More level lines in one graph nobody can tell apart.
LINES_AT_MOST = 5
# What the metrics of the prompt cache count, by the letter of their ids.
CACHE = {"r": "CacheRead", "w": "CacheWrite", "f": "Input"}
ALARMS = ("throttled", "client-errors", "server-errors", "spend", "cache-hits")
# Of these, those whose graphs are shown.
WATCHED = {"throttled": "Throttled requests", "client-errors": "Client errors, %", "server-errors": "Server errors, %"}
# Stands for the cohort that is chosen; none is called so, since a cohort's name has no hyphen.
CHOSEN = "the-chosen-cohort"
# Beyond so many, lines are found by what they measure and not named one by one: a graph takes 500 metrics and an alarm
# widget 100 alarms, and the page would be most of the state.
NAMED_AT_MOST = 20


def fleet(rollout: Rollout, account: Account) -> Body:
    """For the lead, for whoever is on call and for finance, top down."""
    page = Page(rollout, account, rollout.logged)
    one = f" ([each by itself]({account.dashboard_url(names.cohort_dashboard())}))" if rollout.logged else ""
    page.text(f"# Claude Code at {rollout.organization.name}\nCohorts: {' · '.join(rollout.logged) or 'none yet'}{one}")
    _adoption(page)
    _success(page)
    page.row("## On call", 1)
    page.log("Levels", queries.LEVELS, 8)
    if _are_many(page):
        page.alarm_states("Alarms of what all share; a cohort's are on its own page", _shared(rollout), 16)
    else:
        page.alarm_states("Alarms", [*_alarm_names(rollout, rollout.logged), *_shared(rollout)], 16)
    page.end_row()
    page.metrics("Denied calls", _each(page, "Denied"), 8)
    page.metrics("Calls outside the cohorts", [[NAMESPACE, "ShadowUse", {"stat": "Sum"}]], 8)
    page.metrics(
        "Latency of the slowest profile, p90, ms", [[_search("MAX", "InvocationLatency", "p90")]], 8, period=alarm.HOUR
    )
    page.end_row()
    page.metrics("Throttled requests, all profiles", [[_search("SUM", "InvocationThrottles", "Sum")]], 8)
    page.metrics(
        "Errors, all profiles",
        [[_search("SUM", name, "Sum")] for name in ("InvocationClientErrors", "InvocationServerErrors")],
        8,
    )
    page.metrics(
        "Counting: records, lag, failures",
        [
            [NAMESPACE, "Counted", {"stat": "Sum"}],
            [NAMESPACE, "Unknown", {"stat": "Sum", "color": RED}],
            [NAMESPACE, "LagSeconds", {"stat": "Maximum", "yAxis": "right"}],
            ["AWS/Lambda", "Errors", "FunctionName", names.METER, {"stat": "Sum", "color": RED}],
            [
                *("AWS/Bedrock", "ModelInvocationLogsCloudWatchDeliveryFailure", "ModelId", alarm.ALL_MODELS),
                {"stat": "Sum", "color": RED},
            ],
        ],
        8,
    )
    page.end_row()
    page.log("Denied calls", queries.DENIED_CALLS, 12)
    page.log("Shadow use", queries.of(rollout, queries.SHADOW_USE), 12)
    page.end_row()
    if rollout.gateway:
        page.log("Refused or delayed by the gateway", queries.REFUSED_BY_GATEWAY[rollout.gateway.kind], 24)
        page.end_row()
    page.row("## Finance", 1)
    teams = [[NAMESPACE, "Usd", "team", team, {"label": team}] for team in sorted(rollout.organization.teams)]
    page.metrics("USD a day, by team", teams, 8, period=DAY, stacked=True)
    page.log("Spend by model", queries.SPEND_BY_MODEL, 8)
    page.log("Top spenders", queries.TOP_SPENDERS, 8)
    page.end_row()
    return page.body()


def of_one_cohort(rollout: Rollout, account: Account) -> Body:
    """Of a stack that has cohorts. Of one without a role, the widgets of its alarms say that they are not there."""
    page = Page(rollout, account, (CHOSEN,))
    page.choice("Cohort", CHOSEN, rollout.logged)
    whole = f"[the whole rollout]({account.dashboard_url(names.dashboard())})"
    page.text(f"# Cohort {CHOSEN}\nOf {whole}. Another one is chosen above.")
    _adoption(page)
    _success(page)
    page.row("## On call", 1)
    if _alarm_names(rollout, rollout.logged):
        page.alarm_states("Alarms", [names.alarm(CHOSEN, kind) for kind in ALARMS], 6)
        for what, title in WATCHED.items():
            page.alarm(title, names.alarm(CHOSEN, what), 6)
        page.end_row()
    page.metrics("Denied calls", _each(page, "Denied"), 8)
    page.log("Denied calls", queries.DENIED_CALLS, 16)
    page.end_row()
    page.row("## Who and what", 1)
    page.log("Top spenders", queries.TOP_SPENDERS, 12)
    page.log("Cache efficiency", queries.CACHE_EFFICIENCY, 12)
    page.end_row()
    page.log("Spend by model", queries.SPEND_BY_MODEL, 12)
    page.log("Active users by week", queries.ACTIVE_USERS_BY_WEEK, 12)
    page.end_row()
    return page.body()


def _adoption(page: Page) -> None:
    rollout = page.rollout
    page.row("## Adoption and spend", 1)
    page.log("Active users in the time range", queries.ACTIVE_USERS, 6)
    page.metrics("Requests a day", _each(page, "Requests"), 9, period=DAY, stacked=True)
    workday = rollout.budgets.monthly_usd / WORKDAYS
    page.metrics(
        "USD a day, against a working day's part of the month's budget",
        _each(page, "Usd"),
        9,
        period=DAY,
        stacked=True,
        lines={f"USD {rollout.budgets.monthly_usd:,.0f} / {WORKDAYS}": (workday, RED)},
    )
    page.end_row()
    spent, total = _sum(page, "Usd", "m")
    # Days without use count as days, so that weekends are in it; 30.4 of them are a month. No projection: that is the
    # report's, which knows working days from weekends.
    budget = f"{rollout.budgets.monthly_usd:,.0f}"
    sums = {
        "Spend in the time range": ("spent", f"SUM({total})", "USD"),
        "A month at this pace": ("pace", f"AVG({total})*30.4", f"USD as in the time range; the budget is {budget}"),
    }
    for title, (id_, expression, label) in sums.items():
        # A graph is of a series, and a sum is none: it is laid over one.
        page.number(title, [*spent, [{"expression": f"({total})*0+{expression}", "label": label, "id": id_}]], 6)
    page.metrics(
        "Cache hits, %",
        _cache_of_all(page) if _are_many(page) else [line for n, c in enumerate(page.cohorts) for line in _cache(c, n)],
        12,
        period=alarm.HOUR,
        lines={"goal": (75, GREEN), "alarm": (cohort_alarms.CACHE_HIT_PERCENT, RED)},
    )
    page.end_row()


def _success(page: Page) -> None:
    """The plan's four metrics against their baselines and targets, where a collector measures them."""
    rollout = page.rollout
    if not rollout.github or not rollout.success:
        return
    baseline = rollout.success.baseline.model_dump()
    page.row("## Success: the newest whole week, against baseline and targets", 1)
    for metric, about in METRICS.items():
        # Of any cohort where one is chosen: a level line knows no choice.
        targets = [
            (cohort, known.targets.given[metric])
            for cohort in rollout.logged
            if (known := rollout.cohorts.get(cohort)) and known.targets and metric in known.targets.given
        ]
        lines = {f"baseline {baseline[metric]:g}": (baseline[metric], GREY)}
        lines |= {f"target of {cohort} {target:g}": (target, GREEN) for cohort, target in targets[:LINES_AT_MOST]}
        shown = _each(page, metric_name(metric), "Average")
        page.metrics(f"{about.title}, {about.unit}", shown, 6, period=DAY, lines=lines)
    page.end_row()
    page.log("Success by week", queries.SUCCESS_BY_WEEK, COLUMNS)
    page.end_row()


def _are_many(page: Page) -> bool:
    return len(page.cohorts) > NAMED_AT_MOST


def _each(page: Page, name: str, statistic: str = "Sum") -> list[list[Any]]:
    """A line for each cohort, by its name; of many, of those of whom anything was measured in the last two weeks."""
    if _are_many(page):
        return [[{"expression": _of_cohorts(name, statistic), "id": "each"}]]
    return [[NAMESPACE, name, "cohort", cohort, {"stat": statistic, "label": cohort}] for cohort in page.cohorts]


def _of_cohorts(name: str, statistic: str) -> str:
    return f"SEARCH('{{{NAMESPACE},cohort}} MetricName=\"{name}\"', '{statistic}')"


def _sum(page: Page, name: str, letter: str) -> tuple[list[list[Any]], str]:
    """Metrics that are not shown themselves, and what they are all together."""
    if _are_many(page):
        whole = {"expression": f"SUM({_of_cohorts(name, 'Sum')})", "id": f"{letter}0", "visible": False}
        return [[whole]], f"FILL({letter}0,0)"
    hidden = [
        [*metric[:-1], {**metric[-1], "id": f"{letter}{n}", "visible": False}]
        for n, metric in enumerate(_each(page, name))
    ]
    return hidden, "+".join(f"FILL({letter}{n},0)" for n in range(len(hidden))) or "0"


def _cache_of_all(page: Page) -> list[list[Any]]:
    """Of many, one line of all together."""
    kinds = {letter: _sum(page, name, letter) for letter, name in CACHE.items()}
    whole = "+".join(total for _, total in kinds.values())
    hit = {"expression": f"100*{kinds['r'][1]}/({whole})", "label": "all cohorts", "id": "hit"}
    return [*(line for lines, _ in kinds.values() for line in lines), [hit]]


def _cache(cohort: str, number: int) -> Iterator[list[Any]]:
    for letter, name in CACHE.items():
        yield [NAMESPACE, name, "cohort", cohort, {"id": f"{letter}{number}", "visible": False, "stat": "Sum"}]
    whole = "+".join(f"{letter}{number}" for letter in CACHE)
    yield [{"expression": f"100*r{number}/({whole})", "label": cohort, "id": f"hit{number}"}]


def _search(whole: str, metric: str, statistic: str) -> Body:
    """`whole`: SUM or MAX of all profiles, whose ids say nothing to a reader. Where nothing was counted is none, or a
    graph would join one evening to the next morning."""
    schema = "{AWS/Bedrock,ModelId}"
    found = f"{whole}(SEARCH('{schema} MetricName=\"{metric}\"', '{statistic}'))"
    return {"expression": f"FILL({found},0)" if whole == "SUM" else found, "label": metric}


def _alarm_names(rollout: Rollout, cohorts: Sequence[str]) -> list[str]:
    with_role = [c for c in cohorts if c in rollout.declared and rollout.declared[c].level.effects.role]
    return [names.alarm(cohort, kind) for cohort in with_role for kind in ALARMS]


def _shared(rollout: Rollout) -> list[str]:
    return [each.name for each in shared_alarms(rollout)]
