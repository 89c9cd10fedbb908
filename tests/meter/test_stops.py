"""Stops in dollars: who is denied at which sum, until when, and who is told; judged by others' evaluator."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import boto3
import pytest

from functions import meter
from rollout.access.quota_document import Stop, quota_document, stamp
from rollout.iam_limits import MANAGED_CHARACTERS
from rollout.incidents.cut_rules import QUOTA_CHARACTERS, RAISE_ENDS
from rollout.incidents.name_shards import characters
from rollout.usage import canary
from rollout.usage.thresholds import Budget, Limits, Raise, alerts, stop_of
from tests.authority.evaluator import ACCOUNT, Request, verdicts
from tests.meter import people
from tests.meter.people import BOB, MONTH, NOW, ROLE, TODAY, Throttled, of
from tests.meter.test_usage import ARN
from tests.meter.world import ALICE, World, deliver

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
MIDNIGHT, NEXT_MONTH = datetime(2026, 11, 29, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/{ROLE}-quota-1"
DAY, USER_MONTH = f"user-day#{ALICE}#2026-11-28", f"user-month#{ALICE}#2026-11"
TEAM, WHOLE = "team-day#backend#2026-11-28", "month#2026-11"


def limits(**changes: Any) -> Limits:
    given: dict[str, Any] = {
        "budgets": {},
        "addresses": {"user": {ALICE: ALICE, BOB: BOB}, "team": {"backend": "lead@acme.example"}},
        "link": "",
        "quota_tokens": 50_000,
        "quota_kinds": ("input",),
        "quota_policies": {POLICY: (ALICE, BOB)},
        "teams": {ALICE: "backend", BOB: "platform"},
        "stops": {"user-day": "50", "user-month": "400", "team-day": "500", "month": "5000"},
    }
    return Limits(**{**given, **changes})


def spent(key: str, usd: str, said: Limits, now: datetime = NOON) -> Stop | None:
    return stop_of(key, {"usd": Decimal(usd)}, said, now)


def may_invoke(stops: list[Stop], *asked: tuple[str, datetime]) -> list[bool]:
    allow = {"Version": "2012-10-17", "Statement": [people.ALLOW]}
    document = quota_document(stops, [ALICE, BOB])
    return verdicts(
        [
            Request(
                f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/{user}",
                "bedrock:InvokeModel",
                ARN,
                {"aws:userid": f"AROAEXAMPLE:{user}", "aws:CurrentTime": at.isoformat()},
                {"invoke": allow, "quota": document},
            )
            for user, at in asked
        ]
    )


@pytest.mark.parametrize(
    ("key", "below", "at", "whom", "until"),
    [
        (DAY, "49.99", "50", {ALICE}, MIDNIGHT),
        (USER_MONTH, "399", "400", {ALICE}, NEXT_MONTH),
        (TEAM, "499.999999", "500", {ALICE}, MIDNIGHT),
        (WHOLE, "4999", "5000", None, NEXT_MONTH),
    ],
)
def test_each_stop_denies_whom_it_is_of_until_their_period_ends(
    key: str, below: str, at: str, whom: set[str] | None, until: datetime
) -> None:
    assert spent(key, below, limits()) is None
    assert spent(key, at, limits()) == Stop(sessions=frozenset(whom) if whom else None, until=until)
    assert spent(key, at, limits(stops={})) is None
    assert spent(key, at, limits(), NEXT_MONTH) is None


def test_of_all_these_stops_iam_makes_what_is_said_of_each_person_and_time() -> None:
    said = limits()
    day, team, whole = (spent(key, "9999", said) for key in (DAY, TEAM, WHOLE))
    assert day
    assert team
    assert whole
    before, after = MIDNIGHT - timedelta(seconds=1), MIDNIGHT
    asked = ((ALICE, before), (ALICE, after), (BOB, before))
    assert may_invoke([day], *asked) == [False, True, True]
    assert may_invoke([team], *asked) == [False, True, True]
    assert may_invoke([whole], *asked, (BOB, NEXT_MONTH)) == [False, False, False, True]
    assert may_invoke([], *asked) == [True, True, True]


def test_a_raise_is_ended_by_iam_itself_with_nothing_running_and_midnight_lifts_the_rest() -> None:
    end = NOON + timedelta(hours=3)
    said = limits(raises={ALICE: Raise(until=stamp(end), stops={"user-day": "100"})})
    raised = spent(DAY, "60", said)
    assert raised == Stop(sessions=frozenset({ALICE}), until=MIDNIGHT, since=end)
    asked = [(ALICE, at) for at in (NOON, end - timedelta(seconds=1), end, MIDNIGHT - timedelta(seconds=1), MIDNIGHT)]
    assert may_invoke([raised] if raised else [], *asked) == [True, True, False, False, True]
    assert may_invoke([raised] if raised else [], (BOB, end)) == [True]
    assert spent(DAY, "100", said) == Stop(sessions=frozenset({ALICE}), until=MIDNIGHT)
    assert spent(DAY, "60", said, end) == Stop(sessions=frozenset({ALICE}), until=MIDNIGHT)
    longer = limits(raises={ALICE: Raise(until=stamp(NEXT_MONTH), stops={"user-day": "100"})})
    assert spent(DAY, "60", longer) is None


def test_a_raise_of_the_day_raises_no_month_and_nobody_elses_day() -> None:
    said = limits(raises={ALICE: Raise(until=stamp(NEXT_MONTH), stops={"user-day": "100"})})
    assert spent(USER_MONTH, "400", said) == Stop(sessions=frozenset({ALICE}), until=NEXT_MONTH)
    assert spent(DAY.replace(ALICE, BOB), "60", said) == Stop(sessions=frozenset({BOB}), until=MIDNIGHT)


def test_of_two_stops_of_one_person_the_longer_is_written_and_a_later_one_lets_no_gap_be_closed_early() -> None:
    day = Stop(sessions=frozenset({ALICE}), until=MIDNIGHT)
    month = Stop(sessions=frozenset({ALICE}), until=NEXT_MONTH)
    evening = Stop(sessions=frozenset({ALICE}), until=NEXT_MONTH, since=MIDNIGHT - timedelta(hours=1))
    tomorrow = Stop(sessions=frozenset({ALICE}), until=NEXT_MONTH, since=MIDNIGHT + timedelta(hours=1))
    asked = [(ALICE, NOON), (ALICE, MIDNIGHT), (ALICE, MIDNIGHT + timedelta(hours=2))]
    assert may_invoke([day, month], *asked) == [False, False, False]
    assert may_invoke([evening, day], *asked) == [False, False, False]
    assert may_invoke([tomorrow, day], *asked) == [False, True, True]  # written with the first request of that day


def test_tokens_stop_who_is_throttled_and_nobody_else_beside_the_dollars() -> None:
    used = {"usd": Decimal(1), "input": Decimal(50_000)}
    assert stop_of(DAY, used, limits(), NOON) is None
    assert stop_of(DAY, used, limits(throttled={ALICE}, stops={}), NOON) == Stop(
        sessions=frozenset({ALICE}), until=MIDNIGHT
    )


def test_the_largest_document_that_a_policy_may_have_to_hold_is_one_that_iam_takes() -> None:
    names, number = list[str](), 0
    while sum(map(characters, names)) + characters(f"{number:a>4}@b") <= QUOTA_CHARACTERS:
        names.append(f"{number:a>4}@b")
        number += 1
    names.append(canary.SESSION)
    kinds = [(None, MIDNIGHT), (None, NEXT_MONTH)]
    ends = [NOON + timedelta(minutes=n) for n in range(RAISE_ENDS)]
    kinds += [(end, until) for end in ends for until in (MIDNIGHT, NEXT_MONTH)]
    stops = [
        Stop(sessions=frozenset({name}), since=since, until=until)
        for n, name in enumerate(names)
        for since, until in [kinds[n % len(kinds)]]
    ]
    document = quota_document([*stops, Stop(sessions=None, until=NEXT_MONTH)], names)
    assert len(document["Statement"]) == 3 + 2 * RAISE_ENDS
    assert 5_500 < len(json.dumps(document, separators=(",", ":"))) <= MANAGED_CHARACTERS


def test_people_are_told_at_eighty_and_ninety_five_percent_and_when_they_are_stopped_once_each() -> None:
    told: set[str] = set()
    said: list[tuple[int | None, str | None]] = []
    stops = {"user-month": "400"}
    for usd in ("319", "320", "330", "380", "400", "410"):
        for mark, found in alerts(USER_MONTH, {"usd": Decimal(usd)}, limits(stops=stops), told, NOON):
            told.add(mark)
            said += [(alert.percent, alert.to) for alert in found]
    assert said == [(80, ALICE), (95, ALICE), (100, ALICE)]
    raised = limits(stops=stops, raises={ALICE: Raise(until=stamp(NEXT_MONTH), stops={"user-month": "500"})})
    [(_, [again])] = alerts(USER_MONTH, {"usd": Decimal(410)}, raised, told, NOON)
    assert (again.percent, again.budget_usd, again.raised_until) == (80, "500", stamp(NEXT_MONTH))


def test_a_team_that_is_stopped_is_told_person_by_person_and_its_lead() -> None:
    said = limits(
        budgets={"team": Budget(usd="500", alert_usd="400")},
        stops={"team-day": "500"},
        teams={ALICE: "backend", BOB: "backend"},
    )
    known = {"budget"}  # of which the lead was told before
    near = [alert.to for _, found in alerts(TEAM, {"usd": Decimal(400)}, said, known, NOON) for alert in found]
    assert near == ["lead@acme.example"]
    reached = [alert.to for _, found in alerts(TEAM, {"usd": Decimal(500)}, said, known, NOON) for alert in found]
    assert reached == ["lead@acme.example", ALICE, BOB]


@pytest.fixture
def stopped_in_dollars(throttled: Throttled) -> Throttled:
    """Nobody is throttled; who has used 3 dollars in a day is stopped."""
    throttled.limits |= {"throttled": [], "stops": {"user-day": "3"}}
    return throttled


@pytest.mark.slow
def test_a_user_over_a_dollar_stop_is_denied_until_midnight_also_by_a_profiles_bare_id_and_nobody_else(
    stopped_in_dollars: Throttled,
) -> None:
    deliver(of(ALICE, 1, 199_999), of(BOB, 1, 199_999))
    assert stopped_in_dollars.may_invoke(ALICE)
    deliver({**of(ALICE, 2, 10), "modelId": ARN.rpartition("/")[2]}, by="second")
    assert not stopped_in_dollars.may_invoke(ALICE)
    assert stopped_in_dollars.may_invoke(BOB)
    midnight = datetime.fromisoformat(f"{TODAY}T00:00:00+00:00") + timedelta(days=1)
    assert stopped_in_dollars.may_invoke(ALICE, midnight)


@pytest.mark.slow
def test_a_stop_that_an_update_raises_lets_people_go_at_once_and_leaves_others_stopped(
    stopped_in_dollars: Throttled, world: World
) -> None:
    deliver(of(ALICE, 1, 250_000), of(BOB, 1, 600_000))
    assert not stopped_in_dollars.may_invoke(ALICE)
    stopped_in_dollars.limits["stops"] = {"user-day": "5"}
    assert meter.handler({"review": "digest"}, None) == {"failed": []}
    assert stopped_in_dollars.may_invoke(ALICE)
    assert not stopped_in_dollars.may_invoke(BOB)
    assert world.counter(f"month#{MONTH}")["requests"] == 2


@pytest.mark.slow
def test_a_month_that_is_used_up_stops_every_policy_there_is(stopped_in_dollars: Throttled) -> None:
    iam: Any = boto3.client("iam")
    other = iam.create_policy(PolicyName="claude-code-wave2-quota-1", PolicyDocument=json.dumps(quota_document([])))
    arn = other["Policy"]["Arn"]
    stopped_in_dollars.limits["quota_policies"][arn] = ["carol@acme.example"]
    stopped_in_dollars.limits["stops"] = {"month": "6"}
    deliver(of(ALICE, 1, 250_000), of(BOB, 1, 250_000))
    assert not stopped_in_dollars.may_invoke(BOB)
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    [statement] = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]["Statement"]
    assert statement["Sid"] == "Everybody"
    assert list(statement["Condition"]) == ["DateLessThan"]
    assert NOW.isoformat() < statement["Condition"]["DateLessThan"]["aws:CurrentTime"]


@pytest.mark.slow
def test_who_moved_to_another_cohort_is_stopped_on_both_roles_and_by_the_update_that_moves_them(
    stopped_in_dollars: Throttled,
) -> None:
    deliver(of(ALICE, 1, 250_000))
    iam: Any = boto3.client("iam")
    other = iam.create_policy(PolicyName="claude-code-wave2-quota-1", PolicyDocument=json.dumps(quota_document([])))
    stopped_in_dollars.limits["quota_policies"][other["Policy"]["Arn"]] = [ALICE]
    assert meter.handler({"review": "digest"}, None) == {"failed": []}
    assert not stopped_in_dollars.may_invoke(ALICE)
    stopped_in_dollars.policy = other["Policy"]["Arn"]
    assert not stopped_in_dollars.may_invoke(ALICE)


def test_a_session_that_two_policies_can_stop_is_of_both() -> None:
    second = POLICY.replace("pilot", "wave2")
    said = limits(quota_policies={POLICY: (ALICE, BOB), second: (ALICE.title(),)})
    assert said.policies_of(DAY) == said.policies_of(TEAM) == [POLICY, second]
    assert said.policies_of(DAY.replace(ALICE, BOB)) == [POLICY]


def test_whom_no_policy_can_stop_is_not_said_to_be_stopped() -> None:
    budgets = {"user": Budget(usd="50", alert_usd="40")}
    renamed = DAY.replace(ALICE, "a.chen@acme.example")
    [(mark, [said])] = alerts(renamed, {"usd": Decimal(60)}, limits(budgets=budgets), (), NOON)
    assert (mark, said.percent, said.stop_usd) == ("budget", None, None)
    told = alerts(DAY, {"usd": Decimal(60)}, limits(budgets=budgets), (), NOON)
    assert [(one.percent, one.stop_usd) for _, found in told for one in found] == [(None, "50"), (100, None)]
