"""The ways a notice leaves: one function each. Each raises where it did not get through, and then is tried again."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import logging
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3

from rollout.notices.formats import amazon_q, plain, slack_blocks, slack_text
from rollout.notices.level_changes import Delivery, Way, review_time

SLACK = "https://slack.com/api/"
# What it says of an address that none of its members has.
UNKNOWN = "users_not_found"
TIMEOUT_SECONDS = 10
# Beside two calls of TIMEOUT_SECONDS it fits into the function's own minute.
TOO_MANY, MOST_WAIT_SECONDS = 429, 30
MAX_ANSWER_BYTES = 1_000_000
SECRET_SECONDS = 300

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)


class NotDeliveredError(Exception):
    """What the other side said, without any secret."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A signed record goes where the stack file says, and nowhere else."""

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: Any) -> None:  # noqa: ARG002
        return None


_OPENER = urllib.request.build_opener(_NoRedirects)


@dataclass(kw_only=True)
class Sender:
    """`where`: the `aws` part of settings.json. `sender`: the e-mail address that notices come from."""

    where: Mapping[str, Any]
    sender: str | None
    _secrets: dict[str, tuple[float, str]] = field(default_factory=dict[str, tuple[float, str]])

    def send(self, delivery: Delivery) -> None:
        ways: dict[Way, Callable[[Delivery], None]] = {
            "log": self._log,
            "webhook": self._webhook,
            "topic": self._topic,
            "slack": self._slack,
            "slack_person": self._slack_person,
            "email": self._email,
            "schedule": self._schedule,
        }
        ways[delivery.way](delivery)

    def _log(self, delivery: Delivery) -> None:
        logs = boto3.client("logs")
        group, stream = self.where["incident_log_group"], self.where["incident_log_stream"]
        event = {"timestamp": int(time.time() * 1000), "message": json.dumps(delivery.record)}
        try:
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])
        except logs.exceptions.ResourceNotFoundException:
            logs.create_log_stream(logGroupName=group, logStreamName=stream)
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])

    def _topic(self, delivery: Delivery) -> None:
        """Subscribers by e-mail read the text, everyone else gets what Amazon Q shows in Slack."""
        [audience] = delivery.to
        message = {"default": json.dumps(amazon_q(delivery)), "email": plain(delivery)}
        boto3.client("sns").publish(
            TopicArn=self.where["topics"][audience],
            Subject=delivery.title.encode("ascii", "replace").decode()[:99],
            Message=json.dumps(message),
            MessageStructure="json",
            MessageAttributes={"kind": {"DataType": "String", "StringValue": "notice"}},
        )

    def _email(self, delivery: Delivery) -> None:
        boto3.client("sesv2").send_email(
            FromEmailAddress=self.sender,
            Destination={"ToAddresses": delivery.to},
            Content={
                "Simple": {
                    "Subject": {"Data": delivery.title, "Charset": "UTF-8"},
                    "Body": {"Text": {"Data": plain(delivery), "Charset": "UTF-8"}},
                }
            },
        )

    def _slack(self, delivery: Delivery) -> None:
        self._post(delivery.to[0], delivery)

    def _slack_person(self, delivery: Delivery) -> None:
        [email] = delivery.to
        query = urllib.parse.urlencode({"email": email})
        try:
            user = self._slack_call(urllib.request.Request(f"{SLACK}users.lookupByEmail?{query}"))  # noqa: S310
        except NotDeliveredError as error:
            # Whoever has no account there is told by e-mail, where there is a sender: no notice is lost.
            if self.sender and str(error) == f"Slack: {UNKNOWN}":
                log.info("Slack knows nobody by that address: by e-mail alone")
                return
            raise
        self._post(user["user"]["id"], delivery)

    def _post(self, channel: str, delivery: Delivery) -> None:
        text, blocks = slack_text(delivery.title), slack_blocks(delivery)
        message = {"channel": channel, "text": text, "blocks": blocks, "unfurl_links": False}
        headers = {"Content-Type": "application/json; charset=utf-8"}
        self._slack_call(urllib.request.Request(f"{SLACK}chat.postMessage", json.dumps(message).encode(), headers))  # noqa: S310

    def _slack_call(self, request: urllib.request.Request) -> dict[str, Any]:
        request.add_header("Authorization", f"Bearer {self._secret(self.where['slack_secret'])}")
        answer: dict[str, Any] = json.loads(_answer(request))
        if not answer.get("ok"):
            raise NotDeliveredError(f"Slack: {answer.get('error')}")
        return answer

    def _webhook(self, delivery: Delivery) -> None:
        """Signed as Standard Webhooks 1.0 says; `webhook-id` lets a receiver drop what it has already."""
        [url] = delivery.to
        body = json.dumps(delivery.record, separators=(",", ":")).encode()
        sent = str(int(time.time()))
        key = base64.b64decode(self._secret(self.where["webhook_secret"]).removeprefix("whsec_"))
        signature = hmac.digest(key, f"{delivery.id}.{sent}.".encode() + body, hashlib.sha256)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": delivery.id,
            "webhook-timestamp": sent,
            "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
        }
        _answer(urllib.request.Request(url, body, headers))  # noqa: S310

    def _schedule(self, delivery: Delivery) -> None:
        """The reminder of the review. One that is there already was made for the same incident: it is in its name."""
        scheduler = boto3.client("scheduler")
        at = review_time(delivery.record["incident"], datetime.now(UTC))
        review = {"cohort": delivery.record["cohort"], "incident": delivery.record["incident"]}
        with contextlib.suppress(scheduler.exceptions.ConflictException):
            scheduler.create_schedule(
                Name=delivery.to[0],
                GroupName=self.where["schedule_group"],
                Description=f"Post-incident review of {review['incident']['id']}"[:512],
                ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})",
                ScheduleExpressionTimezone="UTC",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={
                    "Arn": self.where["function_arn"],
                    "RoleArn": self.where["schedule_role"],
                    "Input": json.dumps({"review": review}),
                },
            )

    def _secret(self, name: str) -> str:
        """Kept for a few minutes, so that a changed secret is soon used."""
        until, value = self._secrets.get(name, (0.0, ""))
        if time.monotonic() >= until:
            value = boto3.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
            self._secrets[name] = (time.monotonic() + SECRET_SECONDS, value)
        return value


def _answer(request: urllib.request.Request) -> bytes:
    """Where the other side says for how long it has had too many requests, that is waited for once: a cohort that opens
    is more people than Slack lets be looked up in a minute, and each try that fails is one of few."""
    host = urllib.parse.urlsplit(request.full_url).hostname
    try:
        try:
            return _read(request)
        except urllib.error.HTTPError as error:
            said = str(error.headers.get("Retry-After") or "")
            if error.code != TOO_MANY or not said.isdecimal() or not 0 < int(said) <= MOST_WAIT_SECONDS:
                raise
            time.sleep(int(said))
            return _read(request)
    except urllib.error.HTTPError as error:
        raise NotDeliveredError(f"{host} answered {error.code}") from None
    except (OSError, ValueError) as error:
        raise NotDeliveredError(f"{host}: {type(error).__name__}") from None


def _read(request: urllib.request.Request) -> bytes:
    with _OPENER.open(request, timeout=TIMEOUT_SECONDS) as answer:
        return answer.read(MAX_ANSWER_BYTES)
