"""The nightly proof that stops are enforced: there where somebody can be stopped, last of all, with rights of its own."""

from __future__ import annotations

import json
from typing import Any

from rollout.usage import canary
from tests import recording, stacks
from tests.authority.evaluator import ACCOUNT, Request, verdicts
from tests.registrations import Recorded, Registration

SCHEDULE, ALARM, INVOCATION = (
    "aws:scheduler/schedule:Schedule",
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "aws:lambda/invocation:Invocation",
)
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/claude-code-usage"
ROLE, METER = (
    f"arn:aws:iam::{ACCOUNT}:role/claude-code-pilot",
    f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:claude-code-meter",
)
STOPS = {"budgets": {"user_daily_stop_usd": 60}}
INCIDENT = {"id": "INC-7", "since": "2026-11-23T11:00:00Z", "reason": "key in a commit"}


def recorded(**said: Any) -> Recorded:
    return recording.run(stacks.config(stacks.small() | said))


def of_proof(found: Recorded) -> list[Registration]:
    return [each for each in found.order if each.name.startswith("enforcement-proof")]


def rights(found: Recorded, role: str) -> dict[str, Any]:
    inline = [each for each in found.of("aws:iam/rolePolicy:RolePolicy") if each.inputs["role"] == role]
    return {each.name: json.loads(each.inputs["policy"]) for each in inline}


def may(found: Recorded, role: str, *asked: tuple[str, str, dict[str, Any]]) -> list[bool]:
    policies = rights(found, role)
    principal = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/x"
    return verdicts([Request(principal, action, arn, context, policies) for action, arn, context in asked])


def test_it_is_there_where_somebody_can_be_stopped_by_this_stacks_meter() -> None:
    assert of_proof(recorded()) == []
    document = stacks.small()
    document["cohorts"]["pilot"].update(level="throttled", incident=INCIDENT)
    assert of_proof(recording.run(stacks.config(document)))
    assert of_proof(recording.run(stacks.config({**document, "adopt": {"meter": True}}))) == []
    assert of_proof(recorded(**STOPS))


def test_a_schedule_asks_the_meter_each_night_and_may_do_nothing_else() -> None:
    found = recorded(**STOPS)
    [schedule] = found.of(SCHEDULE)
    target = schedule.inputs["target"]
    assert (target["arn"], json.loads(target["input"])) == (METER, {"prove": "nightly"})
    assert schedule.inputs["scheduleExpression"] == "cron(0 3 * * ? *)"
    asked = [("lambda:InvokeFunction", METER, {}), ("lambda:InvokeFunction", METER.replace("meter", "other"), {})]
    assert may(found, "claude-code-enforcement-proof", *asked) == [True, False]


def test_it_comes_last_and_its_alarms_after_a_first_proof() -> None:
    found = recorded(**STOPS)
    place = {each.urn: number for number, each in enumerate(found.order)}
    [first] = [each for each in found.of(INVOCATION) if each.name == "enforcement-proof-first"]
    assert json.loads(first.inputs["input"]) == {"prove": "first"}
    invoke = [each for each in found.of("aws:iam/rolePolicy:RolePolicy") if each.name.endswith("-invoke")]
    attached = [each for each in found.order if each.name.endswith("quota-1-attached")]
    assert invoke
    assert attached
    for each in (*invoke, *attached):
        assert place[each.urn] < place[first.urn]
    alarms = [each for each in found.of(ALARM) if "enforcement" in each.name]
    assert len(alarms) == 2
    assert all(first.urn in each.depends_on for each in alarms)


def test_the_meter_may_delete_what_is_the_canarys_ask_about_cohorts_and_nothing_more() -> None:
    found = recorded(**STOPS)

    def key(name: str) -> dict[str, Any]:
        return {"dynamodb:LeadingKeys": [name]}

    own = [f"user-day#{canary.SESSION}#2026-11-28", f"user-month#{canary.SESSION}#2026-11", "request#canary-1"]
    others = ["user-day#a@acme.example#2026-11-28", "month#2026-11", "request#1", "stops#x", "me#A:b", f"{own[0]}"[1:]]
    delete = "dynamodb:DeleteItem"
    asked = [(delete, TABLE, key(name)) for name in (*own, *others)]
    assert may(found, "claude-code-meter", *asked, (delete, TABLE, {})) == [True] * 3 + [False] * 7
    simulate = "iam:SimulatePrincipalPolicy"
    roles = [(simulate, ROLE, {}), (simulate, ROLE.replace("-pilot", "-announcer"), {}), (simulate, f"{ROLE}2", {})]
    assert may(found, "claude-code-meter", *roles) == [True, False, False]
    text = json.dumps(rights(recorded(), "claude-code-meter"))
    assert delete not in text
    assert simulate not in text
