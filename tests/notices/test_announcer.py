"""The announcer's own logic: each notice once, whatever fails, is repeated or is killed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import urllib.parse
from typing import Any

import boto3
import pytest

from functions import announcer, senders
from rollout import names
from tests.notices.announcer_world import CHANNEL, KEY, World, standing
from tests.notices.test_changes import ALICE, INCIDENT, PEOPLE


@pytest.mark.slow
def test_a_change_reaches_everybody_once_however_often_it_is_handed_in(world: World) -> None:
    for request_id in ("a", "b", "c"):
        assert world.hand_in(standing("suspended"), request_id) == {"accepted": True}
        assert world.run() == 0
    assert sorted(post["channel"] for post in world.slack()) == [
        CHANNEL,
        f"U{ALICE}".replace("@", "%40"),
        *["Ubob.kim%40acme.example", "Ulead%40acme.example"],
    ]
    assert len(world.webhooks()) == 1
    assert [(record["before"], record["after"]) for record in world.log()] == [("planned", "suspended")]


def test_a_persons_name_can_call_nobody_in_slack_where_the_blocks_are_not_shown(world: World) -> None:
    member = {ALICE: {**PEOPLE[ALICE], "name": "<!channel>", "level": "suspended", "incident": INCIDENT}}
    world.hand_in(standing("active"), "a")
    world.hand_in({"cohort": "pilot", "level": "active", "members": member}, "b")
    assert world.run() == 0
    texts = [post["text"] for post in world.slack()]
    assert any("&lt;!channel&gt;" in text for text in texts), texts
    assert not any("<!channel>" in text for text in texts)


@pytest.mark.slow
def test_down_up_and_down_again_is_told_three_times(world: World) -> None:
    for number, level in enumerate(["active", "restricted", "active", "restricted"]):
        world.hand_in(standing(level), str(number))
        assert world.run() == 0
    assert [post["text"].rpartition(" is ")[2] for post in world.slack()] == [
        "restricted",
        "no longer restricted",
        "restricted",
    ]
    assert [record["after"] for record in world.log()] == ["active", "restricted", "active", "restricted"]


@pytest.mark.slow
def test_one_way_that_is_down_holds_up_no_other_and_is_made_up_for_later(world: World) -> None:
    world.down = {"chat.postMessage"}
    world.hand_in(standing("restricted"), "a")
    assert world.run(rounds=12) > 0
    assert (len(world.webhooks()), len(world.log()), world.slack()) == (1, 1, [])
    world.down = set()
    assert world.run() == 0
    assert len(world.slack()) == 1
    assert len(world.webhooks()) == 1


@pytest.mark.parametrize(
    ("said", "waited", "failures"), [("7", [7], 0), ("31", [], 1), ("0", [], 1), ("soon", [], 1), ("-1", [], 1)]
)
def test_of_too_many_requests_slack_is_asked_again_when_it_says_and_no_try_is_used_up(
    world: World, monkeypatch: pytest.MonkeyPatch, said: str, waited: list[int], failures: int
) -> None:
    slept: list[int] = []
    monkeypatch.setattr(senders.time, "sleep", slept.append)
    world.hand_in(standing("active"), "a")
    world.run()
    world.too_many = [said]
    alone = {ALICE: {"name": "Alice Chen", "level": "suspended", "incident": INCIDENT}}
    world.hand_in({"cohort": "pilot", "level": "active", "members": alone}, "b")
    assert (world.run(), slept) == (failures, waited)
    assert len([post for post in world.slack() if post["channel"].startswith("Ualice")]) == 1


def test_a_crash_between_two_deliveries_loses_none_and_repeats_none(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_out: list[str] = []
    real = announcer._hand_out

    def third_crashes(delivery: Any) -> None:
        handed_out.append(delivery.id)
        if len(handed_out) == 3:
            raise KeyboardInterrupt
        real(delivery)

    world.hand_in(standing("suspended"), "a")
    monkeypatch.setattr(announcer, "_hand_out", third_crashes)
    with pytest.raises(KeyboardInterrupt):
        world.run()
    monkeypatch.setattr(announcer, "_hand_out", real)
    world.hand_in(standing("suspended"), "b")
    assert world.run() == 0
    assert (len(world.slack()), len(world.webhooks()), len(world.log())) == (4, 1, 1)


@pytest.mark.slow
def test_a_level_that_follows_before_the_last_was_told_loses_neither(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = announcer._hand_out_all
    monkeypatch.setattr(announcer, "_hand_out_all", lambda state: (_ for _ in ()).throw(KeyboardInterrupt))  # noqa: ARG005
    world.hand_in(standing("restricted"), "a")
    with pytest.raises(KeyboardInterrupt):
        world.run()
    monkeypatch.setattr(announcer, "_hand_out_all", real)
    announcer._compare(standing("suspended"), announcer.datetime.now(announcer.UTC))
    world.run()
    assert [record["after"] for record in world.log()] == ["restricted", "suspended"]


@pytest.mark.slow
def test_news_that_no_queue_takes_is_an_answer_and_not_an_error(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUEUE_URL", world.queue_url + "-gone")
    answer = world.hand_in(standing("suspended"), "a")
    assert answer["accepted"] is False
    assert answer["reason"]


@pytest.mark.parametrize("wrong", [{}, {"cohort": "pilot"}, {"cohort": "pilot", "level": "x"}])
def test_what_is_no_standing_is_not_accepted(world: World, wrong: dict[str, Any]) -> None:
    assert world.hand_in(wrong, "a")["accepted"] is False


def test_a_reminder_that_no_queue_takes_is_an_error_since_lambda_alone_would_try_again(world: World) -> None:
    with pytest.raises(RuntimeError, match="KeyError"):
        world.hand_in({"review": {}}, "a")


def test_the_record_is_signed_as_standard_webhooks_says(world: World) -> None:
    world.hand_in(standing("restricted"), "a")
    world.run()
    [(body, headers)] = world.webhooks()
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(base64.b64decode(KEY), signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert json.loads(body)["id"]


@pytest.mark.slow
def test_entering_rolled_back_schedules_one_reminder_that_says_which_incident(world: World) -> None:
    world.hand_in(standing("rolled_back"), "a")
    assert world.run() == 0
    [found] = boto3.client("scheduler").list_schedules(GroupName=names.REVIEWS)["Schedules"]
    schedule = boto3.client("scheduler").get_schedule(GroupName=names.REVIEWS, Name=found["Name"])
    assert schedule["ScheduleExpression"].startswith("at(")
    before = len(world.slack())
    world.hand_in(json.loads(schedule["Target"]["Input"]), "b")
    assert world.run() == 0
    assert [post["text"] for post in world.slack()[before:]] == ["Claude Code: post-incident review of INC-7"]


def test_no_secret_reaches_the_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.down = {"slack.com", "tracker"}
    world.hand_in(standing("suspended"), "a")
    world.run(rounds=12)
    assert "503" in caplog.text
    assert "xoxb-test" not in caplog.text
    assert KEY not in caplog.text


def test_the_meters_alert_is_handed_out_once_however_often_it_comes(world: World) -> None:
    alert = {
        "id": f"user-day#{ALICE}#2026-11-24",
        "whose": "user",
        "name": ALICE,
        "period": "2026-11-24",
        "usd": "40.1",
        "budget_usd": "50",
        "to": ALICE,
        "link": "https://example.com",
    }
    for number in range(2):
        boto3.client("sqs").send_message(
            QueueUrl=world.queue_url,
            MessageBody=json.dumps({"alert": alert}),
            MessageGroupId="alert",
            MessageDeduplicationId=str(number),
        )
    assert world.run() == 0
    [post] = world.slack()
    assert post["channel"] == f"U{urllib.parse.quote(ALICE)}"
    assert "$40.10 of your $50.00" in json.dumps(post)
