"""Findings from members' machines: whose they are SQS says, what is written is ours, and nobody floods the log."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from functions import mac_findings as function
from rollout.leaks.mac_findings import MAX_A_DAY, MAX_MESSAGE_BYTES, RefusedError, finding, sender
from sandbox.aws.embedded_metrics import found

LOG, TABLE = "/claude-code/findings", "usage"
ALICE = "alice.chen@acme.example"
PEOPLE = {ALICE: "pilot", "00u1": "wave2"}
ROLE = "AROAEXAMPLEEXAMPLE12"
SENT = {
    "finding": "credential",
    "source": "commit-guard",
    "action": "push_stopped",
    "kind": "slack_token",
    "repository": "github.example/acme/app",
    "count": 2,
    "found_at": "2026-11-24T10:00:00Z",
}
WHO = sender(f"{ROLE}:{ALICE}", PEOPLE)


@pytest.fixture
def logs(moto_aws: None, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ARG001
    made: Any = boto3.client("logs")
    made.create_log_group(logGroupName=LOG)
    key = {"AttributeName": "id"}
    boto3.client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{**key, "KeyType": "HASH"}],
        AttributeDefinitions=[{**key, "AttributeType": "S"}],
    )
    monkeypatch.setattr(function, "settings", lambda: {"table": TABLE, "log_group": LOG, "people": PEOPLE})
    return made


def record(body: object, sender_id: str = f"{ROLE}:{ALICE}", number: str = "m1") -> dict[str, Any]:
    text = body if isinstance(body, str) else json.dumps(body)
    return {"messageId": number, "body": text, "attributes": {"SenderId": sender_id}}


def handed(*records: dict[str, Any]) -> list[str]:
    answer = function.handler({"Records": list(records)}, None)
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def lines(logs: Any) -> list[dict[str, Any]]:
    return [json.loads(event["message"]) for event in logs.filter_log_events(logGroupName=LOG)["events"]]


def test_a_finding_is_written_in_the_name_of_the_session_that_sent_it(logs: Any) -> None:
    forged = {**SENT, "user": "bob@acme.example", "cohort": "wave2"}
    assert handed(record(forged, number="m7")) == []
    assert lines(logs) == [{**SENT, "user": ALICE, "cohort": "pilot", "message": "m7"}]
    [stream] = logs.describe_log_streams(logGroupName=LOG)["logStreams"]
    assert stream["logStreamName"] == "guard-pilot"


def test_a_person_is_known_however_okta_writes_the_login_and_under_oidc() -> None:
    assert sender(f"{ROLE}:Alice.Chen@acme.example", PEOPLE).cohort == "pilot"
    assert sender(f"{ROLE}:00u1", PEOPLE).cohort == "wave2"


@pytest.mark.slow
@pytest.mark.parametrize(
    "sender_id",
    [
        f"{ROLE}:mallory@acme.example",
        ALICE,
        f"AIDAEXAMPLEEXAMPLE12:{ALICE}",
        f"{ROLE}:x:{ALICE}",
        f"{ROLE}:{ALICE}\n",
        "123456789012",
        "",
    ],
)
def test_what_no_member_sent_is_dropped_and_does_not_come_again(logs: Any, sender_id: str) -> None:
    assert handed(record(SENT, sender_id)) == []
    assert lines(logs) == []


METRIC = {
    "_aws": {
        "Timestamp": 0,
        "CloudWatchMetrics": [{"Namespace": "ClaudeCode/Rollout", "Dimensions": [[]], "Metrics": [{"Name": "Usd"}]}],
    },
    "Usd": -99999,
}


def test_no_metric_that_a_member_sends_reaches_cloudwatch(logs: Any) -> None:
    handed(record({**SENT, **METRIC}), record(METRIC), record({**SENT, "kind": json.dumps(METRIC)}))
    written = [event["message"] for event in logs.filter_log_events(logGroupName=LOG)["events"]]
    assert len(written) == 2
    assert not any(list(found(message)) for message in written)
    assert list(found(json.dumps({**SENT, **METRIC})))  # such a line would be taken, were it passed on


odd = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300) | st.just([{}])


@hypothesis_settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from([*SENT, "_aws", "user", "Usd"]), odd)
def test_whatever_is_sent_a_line_has_our_keys_and_only_names(key: str, value: object) -> None:
    try:
        line = finding(json.dumps({**SENT, key: value}), WHO)
    except RefusedError:
        return
    assert set(line) == {*SENT, "user", "cohort"}
    assert all(isinstance(value, str | int | None) for value in line.values())
    assert len(json.dumps(line)) < MAX_MESSAGE_BYTES
    assert not set('"{}\\\n') & set(str(line["kind"]) + str(line["repository"]))


@pytest.mark.parametrize("at", ["\uff12026-11-24T10:00:00Z", "2026-11-24T10:00:00Z\n", "yesterday", 7, None])
def test_a_time_that_is_none_is_left_out(at: object) -> None:
    assert finding(json.dumps({**SENT, "found_at": at}), WHO)["found_at"] is None


@pytest.mark.slow
@pytest.mark.parametrize("body", ["", "[]", "{", '"x"', "[" * 100_000, json.dumps({**SENT, "count": 10**9})])
def test_what_is_no_finding_is_dropped(logs: Any, body: str) -> None:
    assert handed(record(body)) == []
    assert lines(logs) == []


@pytest.mark.slow
def test_of_one_person_only_so_many_a_day_are_written_and_of_others_all(logs: Any) -> None:
    flood = [record(SENT, number=str(n)) for n in range(MAX_A_DAY + 5)]
    assert handed(*flood, record(SENT, f"{ROLE}:00u1", "other")) == []
    users = [line["user"] for line in lines(logs)]
    assert (users.count(ALICE), users.count("00u1")) == (MAX_A_DAY, 1)


def test_a_finding_that_cloudwatch_does_not_take_comes_again_and_the_others_are_written(
    logs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = function.put_lines

    def refused(group: str, stream: str, lines: Any) -> None:
        if stream == "guard-wave2":
            raise RuntimeError("no")
        put(group, stream, lines)

    monkeypatch.setattr(function, "put_lines", refused)
    assert handed(record(SENT, f"{ROLE}:00u1", "m1"), record(SENT, number="m2")) == ["m1"]
    assert [line["message"] for line in lines(logs)] == ["m2"]
    monkeypatch.undo()
