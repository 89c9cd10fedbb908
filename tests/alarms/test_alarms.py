"""When each alarm rings, judged by its own arithmetic; and that CloudWatch takes it."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from cli.pages.alarms import page
from rollout.model.rollout import Rollout
from rollout.observability.alarm import METRICS_AT_MOST, Alarm
from rollout.observability.alarms import PROOF_ALARMS, shared_alarms
from rollout.observability.cohort_alarms import cohort_alarms
from rollout.stack_file.load import load
from tests import stacks
from tests.config.test_success import BASELINE

NOW = datetime(2026, 11, 24, tzinfo=UTC)
INCIDENT = {"id": "INC-7", "since": "2026-11-23T11:00:00Z", "reason": "key in a commit"}
# Of CloudWatch's metric math (user guide, "Using math expressions with CloudWatch metrics"), what is used here.
FUNCTIONS: dict[str, Any] = {
    "FILL": lambda value, instead: instead if value is None else value,
    "IF": lambda condition, then, otherwise: then() if condition() else otherwise(),
}


def rollout(**changes: Any) -> Rollout:
    return load(stacks.config({**stacks.small(), **changes}), stacks.COMPANY, NOW)


def value(alarm: Alarm, measured: Mapping[str, float]) -> float | None:
    """What the alarm compares, of one period's measurements by metric id; a metric that is missing reported nothing."""
    if alarm.expression is None:
        return measured.get(alarm.metrics[0].id)
    known = {metric.id: measured.get(metric.id) for metric in alarm.metrics}

    class Lazy(ast.NodeTransformer):
        """CloudWatch's IF does not divide by zero in the branch not taken."""

        def visit_Call(self, node: ast.Call) -> ast.AST:
            self.generic_visit(node)
            if isinstance(node.func, ast.Name) and node.func.id == "IF":
                empty = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
                node.args = [ast.Lambda(args=empty, body=argument) for argument in node.args]
            return node

    tree = ast.fix_missing_locations(Lazy().visit(ast.parse(alarm.expression, mode="eval")))
    return eval(compile(tree, alarm.name, "eval"), {**FUNCTIONS, **known})  # noqa: S307  our own expression


def rings(alarm: Alarm, measured: Mapping[str, float]) -> bool:
    found = value(alarm, measured)
    match alarm.comparison:
        case _ if found is None:
            return alarm.missing == "breaching"
        case "GreaterThanThreshold":
            return found > alarm.threshold
        case "GreaterThanOrEqualToThreshold":
            return found >= alarm.threshold
        case "LessThanThreshold":
            return found < alarm.threshold


def every() -> list[Alarm]:
    document = stacks.small()
    document["cohorts"]["pilot"].update(level="suspended", incident=INCIDENT)
    document |= {"github": {"organization": "acme"}, "github_token": stacks.DECRYPTED["github_token"]}
    document["success"] = {"baseline": BASELINE}
    found = rollout(**document, github_webhook_secret="a" * 64)
    many = {f"m{n}": f"profile{n}" for n in range(20)}
    return [*cohort_alarms(found, "pilot", many), *shared_alarms(found), *PROOF_ALARMS]


def of(what: str) -> Alarm:
    return next(alarm for alarm in every() if alarm.name.endswith(f"-{what}"))


@pytest.mark.parametrize("alarm", every(), ids=lambda alarm: alarm.name)
def test_cloudwatch_takes_it(alarm: Alarm) -> None:
    assert len(alarm.metrics) <= METRICS_AT_MOST
    assert 1 <= len(alarm.description) <= 1024
    assert alarm.period * alarm.periods <= (7 * 86_400 if alarm.period >= 3600 else 86_400)
    assert alarm.datapoints <= alarm.periods
    ids = [metric.id for metric in alarm.metrics]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][a-zA-Z0-9_]*", id_) for id_ in ids)
    if alarm.expression:
        names = {node.id for node in ast.walk(ast.parse(alarm.expression)) if isinstance(node, ast.Name)}
        assert names == {*ids} | (names & set(FUNCTIONS))
        assert len(alarm.expression) <= 1024
        assert value(alarm, dict.fromkeys(ids, 0.0)) is not None


@pytest.mark.parametrize("alarm", [one for one in every() if one not in PROOF_ALARMS], ids=lambda alarm: alarm.name)
def test_nobody_is_woken_by_silence_and_whoever_is_woken_knows_what_to_do(alarm: Alarm) -> None:
    assert not rings(alarm, {})
    assert not rings(alarm, {metric.id: 0.0 for metric in alarm.metrics})
    assert alarm.audiences
    assert alarm.means.endswith(".")
    assert alarm.then.endswith(".")


