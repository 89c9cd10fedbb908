"""No member can write a figure that others read, or read another's: judged by others' evaluator."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from rollout import names
from sandbox.aws import trust
from tests import recording, stacks
from tests.authority.evaluator import Request, verdicts
from tests.authority.roles import boundary, policies
from tests.authority.test_everybody import at_level, people
from tests.recording import ACCOUNT
from tests.registrations import Recorded

HERE = f"us-east-1:{ACCOUNT}"
TABLE = f"arn:aws:dynamodb:{HERE}:table/claude-code-usage"
QUEUE = f"arn:aws:sqs:{HERE}:claude-code-mac-findings"
ANYBODY = {"aws:TokenIssueTime": "2026-11-23T12:00:00Z"}
# Every way to a log, a metric, an alarm, a counter or a notice.
LOGS = "PutLogEvents CreateLogStream CreateLogGroup DeleteLogGroup DeleteLogStream PutMetricFilter PutRetentionPolicy"
TABLES = "PutItem UpdateItem DeleteItem BatchWriteItem BatchGetItem Query Scan PartiQLSelect PartiQLUpdate DeleteTable"
QUEUES = "ReceiveMessage DeleteMessage PurgeQueue SetQueueAttributes"
GROUPS = ("findings", "incidents", "invocations", "pilot/usage", "delivery")


def role_id(cohort: str) -> str:
    return f"AROAEXAMPLE{cohort.upper()}"


def asks(run: Recorded, cohort: str, session: str, action: str, resource: str, **context: Any) -> Request:
    return Request(
        f"arn:aws:sts::{ACCOUNT}:assumed-role/claude-code-{cohort}/{session}",
        action,
        resource,
        {**ANYBODY, "aws:userid": f"{role_id(cohort)}:{session}", **context},
        policies(run, cohort),
        boundary=boundary(run, cohort),
    )


def writes() -> Iterator[tuple[str, str]]:
    for action, group in product(LOGS.split(), GROUPS):
        arn = f"arn:aws:logs:{HERE}:log-group:/claude-code/{group}"
        stream = action in {"PutLogEvents", "CreateLogStream", "DeleteLogStream"}
        yield f"logs:{action}", f"{arn}:log-stream:guard-pilot" if stream else arn
    yield from ((f"dynamodb:{action}", TABLE) for action in TABLES.split())
    yield from ((f"sqs:{action}", QUEUE) for action in QUEUES.split())
    yield from (
        ("sqs:SendMessage", f"arn:aws:sqs:{HERE}:{queue}")
        for queue in (names.NOTICES_QUEUE, names.DEAD_RECORDS_QUEUE, names.DEAD_NOTICES_QUEUE)
    )
    yield "cloudwatch:PutMetricData", "*"
    yield "cloudwatch:SetAlarmState", f"arn:aws:cloudwatch:{HERE}:alarm:claude-code-pilot-spend"
    yield "lambda:InvokeFunction", f"arn:aws:lambda:{HERE}:function:{names.METER}"


@pytest.fixture(scope="module")
def run() -> Recorded:
    return recording.run(stacks.config(at_level("prod", "active")))


@pytest.mark.slow
def test_a_member_can_write_no_log_no_metric_and_no_counter(run: Recorded) -> None:
    wanted = list(writes())
    for name in run.cohorts:
        keys = {"dynamodb:LeadingKeys": [names.own_usage(f"{role_id(name)}:alice")]}
        asked = [asks(run, name, "alice", action, arn, **keys) for action, arn in wanted]
        allowed = [pair for pair, may in zip(wanted, verdicts(asked), strict=True) if may]
        assert allowed == []


def test_a_member_can_send_a_finding(run: Recorded) -> None:
    cohorts = list(run.cohorts)
    assert verdicts([asks(run, name, "alice", "sqs:SendMessage", QUEUE) for name in cohorts]) == [True] * len(cohorts)


@pytest.mark.slow
@pytest.mark.parametrize("stack", stacks.COMMITTED)
def test_of_every_pair_of_members_each_reads_their_own_use_and_nobody_elses(stack: str) -> None:
    document = at_level(stack, "active")
    run = recording.run(stacks.config(document))
    oidc = document.get("federation") == "oidc"
    everybody = [
        (name, recording.okta_user_id(email) if oidc else email)
        for name, cohort in document["cohorts"].items()
        for email in people(cohort)
    ]
    pairs = list(product(everybody, everybody))
    asked = [
        asks(
            run,
            *reader,
            "dynamodb:GetItem",
            TABLE,
            **{"dynamodb:LeadingKeys": [names.own_usage(f"{role_id(cohort)}:{session}")]},
        )
        for reader, (cohort, session) in pairs
    ]
    wrong = [pair for pair, may in zip(pairs, verdicts(asked), strict=True) if may is not (pair[0] == pair[1])]
    assert wrong == []
    assert len(pairs) == len(everybody) ** 2 > 1


def test_no_counter_of_others_and_no_request_without_a_key_is_allowed(run: Recorded) -> None:
    own = names.own_usage(f"{role_id('pilot')}:alice")
    keys = [["month#2026-11"], ["user-day#alice#2026-11-23"], [own, "month#2026-11"], [own + "x"], ["me#*"]]
    asked = [asks(run, "pilot", "alice", "dynamodb:GetItem", TABLE, **{"dynamodb:LeadingKeys": key}) for key in keys]
    assert verdicts(asked) == [False] * len(keys)
    assert verdicts([asks(run, "pilot", "alice", "dynamodb:GetItem", TABLE)]) == [False]


def test_whatever_the_meter_writes_into_a_policy_the_boundary_keeps_figures_from_being_written_or_read(
    run: Recorded,
) -> None:
    everything = {"all": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}}
    bounded = boundary(run, "pilot")
    others = {"dynamodb:LeadingKeys": ["me#AROAEXAMPLEPILOT:bob"], "aws:userid": "AROAEXAMPLEPILOT:alice"}
    principal = f"arn:aws:sts::{ACCOUNT}:assumed-role/claude-code-pilot/alice"
    asked = [
        Request(principal, action, arn, {**ANYBODY, **others}, everything, boundary=bounded)
        for action, arn in (("dynamodb:GetItem", TABLE), *writes())
    ]
    assert verdicts(asked) == [False] * len(asked)


def test_no_session_of_a_cohort_gets_another_by_itself_whatever_is_attached(run: Recorded) -> None:
    """The evaluator's list of actions is older than `sts:GetScopedCredentials`: the sandbox's own judges."""
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    for name in run.cohorts:
        limits = [everything, boundary(run, name)]
        asked = trust.Request(action="sts:GetScopedCredentials", resource="*")
        assert [trust.judge([limit], asked) for limit in limits] == [
            trust.Verdict.ALLOWED,
            trust.Verdict.EXPLICIT_DENY,
        ]
