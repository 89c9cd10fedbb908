"""GitHub's word that it found a credential, posted to the deployed address as GitHub does, over HTTP."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from rollout.leaks.credentials import METRIC
from rollout.leaks.github_alerts import MAX_BODY_BYTES
from rollout.usage.records import NAMESPACE
from tests.engine.world import World

CREDENTIAL = "AKIA" + "Z9" * 8
ALERT = {
    "action": "created",
    "alert": {
        "number": 42,
        "created_at": "2026-11-24T10:00:00Z",
        "html_url": "https://github.com/acme/app/security/secret-scanning/42",
        "secret_type": "aws_access_key_id",
        "secret": CREDENTIAL,
    },
    "repository": {"full_name": "acme/app"},
}
ADDRESS = {"FunctionName": "claude-code-github-webhook"}


def deliver(world: World, entered: dict[str, Any], secret: str, body: bytes, event: str) -> int:
    headers = {
        "Content-Type": entered["content_type"],
        "User-Agent": "GitHub-Hookshot/044aadd",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
    }
    return world.post(entered["payload_url"], body, headers)


def findings(world: World) -> list[dict[str, Any]]:
    events = world.aws("logs").filter_log_events(logGroupName="/claude-code/findings")["events"]
    return [json.loads(event["message"]) for event in events]


def counted(world: World) -> float:
    now = datetime.now(UTC)
    points = world.aws("cloudwatch").get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName=METRIC,
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=5),
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    return sum(point["Sum"] for point in points)


def kept(world: World) -> bytes:
    """All that the clouds and the engine remember, the engine itself left out."""
    files = [file for name in ("cloud", "state") for file in (world.settings.home / name).rglob("*") if file.is_file()]
    return b"".join(file.read_bytes() for file in [*files, world.settings.log])


def test_a_signed_alert_is_written_down_and_counted_and_whatever_is_not_githubs_is_refused(pilot: World) -> None:
    entered = pilot.output("github_webhook")
    secret = pilot.pulumi("config", "get", "github_webhook_secret", "--stack", "sandbox").strip()
    body = json.dumps(ALERT).encode()
    assert entered["secret"] == "pulumi config get github_webhook_secret"
    assert deliver(pilot, entered, secret, b'{"zen": "Keep it logically awesome."}', "ping") == 200

    assert deliver(pilot, entered, "guessed" * 8, body, "secret_scanning_alert") == 401
    assert pilot.post(entered["payload_url"], body, {"X-GitHub-Event": "secret_scanning_alert"}) == 401
    assert deliver(pilot, entered, secret, b"x" * (MAX_BODY_BYTES + 1), "secret_scanning_alert") == 413
    assert (findings(pilot), counted(pilot)) == ([], 0)

    assert deliver(pilot, entered, secret, body, "secret_scanning_alert") == 202
    [line] = findings(pilot)
    assert (line["repository"], line["kind"], line["alert"]) == ("acme/app", "aws_access_key_id", 42)
    assert counted(pilot) == 1
    assert CREDENTIAL.encode() not in kept(pilot)
    assert secret not in json.dumps(pilot.state())
    printed = pilot.aws("logs").filter_log_events(logGroupName="/aws/lambda/claude-code-github-webhook")["events"]
    assert printed
    assert not [event for event in printed if secret in event["message"] or CREDENTIAL in event["message"]]


def test_the_address_lets_nobody_in_once_either_permission_is_gone_and_a_refresh_gives_it_back(pilot: World) -> None:
    entered = pilot.output("github_webhook")
    functions = pilot.aws("lambda")
    statements = json.loads(functions.get_policy(**ADDRESS)["Policy"])["Statement"]
    for statement in statements:
        if statement["Action"] == "lambda:InvokeFunction":
            functions.remove_permission(**ADDRESS, StatementId=statement["Sid"])
    assert pilot.post(entered["payload_url"], b"{}", {}) == 403
    pilot.up("--refresh")
    assert pilot.post(entered["payload_url"], b"{}", {}) == 401


def test_without_its_secret_a_stack_has_no_webhook_and_keeps_what_it_wrote(pilot: World) -> None:
    with pilot.stack_file() as config:
        del config["claude-code-rollout:github_webhook_secret"]
    pilot.up()
    assert "claude-code-github-webhook" not in {
        f["FunctionName"] for f in pilot.aws("lambda").list_functions()["Functions"]
    }
    assert {"/claude-code/findings", "/aws/lambda/claude-code-github-webhook"} <= pilot.log_groups().keys()
    assert pilot.plan() == {}
