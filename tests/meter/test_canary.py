"""The canary: a person who does not exist is counted and denied, leaves nothing behind, and says what is broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions import canary as proofs
from functions import canary_decision, clients, meter
from functions.counting import counters
from rollout.names import SESSION as SESSIONS
from rollout.usage import canary
from rollout.usage.thresholds import Limits, stop_of
from tests.meter.canary_world import Pilot, prove
from tests.meter.people import BOB, ROLE, alerts, of
from tests.meter.test_stops import limits as a_stacks_limits
from tests.meter.world import ALICE, SETTINGS, TABLE, deliver

pytestmark = pytest.mark.slow
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def measured(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The one line of metrics that was printed."""
    [line] = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "EnforcementProven" in line]
    return line


def refusing(operation: str, monkeypatch: pytest.MonkeyPatch, code: str = "AccessDenied") -> None:
    """AWS refuses this call from now on."""
    made = clients.client("iam")

    def refused(**_: Any) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, operation)

    method = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation).lstrip("_")
    monkeypatch.setattr(made, method, refused)


@pytest.mark.usefixtures("pilot")
def test_the_days_tokens_stop_the_canary_and_the_metric_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    found = prove()
    assert (found["proven"], found["why"]) == (True, [])
    assert (found["stop"], found["tokens"], found["usd"]) == ("50,000 tokens a day", 50_000, "0.75")
    assert found["policies"] == [f"{ROLE}-quota-1"]
    assert found["seconds"] >= 0
    line = measured(capsys)
    assert line[canary.METRIC] == 1
    units = {each["Name"]: each["Unit"] for each in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert units == {canary.METRIC: "Count", "EnforcementSeconds": "Seconds"}
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[]]


@pytest.mark.parametrize(
    ("stops", "stop", "tokens", "usd"),
    [
        ({"user-day": "60"}, "USD 60.00 a day", 4_000_000, "60"),
        ({"user-month": "400.01", "team-day": "5"}, "USD 400.01 a month", 26_667_334, "400.01001"),
        # More than one record may say.
        ({"user-day": "40000"}, "USD 40,000.00 a day", 2_666_666_667, "40000.000005"),
        ({"month": "5000", "team-day": "10"}, "50,000 tokens a day", 50_000, "0.75"),
    ],
)
def test_a_stop_in_dollars_of_one_person_is_reached_to_the_micro_dollar(
    pilot: Pilot, stops: dict[str, str], stop: str, tokens: int, usd: str
) -> None:
    pilot.limits["stops"] = stops
    found = prove()
    assert (found["why"], found["stop"], found["tokens"], found["usd"]) == ([], stop, tokens, usd)


def test_nothing_of_it_is_left_and_nobody_elses_counters_move(pilot: Pilot) -> None:
    deliver(of(ALICE, 1, output=60_000), of(BOB, 1, output=10))
    before, lines = pilot.items(), pilot.world.lines()
    told = alerts(pilot.world)
    assert prove()["proven"]
    after = pilot.items()
    assert {key: item for key, item in after.items() if not key.startswith("stops#")} == {
        key: item for key, item in before.items() if not key.startswith("stops#")
    }
    assert (pilot.world.lines(), alerts(pilot.world), pilot.world.dead()) == (lines, [], [])
    assert told == []
    assert {key.partition("#")[2].partition("#")[0] for key in pilot.stopped()} == {ALICE}
    assert not pilot.names_canary()
    assert not pilot.may_invoke(ALICE)
    assert pilot.may_invoke(BOB)


