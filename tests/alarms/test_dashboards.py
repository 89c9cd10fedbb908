"""The dashboards: within CloudWatch's limits, without overlaps, and all that they show is there."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from lark import Token

from rollout import names
from rollout.account import Account
from rollout.observability import dashboards
from rollout.observability.alarms import shared_alarms
from rollout.observability.cohort_alarms import cohort_alarms
from sandbox.aws.insights.language import parsed
from sandbox.aws.metrics import language as metric_math
from tests import stacks
from tests.alarms.test_alarms import rollout
from tests.config.test_success import BASELINE, TARGETS

ACCOUNT = Account("123456789012", "us-east-1")


def thirty() -> dict[str, Any]:
    document = stacks.small()
    document["cohorts"] = {
        f"wave{n}": {
            "level": "active",
            "models": ["haiku", "sonnet"],
            "members": {f"p{n}@acme.example": {"name": "x", "team": "backend"}},
        }
        for n in range(30)
    }
    return document


def measured() -> dict[str, Any]:
    """Thirty cohorts with targets of their own, and a collector."""
    document = thirty()
    document |= {"github": {"organization": "acme"}, "github_token": stacks.DECRYPTED["github_token"]}
    document["success"] = {"baseline": BASELINE}
    for cohort in document["cohorts"].values():
        cohort |= {"opened": "2026-09-07T00:00:00Z", "targets": TARGETS}
    return document


@pytest.fixture(scope="module", params=["fleet", "cohort", "fleet of thirty", "measured"])
def body(request: pytest.FixtureRequest) -> dict[str, Any]:
    if request.param == "fleet of thirty":
        return dashboards.fleet(rollout(**thirty()), ACCOUNT)
    if request.param == "measured":
        return dashboards.fleet(rollout(**measured()), ACCOUNT)
    if request.param == "fleet":
        return dashboards.fleet(rollout(), ACCOUNT)
    return chosen(dashboards.of_one_cohort(rollout(), ACCOUNT), "pilot")


def chosen(body: dict[str, Any], cohort: str) -> dict[str, Any]:
    """As the console shows it, once somebody has chosen."""
    [variable] = body["variables"]
    assert cohort in [each["value"] for each in variable["values"]]
    return json.loads(re.sub(variable["pattern"], cohort, json.dumps({**body, "variables": []})))


def test_it_fits_cloudwatchs_limits(body: dict[str, Any]) -> None:
    widgets = body["widgets"]
    assert len(widgets) <= 500
    metrics = [len(widget["properties"].get("metrics", ())) for widget in widgets]
    assert max(metrics) <= 500
    assert sum(metrics) <= 2500
    assert all(len(widget["properties"].get("alarms", ())) <= 100 for widget in widgets)
    assert len(json.dumps(body)) <= 1_000_000
    for widget in widgets:
        assert 1 <= widget["width"] <= 24
        assert 1 <= widget["height"] <= 1000
        assert widget["x"] + widget["width"] <= 24


def test_no_widget_covers_another(body: dict[str, Any]) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in body["widgets"]:
        cells = {(widget["x"] + x, widget["y"] + y) for x in range(widget["width"]) for y in range(widget["height"])}
        assert not cells & taken
        taken |= cells


def test_its_queries_are_understood_and_its_metric_ids_unique(body: dict[str, Any]) -> None:
    for widget in body["widgets"]:
        if widget["type"] == "log":
            assert parsed(widget["properties"]["query"])
        ids = [
            m[-1]["id"] for m in widget["properties"].get("metrics", ()) if isinstance(m[-1], dict) and "id" in m[-1]
        ]
        assert len(set(ids)) == len(ids)
        for metric in widget["properties"].get("metrics", ()):
            expression = metric[-1].get("expression", "") if isinstance(metric[-1], dict) else ""
            if expression:
                tree = metric_math.parsed(expression, "e")
                assert {str(t) for t in tree.scan_values(lambda t: isinstance(t, Token) and t.type == "ID")} <= set(ids)


def test_every_alarm_shown_is_one_that_is_declared(body: dict[str, Any]) -> None:
    stack = rollout(**measured()) if "wave29" in json.dumps(body) else rollout()
    made = {alarm.name for alarm in shared_alarms(stack)}
    made |= {alarm.name for cohort in stack.declared for alarm in cohort_alarms(stack, cohort, {"haiku": "x"})}
    shown = {arn.rpartition(":")[2] for arn in re.findall(r"arn:aws:cloudwatch:[^\"]*:alarm:[^\"]*", json.dumps(body))}
    assert shown
    assert shown <= made


def test_success_is_shown_against_baseline_and_targets_where_it_is_measured() -> None:
    body = chosen(dashboards.of_one_cohort(rollout(**measured()), ACCOUNT), "wave7")
    [cycle] = [w["properties"] for w in body["widgets"] if w["properties"].get("title") == "PR cycle time, days"]
    assert cycle["metrics"] == [
        ["ClaudeCode/Rollout", "PrCycleDays", "cohort", "wave7", {"stat": "Average", "label": "wave7"}]
    ]
    lines = {line["label"]: line["value"] for line in cycle["annotations"]["horizontal"]}
    assert lines["baseline 3"] == 3
    assert lines.pop("target of wave0 2.4") == 2.4
    assert len(lines) == dashboards.LINES_AT_MOST, "of more than five cohorts nobody can tell the lines apart"
    assert "PR cycle time" not in json.dumps(dashboards.of_one_cohort(rollout(**thirty()), ACCOUNT))


@pytest.mark.parametrize("cohorts", [30, 200])
def test_the_dashboards_of_many_cohorts_grow_by_their_names_alone(cohorts: int) -> None:
    document = thirty()
    [one, *_] = document["cohorts"].values()
    document["cohorts"] = {
        f"wave{n}": {**one, "members": {f"p{n}@acme.example": {"name": "x", "team": "backend"}}} for n in range(cohorts)
    }
    found = rollout(**document)
    for body in (dashboards.fleet(found, ACCOUNT), dashboards.of_one_cohort(found, ACCOUNT)):
        assert len(json.dumps(body)) <= 16_000 + 110 * cohorts
        assert max(len(widget["properties"].get("metrics", ())) for widget in body["widgets"]) <= 10


def test_one_dashboard_shows_whichever_cohort_is_chosen_and_no_other() -> None:
    found = rollout(**thirty())
    body = dashboards.of_one_cohort(found, ACCOUNT)
    assert [each["value"] for each in body["variables"][0]["values"]] == list(found.logged)
    for cohort in ("wave3", "wave29"):
        shown = json.dumps(chosen(body, cohort))
        assert set(re.findall(r"wave\d+", shown)) == {cohort}
        assert names.usage_log_group(cohort) in shown
        assert ACCOUNT.alarm_arn(names.alarm(cohort, "spend")) in shown
        assert dashboards.CHOSEN not in shown


def test_a_rolled_back_cohort_keeps_its_dashboard_without_alarms() -> None:
    document = stacks.small()
    incident = {"id": "INC-7", "since": "2026-11-23T11:00:00Z", "reason": "x"}
    document["cohorts"]["pilot"].update(level="rolled_back", incident=incident)
    body = chosen(dashboards.of_one_cohort(rollout(**document), ACCOUNT), "pilot")
    assert "alarm:" not in json.dumps(body)
    assert names.usage_log_group("pilot") in json.dumps(body)
