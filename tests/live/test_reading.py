"""What a deployed stack knows is read source by source; what cannot be reached says so and takes nothing along."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.live import aws, engine, usage
from cli.live.alarms import alarm_states
from cli.live.asking import Unreachable, asked, asking
from cli.live.incidents import level_changes, level_since
from cli.live.stack import CommandError
from cli.live.success import success_parameters, weeks_of
from rollout import names
from rollout.levels import Level
from rollout.stack_file.load import load
from tests import stacks

ACCOUNT = "123456789012"
NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
ROLLOUT = load(stacks.config(stacks.small()), Path(), NOW)


@pytest.fixture
def clients(moto_aws: None) -> aws.Clients:  # noqa: ARG001  nothing else is in reach
    return aws.clients({"aws:region": "us-east-1"})


def change(cohort: str, before: str, after: str, minute: int, **more: Any) -> dict[str, Any]:
    at = (NOW - timedelta(hours=1) + timedelta(minutes=minute)).isoformat()
    return {
        "schema": "claude-code-rollout/level-change/1",
        "id": f"{cohort}-{before}-{after}-{minute}",
        "at": at,
        "cohort": cohort,
        "member": None,
        "before": before,
        "after": after,
        "incident": None,
        "people": [],
        **more,
    }


def logged(clients: aws.Clients, *messages: str) -> None:
    logs = clients("logs")
    where = {"logGroupName": names.INCIDENT_LOG_GROUP, "logStreamName": names.INCIDENT_LOG_STREAM}
    logs.create_log_group(logGroupName=names.INCIDENT_LOG_GROUP)
    logs.create_log_stream(**where)
    now = int(datetime.now(UTC).timestamp() * 1000)
    logs.put_log_events(**where, logEvents=[{"timestamp": now + n, "message": m} for n, m in enumerate(messages)])


def test_a_source_that_fails_says_which_and_why_and_the_others_answer(clients: aws.Clients) -> None:
    def broken() -> list[str]:
        raise KeyError("level")

    with asking() as ask:
        log = ask.of("incident log", level_changes, clients)
        other = ask.of("a source of ours", broken)
        account = ask.of("account", aws.account_of, clients)
    assert account.get() == ACCOUNT
    assert other.get() == Unreachable("a source of ours", "KeyError: 'level'")
    found = log.get()
    assert isinstance(found, Unreachable)
    assert found.line.startswith("incident log: FilterLogEvents: ResourceNotFoundException: ")


def test_without_credentials_every_source_of_aws_is_unreachable_and_none_raises(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    clients = aws.clients({"aws:region": "us-east-1"})
    for read in (aws.account_of, success_parameters, level_changes):
        assert asked("AWS", read, clients) == Unreachable("AWS", "NoCredentialsError: Unable to locate credentials")


def test_another_account_than_the_stacks_is_not_read(clients: aws.Clients) -> None:
    outputs = {"cohorts": {"pilot": {"role_arn": "arn:aws:iam::999999999999:role/claude-code-pilot"}, "wave2": {}}}
    expected = aws.expected_accounts({}, outputs)
    assert expected == {"999999999999"}
    with pytest.raises(CommandError, match=f"of account {ACCOUNT}, and the stack is in 999999999999"):
        aws.checked_account(clients, expected)


def test_what_the_file_allows_counts_before_what_the_outputs_say(clients: aws.Clients) -> None:
    outputs = {"cohorts": {"pilot": {"role_arn": "arn:aws:iam::999999999999:role/claude-code-pilot"}}}
    expected = aws.expected_accounts({"aws:allowedAccountIds": [ACCOUNT, "111111111111"]}, outputs)
    assert aws.checked_account(clients, expected) == ACCOUNT
    assert aws.expected_accounts({"aws:allowedAccountIds": json.dumps([ACCOUNT])}, {}) == {ACCOUNT}


def test_the_incident_log_tells_since_when_a_cohort_is_at_its_level(clients: aws.Clients) -> None:
    incident = {"id": "INC-7", "since": "2026-11-25T11:00:00+00:00", "reason": "a leak"}
    suspended = change("pilot", "active", "suspended", 2, incident=incident, people=["a@acme.example"])
    alone = change("pilot", "active", "suspended", 3, member="b@acme.example", incident=incident)
    review = {"schema": "claude-code-rollout/review/1", "cohort": "pilot"}
    lines = [change("pilot", "planned", "active", 1), suspended, suspended, alone, review]
    logged(clients, *map(json.dumps, lines), "no JSON", json.dumps([1]))
    changes = level_changes(clients)
    assert [(one.after, one.member) for one in changes] == [
        (Level.ACTIVE, None),
        (Level.SUSPENDED, None),
        (Level.SUSPENDED, "b@acme.example"),
    ]
    found = level_since(changes, "pilot", Level.SUSPENDED)
    assert found is not None
    assert (found.incident, found.reason, found.people) == ("INC-7", "a leak", 1)
    assert level_since(changes, "pilot", Level.ACTIVE) is None
    assert level_since(changes, "wave2", Level.ACTIVE) is None


def test_alarms_of_other_stacks_in_the_account_are_left_out(clients: aws.Clients) -> None:
    cloudwatch = boto3.client("cloudwatch")
    for name in ("claude-code-pilot-spend", "claude-code-other-spend", names.DEAD_NOTICES_ALARM, "somebody-elses"):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="n",
            MetricName="m",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
    cloudwatch.set_alarm_state(AlarmName="claude-code-pilot-spend", StateValue="ALARM", StateReason="for a test")
    found = {alarm.name: alarm for alarm in alarm_states(clients, ROLLOUT)}
    assert {name: (alarm.cohort, alarm.firing) for name, alarm in found.items()} == {
        "claude-code-pilot-spend": ("pilot", True),
        names.DEAD_NOTICES_ALARM: (None, False),
    }
    assert found["claude-code-pilot-spend"].why == "for a test"


def test_what_the_collector_wrote_is_read_and_what_it_did_not_write_is_refused(clients: aws.Clients) -> None:
    ssm = clients("ssm")
    week = '[{"monday": "2026-11-16", "pr_cycle_days": [2.1, 40]}]'
    for cohort, text in {"pilot": week, "wave2": '{"monday": 1}'}.items():
        ssm.put_parameter(Name=names.weeks_parameter(cohort), Value=text, Type="String")
    parameters = success_parameters(clients)
    assert [week.monday for week in weeks_of(parameters, "pilot")] == [date(2026, 11, 16)]
    assert weeks_of(parameters, "wave3") == []
    with pytest.raises(ValueError, match="not a list of weeks"):
        weeks_of(parameters, "wave2")


class Metrics:
    """CloudWatch's GetMetricData as its reference describes it: in pages, and a metric without data has none."""

    def __init__(self, points: Mapping[tuple[str, str], Mapping[datetime, float]], status: str = "Complete") -> None:
        self.points, self.status, self.asked = points, status, list[dict[str, Any]]()

    def get_paginator(self, _: str) -> Metrics:
        return self

    def paginate(self, **given: Any) -> Iterator[dict[str, Any]]:
        self.asked.append(given)
        for query in given["MetricDataQueries"]:
            metric = query["MetricStat"]["Metric"]
            of = " ".join(one["Value"] for one in metric["Dimensions"])
            for at, value in self.points.get((of, metric["MetricName"]), {}).items():
                result = {"Id": query["Id"], "Timestamps": [at], "Values": [value], "StatusCode": self.status}
                yield {"MetricDataResults": [result]}