def test_a_delivery_that_is_counted_meanwhile_neither_lets_the_canary_go_nor_stops_another(
    pilot: Pilot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = canary_decision.why_not
    seen: list[bool] = []

    def delivered(policy: str, reserved: frozenset[str]) -> str | None:
        deliver(of(ALICE, len(seen), output=60_000), by=f"other {len(seen)}")
        seen.append(pilot.names_canary())
        return asked(policy, reserved)

    monkeypatch.setattr(proofs, "why_not", delivered)
    assert prove()["proven"]
    assert seen == [True]
    assert (pilot.may_invoke(ALICE), pilot.may_invoke(BOB), pilot.names_canary()) == (False, True, False)


def detached(pilot: Pilot, _: pytest.MonkeyPatch) -> None:
    pilot.iam.detach_role_policy(RoleName=ROLE, PolicyArn=pilot.policy)


def detached_from_a_role_that_others_deny(pilot: Pilot, monkeypatch: pytest.MonkeyPatch) -> None:
    detached(pilot, monkeypatch)
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    pilot.iam.put_role_policy(RoleName=ROLE, PolicyName="stop", PolicyDocument=document)


def unwritten(_: Pilot, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing("CreatePolicyVersion", monkeypatch)


def unattached(pilot: Pilot, monkeypatch: pytest.MonkeyPatch) -> None:
    detached(pilot, monkeypatch)
    pilot.iam.delete_policy(PolicyArn=pilot.policy)


def tableless(pilot: Pilot, _: pytest.MonkeyPatch) -> None:
    pilot.world.dynamodb.delete_table(TableName=TABLE)


def unasked(_: Pilot, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing("SimulatePrincipalPolicy", monkeypatch)


def mispriced(_: Pilot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter.Usage, "usd", Decimal("0.1"), raising=False)
    was = meter._amounts
    monkeypatch.setattr(meter, "_amounts", lambda found: {**was(found), "usd": Decimal("0.1")})


def twice(_: Pilot, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = iter(range(1000))
    monkeypatch.setattr(counters, "mark_key", lambda _: f"request#{next(numbers)}")


def unsubscribed(pilot: Pilot, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {**meter.settings(), "invocation_log_group": "/invocations"}
    monkeypatch.setattr(meter, "settings", lambda: found)
    pilot.world.logs.create_log_group(logGroupName="/invocations")


@pytest.mark.parametrize(
    ("breaks", "says"),
    [
        (detached, "it is not attached"),
        (detached_from_a_role_that_others_deny, "IAM decides explicitDeny without it: it is not attached"),
        (unwritten, "the stop was not written: CreatePolicyVersion: AccessDenied"),
        (unattached, "claude-code-pilot-quota-1: GetPolicy: NoSuchEntity"),
        (tableless, "the meter's table: UpdateItem: ResourceNotFoundException"),
        (unasked, "SimulatePrincipalPolicy: AccessDenied"),
        (mispriced, "counted 50,000 tokens and USD 0.2, not 50,000 and USD 0.75"),
        (twice, "one token below its stop, these deny the canary already"),
        (unsubscribed, "no subscription hands the records of /invocations to "),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_whatever_of_enforcement_is_broken_is_said_and_the_metric_is_zero(
    pilot: Pilot,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    breaks: Callable[[Pilot, pytest.MonkeyPatch], None],
    says: str,
) -> None:
    breaks(pilot, monkeypatch)
    found = prove()
    assert found["proven"] is False
    assert says in "\n".join(found["why"])
    assert measured(capsys)[canary.METRIC] == 0
    if breaks is not tableless:
        assert pilot.stopped() == set()
        assert not [key for key in pilot.items() if canary.SESSION in key]


def test_without_a_policy_that_stops_somebody_there_is_nothing_to_prove_and_no_metric(
    pilot: Pilot, capsys: pytest.CaptureFixture[str]
) -> None:
    pilot.limits["quota_policies"] = {}
    found = prove()
    assert (found["proven"], found["nothing_to_prove"]) == (None, "no stop is configured, and nobody is throttled")
    assert "EnforcementProven" not in capsys.readouterr().out


def test_a_role_that_went_with_its_level_is_not_missed(
    pilot: Pilot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = pilot.policy.replace("pilot", "wave2")
    pilot.limits["quota_policies"][gone] = [BOB]
    found = prove()
    assert (found["proven"], found["policies"]) == (True, [f"{ROLE}-quota-1"])
    capsys.readouterr()
    detached(pilot, monkeypatch)
    pilot.iam.delete_role(RoleName=ROLE)
    found = prove()
    assert (found["proven"], found["nothing_to_prove"]) == (None, "no role is there that could call")
    assert "EnforcementProven" not in capsys.readouterr().out


@pytest.mark.usefixtures("pilot")
def test_when_the_day_ends_nothing_is_proven_since_stops_end_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 11, 28, 23, 59, tzinfo=UTC)
    monkeypatch.setattr(proofs, "datetime", SimpleNamespace(now=lambda _: now))
    found = prove()
    assert (found["proven"], found["not_now"]) == (None, "the day ends, in UTC, and its stops with it")


def test_nobody_can_be_called_as_the_canary_is() -> None:
    assert SESSIONS.fullmatch(canary.SESSION)
    assert "@" not in canary.SESSION
    assert not canary.SESSION.isalnum()


def test_its_own_keys_are_nobody_elses() -> None:
    found = canary.plan(a_stacks_limits(), SETTINGS["tables"]["prices"], {}, NOW)
    own = [found.counter, f"request#{canary.REQUEST}7"]
    others = [f"user-day#{ALICE}#2026-11-28", "month#2026-11", "request#7", f"team-day#{canary.SESSION}#2026-11-28"]
    assert [any(fnmatchcase(key, pattern) for pattern in canary.OWN_KEYS) for key in own] == [True, True]
    assert not [key for key in others if any(fnmatchcase(key, pattern) for pattern in canary.OWN_KEYS)]


def test_the_canary_changes_no_limit_of_anybody_else() -> None:
    before = a_stacks_limits(throttled=frozenset({BOB}))
    after: Limits = canary.with_canary(before)
    for policy, sessions in before.quota_policies.items():
        assert after.quota_policies[policy] == (*sessions, canary.SESSION)
    assert after.throttled == before.throttled
    for key in (f"team-day#backend#{NOW:%Y-%m-%d}", f"month#{NOW:%Y-%m}", f"user-day#{ALICE}#{NOW:%Y-%m-%d}"):
        assert before.policies_of(key) == after.policies_of(key)
        assert stop_of(key, {"usd": Decimal(9999)}, before, NOW) == stop_of(key, {"usd": Decimal(9999)}, after, NOW)


def test_a_model_that_costs_nothing_cannot_reach_a_stop_in_dollars() -> None:
    free = {"free": {"input": "0", "output": "0", "cache_read": "0", "cache_write": "0"}}
    with pytest.raises(ValueError, match="model free costs nothing"):
        canary.plan(a_stacks_limits(), free, {}, NOW)
    with pytest.raises(ValueError, match="no model"):
        canary.plan(a_stacks_limits(), {}, {}, NOW)
