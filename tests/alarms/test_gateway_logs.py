"""What a gateway says in its log: kept, asked about by itself, and counted by nobody (decision 40)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollout import names
from rollout.incidents.cut_record import NAME, read
from rollout.model.gateway import GatewayKind
from rollout.observability.queries import GATEWAY_SILENCE, QUERIES, REFUSED_BY_GATEWAY, log_groups, saved
from rollout.usage.records import UnknownRecordError, usage
from sandbox.aws.insights.commands import run
from sandbox.aws.insights.language import parsed
from tests import recording, stacks
from tests.alarms.test_queries import NOW, request
from tests.macs.test_gateway import KINDS, behind
from tests.macs.world import rollout
from tests.meter.test_usage import RECORD, TABLES
from tests.policies import judged
from tests.policies.test_rules import gateway
from tests.registrations import Recorded

ALICE = "alice.chen@acme.example"
LITELLM: list[dict[str, Any]] = [
    {"gateway": "served", "user_id": ALICE, "cohort": "pilot", "level": "active", "model": "sonnet"},
    {"gateway": "served", "user_id": ALICE, "cohort": "pilot", "level": "throttled", "model": "haiku"},
    {"gateway": "refused", "user_id": ALICE, "why": "tokens", "status": 429},
    {"gateway": "refused", "user_id": None, "why": "no-token", "status": 401},
    {"gateway": "away", "what": "levels", "error": "TimeoutError"},
    {"gateway": "on-silence", "what": "levels", "did": "served as last seen"},
]
CLAUDE_APPS: list[dict[str, Any]] = [
    {"evt": "session.mint", "sub": "00u1", "email": ALICE},
    {
        "evt": "inference",
        "email": ALICE,
        "path": "/v1/messages",
        "model": "claude-sonnet-4-6",
        "status": 200,
        "ms": 900,
    },
    {"evt": "inference", "email": ALICE, "path": "/v1/messages", "model": "claude-sonnet-4-6", "status": 403, "ms": 80},
]
LINES = {GatewayKind.LITELLM: LITELLM, GatewayKind.CLAUDE_APPS: CLAUDE_APPS}


def asked(text: str, lines: list[dict[str, Any]]) -> list[dict[str, str]]:
    at = NOW.timestamp() * 1000
    return run(
        text, [{"timestamp": at, "message": json.dumps(each), "log_group": "g", "stream": "s"} for each in lines]
    )


@pytest.mark.parametrize("line", [*LITELLM, *CLAUDE_APPS], ids=json.dumps)
def test_no_line_of_a_gateways_is_ever_counted(line: dict[str, Any]) -> None:
    assert usage(RECORD, TABLES)
    with pytest.raises(UnknownRecordError):
        usage(line, TABLES)
    found = asked(next(query.text for query in QUERIES if query.title == "Active users"), [line])
    assert [row["active_users"] for row in found] in ([], ["0"])


@pytest.fixture(scope="module")
def declared() -> Recorded:
    return recording.run(stacks.config(gateway()))


def test_the_meter_reads_bedrocks_log_alone(declared: Recorded) -> None:
    filters = declared.of("aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter")
    assert {each.inputs["logGroup"] for each in filters} == {names.INVOCATION_LOG_GROUP}
    queries = declared.of("aws:cloudwatch/queryDefinition:QueryDefinition")
    reading = {each.inputs["name"] for each in queries if names.GATEWAY_LOG_GROUP in each.inputs["logGroupNames"]}
    assert reading == {"Claude Code/Refused or delayed by the gateway"}
    assert all(
        each.inputs["logGroupNames"] == [names.GATEWAY_LOG_GROUP] for each in queries if each.inputs["name"] in reading
    )


def test_what_a_gateway_said_is_kept_and_by_whoever_goes_back_too(declared: Recorded) -> None:
    [group] = [each for each in declared.of("aws:cloudwatch/logGroup:LogGroup") if "/gateway" in each.inputs["name"]]
    assert group.protect
    assert group.retain
    made = gateway()
    del made["gateway"]
    back = recording.run(stacks.config(made), record=read(declared.one(NAME).inputs["input"]))
    assert names.GATEWAY_LOG_GROUP in {each.inputs["name"] for each in back.of("aws:cloudwatch/logGroup:LogGroup")}
    assert "gateway" not in str(recording.run(stacks.config(stacks.small())).one(NAME).inputs["input"])
    assert judged.mandatory(back) == set()


@pytest.mark.parametrize("kind", LINES)
def test_whom_a_gateway_refused_or_had_wait_is_one_question(kind: GatewayKind) -> None:
    query = REFUSED_BY_GATEWAY[kind]
    assert parsed(query.text)
    rows = asked(query.text, LINES[kind])
    if kind is GatewayKind.CLAUDE_APPS:
        assert [(row["email"], row["status"], row["requests"]) for row in rows] == [(ALICE, "403", "1")]
    else:
        who = sorted((row.get("user_id", ""), row["gateway"], row.get("why", "")) for row in rows)
        assert who == [("", "refused", "no-token"), (ALICE, "refused", "tokens"), (ALICE, "served", "")]


def test_what_a_gateway_could_not_read_is_one_question() -> None:
    rows = asked(GATEWAY_SILENCE.text, LITELLM)
    assert sorted(row["gateway"] for row in rows) == ["away", "on-silence"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_stack_saves_the_questions_of_its_own_kind(kind: str) -> None:
    titles = [query.title for query in saved(behind(kind))]
    assert len(titles) == len(set(titles)) == len(QUERIES) + (2 if kind == "litellm" else 1)
    assert saved(rollout()) == QUERIES
    assert log_groups("gateway", behind(kind), ["pilot"]) == [names.GATEWAY_LOG_GROUP]


def test_the_plans_precise_query_counts_each_person_once_on_the_usage_logs() -> None:
    """As the plan writes it, but for `ago(7d)`, which is the time range of the query."""
    text = "\n| ".join(
        (
            "fields user_id, @timestamp",
            "filter Requests = 1",
            "stats count(*) as request_count by user_id",
            "filter request_count > 0",
            "stats count(*) as active_users",
        )
    )
    lines = [request(1, "a", "0.1"), request(2, "a", "0.1"), request(3, "b", "0.1"), *LITELLM, *CLAUDE_APPS]
    ours = next(query.text for query in QUERIES if query.title == "Active users")
    assert asked(ours, lines) == [{"active_users": "2"}]
    assert asked(text, lines) == [{"active_users": "2"}]
