"""What people look at: one dashboard of the whole rollout, one of each cohort (CloudWatch, dashboard body structure).

Built from names alone. What is measured by an opaque id, such as an inference profile's, is shown by way of the alarm
that watches it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollout import names
from rollout.account import Account
from rollout.model.rollout import Rollout
from rollout.observability import alarm, cohort_alarms, queries
from rollout.observability.alarms import shared_alarms
from rollout.observability.cohort_alarms import WORKDAYS
from rollout.observability.queries import Query
from rollout.success.github_delivery import metric_name
from rollout.success.metrics import METRICS
from rollout.usage.records import NAMESPACE

COLUMNS = 24
# In one alarm widget (CloudWatch user guide, dashboards).
ALARMS_AT_MOST = 100
DAY = 86_400
RED, GREEN, GREY = "#d62728", "#2ca02c", "#7f7f7f"
# More level lines in one graph nobody can tell apart.
LINES_AT_MOST = 5
# Alarms whose graphs are shown.
WATCHED = {"throttled": "Throttled requests", "client-errors": "Client errors, %", "server-errors": "Server errors, %"}

Body = dict[str, Any]


def fleet(rollout: Rollout, account: Account) -> Body:
    """For the lead, for whoever is on call and for finance, top down."""
    page = Page(rollout, account, rollout.logged)
    links = [f"[{cohort}]({account.dashboard_url(names.dashboard(cohort))})" for cohort in rollout.logged]
    page.text(f"# Claude Code at {rollout.organization.name}\nCohorts: {' · '.join(links) or 'none yet'}")
    _adoption(page)
    _success(page)
    page.row("## On call", 1)
    page.log("Levels", queries.LEVELS, 8)
    page.alarm_states("Alarms", [*_alarm_names(rollout, rollout.logged), *_shared(rollout)], 16)
    page.end_row()
    page.metrics("Denied calls", _each(rollout, "Denied"), 8)
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


def of_cohort(rollout: Rollout, account: Account, cohort: str) -> Body:
    page = Page(rollout, account, (cohort,))
    whole = f"[the whole rollout]({account.dashboard_url(names.dashboard())})"
    page.text(f"# Cohort {cohort}\nOf {whole}.")
    _adoption(page)
    _success(page)
    page.row("## On call", 1)
    if alarmed := _alarm_names(rollout, (cohort,)):
        page.alarm_states("Alarms", alarmed, 6)
        for what, title in WATCHED.items():
            page.alarm(title, names.alarm(cohort, what), 6)
        page.end_row()
    page.metrics("Denied calls", _each(rollout, "Denied", (cohort,)), 8)
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
    rollout, cohorts = page.rollout, page.cohorts
    page.row("## Adoption and spend", 1)
    page.log("Active users in the time range", queries.ACTIVE_USERS, 6)
    page.metrics("Requests a day", _each(rollout, "Requests", cohorts), 9, period=DAY, stacked=True)
    workday = rollout.budgets.monthly_usd / WORKDAYS
    page.metrics(
        "USD a day, against a working day's part of the month's budget",
        _each(rollout, "Usd", cohorts),
        9,
        period=DAY,
        stacked=True,
        lines={f"USD {rollout.budgets.monthly_usd:,.0f} / {WORKDAYS}": (workday, RED)},
    )
    page.end_row()
    spent = [_hidden(metric, n) for n, metric in enumerate(_each(rollout, "Usd", cohorts))]
    total = "+".join(f"FILL(m{n},0)" for n in range(len(spent))) or "0"
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
        [metric for cohort in cohorts for metric in _cache(cohort, list(cohorts).index(cohort))],
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
        targets = [
            (cohort, known.targets.given[metric])
            for cohort in page.cohorts
            if (known := rollout.cohorts.get(cohort)) and known.targets and metric in known.targets.given
        ]
        lines = {f"baseline {baseline[metric]:g}": (baseline[metric], GREY)}
        lines |= {f"target of {cohort} {target:g}": (target, GREEN) for cohort, target in targets[:LINES_AT_MOST]}
        shown = [
            [NAMESPACE, metric_name(metric), "cohort", cohort, {"stat": "Average", "label": cohort}]
            for cohort in page.cohorts
        ]
        page.metrics(f"{about.title}, {about.unit}", shown, 6, period=DAY, lines=lines)
    page.end_row()
    page.log("Success by week", queries.SUCCESS_BY_WEEK, COLUMNS)
    page.end_row()


class Page:
    """Puts widgets from left to right and from top to bottom."""

    def __init__(self, rollout: Rollout, account: Account, cohorts: Sequence[str]) -> None:
        self.rollout, self.account, self.cohorts = rollout, account, cohorts
        self._widgets: list[Body] = []
        self._x = self._y = self._height = 0

    def body(self) -> Body:
        return {"start": "-P30D", "periodOverride": "inherit", "widgets": self._widgets}

    def text(self, markdown: str) -> None:
        self.row(markdown, 2)

    def row(self, markdown: str, height: int) -> None:
        self._put("text", COLUMNS, height, {"markdown": markdown})
        self.end_row()

    def metrics(
        self,
        title: str,
        metrics: Sequence[Any],
        width: int,
        *,
        period: int = 300,
        stacked: bool = False,
        lines: Mapping[str, tuple[float, str]] | None = None,
    ) -> None:
        """`lines`: level ones, by label, each with its value and colour."""
        annotations = [
            {"label": label, "value": value, "color": color} for label, (value, color) in (lines or {}).items()
        ]
        properties: Body = {
            "title": title,
            "view": "timeSeries",
            "stacked": stacked,
            "region": self.account.region,
            "period": period,
            "stat": "Sum",
            "metrics": list(metrics),
            "yAxis": {"left": {"min": 0}},
        }
        if annotations:
            properties["annotations"] = {"horizontal": annotations}
        self._put("metric", width, 6, properties)

    def number(self, title: str, metrics: Sequence[Any], width: int) -> None:
        properties = {
            "title": title,
            "view": "singleValue",
            "region": self.account.region,
            "period": DAY,
            "stat": "Sum",
        }
        self._put("metric", width, 6, {**properties, "setPeriodToTimeRange": False, "metrics": list(metrics)})

    def alarm(self, title: str, alarm: str, width: int) -> None:
        """What an alarm watches, and its threshold."""
        arns = [self.account.alarm_arn(alarm)]
        properties: Body = {"title": title, "region": self.account.region, "annotations": {"alarms": arns}}
        self._put("metric", width, 6, {**properties, "view": "timeSeries", "stacked": False})

    def alarm_states(self, title: str, alarms: Sequence[str], width: int) -> None:
        arns = [self.account.alarm_arn(alarm) for alarm in alarms][:ALARMS_AT_MOST]
        self._put("alarm", width, 6, {"title": title, "alarms": arns})

    def log(self, title: str, query: Query, width: int) -> None:
        groups = queries.log_groups(query.source, self.rollout, self.cohorts)
        sources = "".join(f"SOURCE '{group}' | " for group in groups)
        if sources:
            properties = {"title": title, "region": self.account.region, "view": "table"}
            self._put("log", width, 6, {**properties, "query": sources + query.text})

    def end_row(self) -> None:
        self._x, self._y, self._height = 0, self._y + self._height, 0

    def _put(self, kind: str, width: int, height: int, properties: Body) -> None:
        place = {"x": self._x, "y": self._y, "width": width, "height": height}
        self._widgets.append({"type": kind, **place, "properties": properties})
        self._x, self._height = self._x + width, max(self._height, height)


def _each(rollout: Rollout, name: str, cohorts: Sequence[str] | None = None) -> list[list[Any]]:
    wanted = rollout.logged if cohorts is None else cohorts
    return [[NAMESPACE, name, "cohort", cohort, {"stat": "Sum", "label": cohort}] for cohort in wanted]


def _hidden(metric: Sequence[Any], number: int) -> list[Any]:
    return [*metric[:-1], {**metric[-1], "id": f"m{number}", "visible": False}]


def _cache(cohort: str, number: int) -> Iterator[list[Any]]:
    kinds = {"r": "CacheRead", "w": "CacheWrite", "f": "Input"}
    for letter, name in kinds.items():
        yield [NAMESPACE, name, "cohort", cohort, {"id": f"{letter}{number}", "visible": False, "stat": "Sum"}]
    whole = "+".join(f"{letter}{number}" for letter in kinds)
    yield [{"expression": f"100*r{number}/({whole})", "label": cohort, "id": f"hit{number}"}]


def _search(whole: str, metric: str, statistic: str) -> Body:
    """`whole`: SUM or MAX of all profiles, whose ids say nothing to a reader. Where nothing was counted is none, or a
    graph would join one evening to the next morning."""
    schema = "{AWS/Bedrock,ModelId}"
    found = f"{whole}(SEARCH('{schema} MetricName=\"{metric}\"', '{statistic}'))"
    return {"expression": f"FILL({found},0)" if whole == "SUM" else found, "label": metric}


def _alarm_names(rollout: Rollout, cohorts: Sequence[str]) -> list[str]:
    kinds = ["throttled", "client-errors", "server-errors", "spend", "cache-hits"]
    with_role = [c for c in cohorts if c in rollout.declared and rollout.declared[c].level.effects.role]
    return [names.alarm(cohort, kind) for cohort in with_role for kind in kinds]


def _shared(rollout: Rollout) -> list[str]:
    return [each.name for each in shared_alarms(rollout)]