def test_alarm_names_are_unique() -> None:
    names = [alarm.name for alarm in every()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("read", "write", "fresh", "wanted"),
    [
        (590_000, 200_000, 210_000, True),
        (600_000, 200_000, 200_000, False),
        (0, 400_000, 599_999, False),  # below the floor
        (0, 400_000, 600_000, True),
    ],
)
def test_cache_hits_below_sixty_percent_ring_where_there_is_traffic(
    read: float, write: float, fresh: float, wanted: bool
) -> None:
    assert rings(of("cache-hits"), {"read": read, "write": write, "fresh": fresh}) == wanted
    assert (of("cache-hits").periods, of("cache-hits").datapoints) == (3, 3)


def test_a_share_of_errors_rings_only_of_enough_requests() -> None:
    alarm = of("server-errors")
    assert rings(alarm, {"e0": 2, "g0": 38})
    assert not rings(alarm, {"e0": 1, "g0": 38})
    assert not rings(alarm, {"e0": 5, "g0": 5})
    assert not rings(of("client-errors"), {"e0": 7, "g1": 33})
    assert rings(of("client-errors"), {"e0": 8, "g1": 32})


def test_a_cohort_that_spends_a_working_days_part_of_the_months_budget_rings_for_finance() -> None:
    alarm = of("spend")
    assert (alarm.audiences, alarm.threshold) == (("finance",), round(12_000 / 21, 2))
    assert rings(alarm, {"usd": 571.44})
    assert not rings(alarm, {"usd": 571.43})
    assert "USD 12,000.00 / 21 = 571.43" in alarm.description


def test_one_alert_of_githubs_that_may_be_lost_rings_for_security() -> None:
    alarm = of("github-webhook-failing")
    assert rings(alarm, {"failed": 1})
    assert rings(alarm, {"throttled": 1})
    assert (alarm.datapoints, "security" in alarm.audiences) == (1, True)
    assert not [alarm for alarm in shared_alarms(rollout()) if "github" in alarm.name]


def test_a_proof_that_fails_rings_until_one_succeeds_and_a_night_without_one_rings_too() -> None:
    broken, not_proven = of("enforcement-broken"), of("enforcement-not-proven")
    assert [rings(alarm, {"proven": 1}) for alarm in (broken, not_proven)] == [False, False]
    assert [rings(alarm, {"proven": 0}) for alarm in (broken, not_proven)] == [True, True]
    assert [rings(alarm, {}) for alarm in (broken, not_proven)] == [False, True]
    # One failure among proofs that succeed is not hidden by them, nor one success by a failure.
    assert [alarm.metrics[0].statistic for alarm in (broken, not_proven)] == ["Minimum", "Maximum"]
    assert (broken.missing, broken.period, "security" in broken.audiences) == ("ignore", 300, True)
    assert not_proven.period * not_proven.periods == not_proven.period * not_proven.datapoints == 26 * 3600


def test_where_nothing_stops_anybody_nothing_is_to_be_proven() -> None:
    def names(found: Rollout) -> set[str]:
        return {alarm.name for alarm in shared_alarms(found) if "enforcement" in alarm.name}

    assert names(rollout()) == set()
    stops = {"budgets": {"user_daily_stop_usd": 60}}
    both = {"claude-code-enforcement-broken", "claude-code-enforcement-not-proven"}
    assert names(rollout(**stops)) == both
    document = stacks.small()
    document["cohorts"]["pilot"].update(level="throttled", incident=INCIDENT)
    assert names(rollout(**document)) == both
    assert names(rollout(**document, adopt={"meter": True})) == set()


def test_denied_calls_ring_while_a_cohort_is_suspended_only() -> None:
    assert rings(of("denied"), {"denied": 1})
    assert not [alarm for alarm in cohort_alarms(rollout(), "pilot", {"haiku": "x"}) if alarm.name.endswith("-denied")]


def test_what_another_stack_has_rings_there_and_a_cohorts_own_alarms_ring_here() -> None:
    found = rollout(adopt={"meter": True, "announcer": True})
    assert shared_alarms(found) == []
    assert {alarm.name.rpartition("pilot-")[2] for alarm in cohort_alarms(found, "pilot", {"haiku": "x"})} == {
        *("throttled", "client-errors", "server-errors", "spend", "cache-hits")
    }


def test_the_committed_page_is_what_is_deployed() -> None:
    written = (stacks.PROJECT / "docs" / "alarms.md").read_text(encoding="utf-8")
    assert written == page(), "run `make alarms-page` and commit the file"
