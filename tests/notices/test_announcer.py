"""The announcer's own logic: each notice once, whatever fails, is repeated or is killed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Generator
from dataclasses import dataclass, field
from email.message import Message
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from functions import announcer, senders
from rollout import names
from tests.notices.test_changes import ALICE, INCIDENT, PEOPLE

KEY = base64.b64encode(b"k" * 32).decode()
CONTEXT = SimpleNamespace(aws_request_id="first")
CHANNEL = "C0ENG"


@dataclass
class World:
    """AWS by moto, Slack and the tracker by a fake opener. `down`: hosts or methods that fail."""

    queue_url: str
    posts: list[tuple[str, Any, dict[str, str]]] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    not_in_slack: set[str] = field(default_factory=set)
    too_many: list[str] = field(default_factory=list)

    def open(self, request: urllib.request.Request, timeout: float) -> Any:  # noqa: ARG002
        url = request.full_url
        if any(part in url for part in self.down):
            raise urllib.error.HTTPError(url, 503, "down", Message(), io.BytesIO())
        if self.too_many and "users.lookupByEmail" in url:
            wait = Message()
            wait["Retry-After"] = self.too_many.pop()
            raise urllib.error.HTTPError(url, 429, "too many", wait, io.BytesIO())
        body = request.data
        headers = {key.lower(): value for key, value in request.header_items()}
        if "users.lookupByEmail" in url and any(who in urllib.parse.unquote(url) for who in self.not_in_slack):
            return io.BytesIO(b'{"ok": false, "error": "users_not_found"}')
        if "users.lookupByEmail" in url:
            return io.BytesIO(json.dumps({"ok": True, "user": {"id": "U" + url.rpartition("=")[2]}}).encode())
        assert isinstance(body, bytes)
        self.posts.append((url, body, headers))
        return io.BytesIO(b'{"ok": true}')

    def hand_in(self, standing: dict[str, Any], request_id: str) -> dict[str, Any]:
        return announcer.handler(standing, SimpleNamespace(aws_request_id=request_id))

    def run(self, rounds: int = 200) -> int:
        """Work the queue as Lambda does, until it gives nothing more; how many messages failed."""
        sqs, failures = boto3.client("sqs"), 0
        for _ in range(rounds):
            messages = sqs.receive_message(
                QueueUrl=self.queue_url, MaxNumberOfMessages=1, AttributeNames=["ApproximateReceiveCount"]
            ).get("Messages", [])
            if not messages:
                break
            for message in messages:
                record = {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": message["Attributes"],
                }
                try:
                    failed = announcer.handler({"Records": [record]}, CONTEXT)["batchItemFailures"]
                except KeyboardInterrupt:  # a crash: the message comes back when its time is over
                    sqs.change_message_visibility(
                        QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                    )
                    raise
                failures += len(failed)
                if not failed:
                    sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return failures

    def slack(self) -> list[dict[str, Any]]:
        return [json.loads(body) for url, body, _ in self.posts if "chat.postMessage" in url]

    def webhooks(self) -> list[tuple[bytes, dict[str, str]]]:
        return [(body, headers) for url, body, headers in self.posts if "tracker" in url]

    def log(self) -> list[dict[str, Any]]:
        events = boto3.client("logs").get_log_events(
            logGroupName=names.INCIDENT_LOG_GROUP, logStreamName=names.INCIDENT_LOG_STREAM
        )["events"]
        return [json.loads(event["message"]) for event in events]


@pytest.fixture
def world(moto_aws: None, monkeypatch: pytest.MonkeyPatch) -> Generator[World]:  # noqa: ARG001
    queue = boto3.client("sqs").create_queue(QueueName=names.NOTICES_QUEUE, Attributes={"FifoQueue": "true"})
    boto3.client("dynamodb").create_table(
        TableName=names.NOTICES_TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    boto3.client("logs").create_log_group(logGroupName=names.INCIDENT_LOG_GROUP)
    boto3.client("sesv2").create_email_identity(EmailIdentity="claude@acme.example")
    topics = {
        audience: boto3.client("sns").create_topic(Name=names.topic(audience))["TopicArn"]
        for audience in ("engineering", "security", "leadership")
    }
    for secret, value in ((names.SLACK_SECRET, "xoxb-test"), (names.WEBHOOK_SECRET, f"whsec_{KEY}")):
        boto3.client("secretsmanager").create_secret(Name=secret, SecretString=value)
    boto3.client("scheduler").create_schedule_group(Name=names.REVIEWS)
    settings = {
        "notices": {
            "organization": "acme",
            "throttle_model": "haiku",
            "daily_tokens": 50_000,
            "bot": True,
            "email_from": "claude@acme.example",
            "webhook": "https://tracker.acme.example/hook",
            "channels": {"engineering": CHANNEL},
            "emails": {"engineering": ["engineering@acme.example"]},
        },
        "aws": {
            "table": names.NOTICES_TABLE,
            "topics": topics,
            "incident_log_group": names.INCIDENT_LOG_GROUP,
            "incident_log_stream": names.INCIDENT_LOG_STREAM,
            "slack_secret": names.SLACK_SECRET,
            "webhook_secret": names.WEBHOOK_SECRET,
            "schedule_group": names.REVIEWS,
            "schedule_role": "arn:aws:iam::123456789012:role/reviews",
            "function_arn": "arn:aws:lambda:us-east-1:123456789012:function:announcer",
        },
    }
    made = World(queue_url=queue["QueueUrl"])
    monkeypatch.setenv("QUEUE_URL", made.queue_url)
    caches: list[Any] = [announcer.settings, announcer.notices, announcer.sender, announcer._table]
    for cached in caches:
        cached.cache_clear()
    monkeypatch.setattr(announcer, "settings", lambda: settings)
    monkeypatch.setattr(announcer, "FIRST_RETRY_SECONDS", 0)
    monkeypatch.setattr(senders, "_OPENER", made)
    yield made
    for cached in caches:
        cached.cache_clear()


def standing(level: str) -> dict[str, Any]:
    above = {"incident": INCIDENT, "members": PEOPLE} if level != "active" else {"members": {}}
    return {"cohort": "pilot", "level": level, **above}


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