def only(client: Any) -> aws.Clients:
    return lambda _: client


def test_days_of_a_cohort_are_put_together_from_its_metrics() -> None:
    first, last = datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC)
    after = datetime(2026, 11, 25, tzinfo=UTC)
    metrics = Metrics(
        {
            ("pilot", "Usd"): {last: 2.5, first: 1.25, after: 99},
            ("pilot", "Requests"): {first: 3},
            ("pilot", "CacheRead"): {first: 7000},
            ("pilot haiku", "Usd"): {first: 0.25},
            ("backend", "Usd"): {last: 4},
        }
    )
    days = usage.cohorts_by_day(only(metrics), ["pilot", "wave2"], first.date(), last.date())
    assert days == [
        usage.CohortDay(cohort="pilot", day=first.date(), usd=1.25, requests=3, cache_read=7000),
        usage.CohortDay(cohort="pilot", day=last.date(), usd=2.5),
    ]
    assert (metrics.asked[0]["StartTime"], metrics.asked[0]["EndTime"]) == (first, after)
    teams = usage.teams_by_day(only(metrics), ["backend", "data"], first.date(), last.date())
    assert teams == [usage.TeamDay(team="backend", day=last.date(), usd=4)]
    models = usage.models_by_day(only(metrics), ["pilot"], ["haiku", "opus"], first.date(), last.date())
    assert models == [usage.ModelDay(cohort="pilot", model="haiku", day=first.date(), usd=0.25)]


def test_no_call_asks_for_more_metrics_than_it_may() -> None:
    metrics = Metrics({})
    cohorts = [f"c{n}" for n in range(100)]
    assert usage.cohorts_by_day(only(metrics), cohorts, NOW.date(), NOW.date()) == []
    assert [len(given["MetricDataQueries"]) for given in metrics.asked] == [500, 100]


def test_a_part_of_the_metrics_is_not_taken_for_the_whole() -> None:
    metrics = Metrics({("pilot", "Usd"): {NOW: 1}}, status="InternalError")
    with pytest.raises(CommandError, match="GetMetricData: Usd: InternalError"):
        usage.cohorts_by_day(only(metrics), ["pilot"], NOW.date(), NOW.date())


def test_the_last_sign_of_life_is_the_newest_hour_with_a_request() -> None:
    used = datetime(2026, 11, 24, 9, tzinfo=UTC)
    metrics = Metrics({("pilot", "Requests"): {datetime(2026, 11, 20, 9, tzinfo=UTC): 5, used: 1, NOW: 0}})
    assert usage.last_activity(only(metrics), ["pilot", "wave2"], NOW) == {"pilot": used}


class Insights:
    """Logs Insights with as many rows a day as it is told, and never more than its limit."""

    def __init__(self, rows: Callable[[int, int], int], statuses: tuple[str, ...] = ("Complete",)) -> None:
        self.rows, self.statuses, self.started = rows, list(statuses), list[tuple[int, int]]()

    def start_query(self, **given: Any) -> dict[str, str]:
        self.started.append((given["startTime"], given["endTime"]))
        return {"queryId": "q"}

    def get_query_results(self, **_: Any) -> dict[str, Any]:
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        start, end = self.started[-1]
        day = datetime.fromtimestamp(start, UTC).strftime("%Y-%m-%d 00:00:00.000")
        names_ = ("day", "user_id", "cohort", "team", "requests", "usd")
        rows = [
            [{"field": field, "value": value} for field, value in zip(names_, row, strict=True)]
            for n in range(min(self.rows(start, end), usage.ROWS_AT_MOST))
            for row in [(day, f"u{n}", "pilot", "backend", "2", "0.5")]
        ]
        return {"status": status, "results": rows}


def test_people_are_counted_by_day_and_a_cut_answer_is_asked_for_in_halves() -> None:
    logs = Insights(lambda start, end: 10_000 if end - start > 86_400 else 3)
    first = date(2026, 11, 23)
    found = usage.people_by_day(only(logs), ["pilot"], first, first + timedelta(days=3))
    assert [(one.day, one.user) for one in found[:4]] == [
        *((first, f"u{n}") for n in range(3)),
        (date(2026, 11, 24), "u0"),
    ]
    assert len(found) == 12
    assert found[0].requests == 2
    assert found[0].usd == 0.5


def test_a_query_is_waited_for_and_one_that_fails_says_how_it_ended() -> None:
    waited: list[float] = []
    logs = Insights(lambda _, __: 1, ("Scheduled", "Running", "Complete"))
    assert len(usage.people_by_day(only(logs), ["pilot"], NOW.date(), NOW.date(), waited.append)) == 1
    assert waited == [1, 1]
    with pytest.raises(CommandError, match="the query ended as Timeout"):
        usage.people_by_day(only(Insights(lambda _, __: 1, ("Timeout",))), ["pilot"], NOW.date(), NOW.date())
    with pytest.raises(CommandError, match="no answer within 30 s"):
        usage.people_by_day(
            only(Insights(lambda _, __: 1, ("Running",))), ["pilot"], NOW.date(), NOW.date(), waited.append
        )


def test_without_an_engine_its_outputs_are_unreachable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = asked("outputs", engine.outputs, tmp_path, "prod")
    assert isinstance(found, Unreachable)
    assert found.why.startswith("there is no `pulumi` on PATH")
