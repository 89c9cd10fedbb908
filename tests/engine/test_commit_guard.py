"""The commit guard of a member's machine, up to the alarm's metric."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from rollout import names
from rollout.macs.commit_guard import PACKAGE
from sandbox import sign_in
from sandbox.settings import ACCOUNT_ID
from tests.engine.access.test_levels import set_level
from tests.engine.test_github_webhook import counted
from tests.engine.world import World
from tests.guard.world import PLANTED, Machine, deliver, machine, rollout, secret_of

ALICE, GROUP, STREAM = "alice.chen@acme.example", "/claude-code/findings", "guard-pilot"


def member(pilot: World, root: Path) -> Machine:
    """A machine whose AWS profile is a session of Alice's."""
    root.mkdir()
    role = f"arn:aws:iam::{ACCOUNT_ID}:role/claude-code-pilot"
    (root / "session.json").write_text(json.dumps(sign_in.credentials(pilot.settings, ALICE, role)))
    (root / "config").write_text(f"[profile claude-code]\ncredential_process = cat {root}/session.json\n")
    mac = machine(root / "mac")
    deliver(mac.folder, rollout(), str(root / "config"))
    return mac


def reported(pilot: World) -> list[dict[str, Any]]:
    events = pilot.aws("logs").get_log_events(logGroupName=GROUP, logStreamName=STREAM)["events"]
    return [json.loads(event["message"]) for event in events]


def until_reported(pilot: World, count: int, seconds: float = 240) -> list[dict[str, Any]]:
    """The function behind the queue writes them."""
    deadline = time.monotonic() + seconds
    while len(lines := reported(pilot)) < count and time.monotonic() < deadline:
        time.sleep(0.2)
    return lines


def waiting(mac: Machine) -> list[Path]:
    return list((mac.home / ".claude-code-commit-guard").glob("*.json"))


def commit(mac: Machine, pilot: World) -> str:
    told = {"tool_name": "Bash", "cwd": str(mac.home / "repository"), "tool_input": {"command": "git commit -m x"}}
    answer = mac.hook(json.dumps(told).encode(), AWS_ENDPOINT_URL=pilot.settings.aws_url, NO_PROXY="*")
    assert answer.code == 2
    return answer.said


def until_sent(mac: Machine, seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while waiting(mac) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not waiting(mac)


def test_a_stopped_commit_is_a_finding_that_the_alarm_counts_with_whose_session_it_was(
    pilot: World, tmp_path: Path
) -> None:
    mac = member(pilot, tmp_path / "alice")
    mac.git("remote", "add", "origin", "https://github.example/acme/app.git")
    for kind in ("aws_access_key_id", "private_key"):
        mac.stage(kind, PLANTED[kind] + "\n")
    said = commit(mac, pilot)
    until_sent(mac)
    lines = until_reported(pilot, 2)
    assert {(line["kind"], line["repository"], line["user"]) for line in lines} == {
        ("aws_access_key_id", "github.example/acme/app", ALICE),
        ("private_key", "github.example/acme/app", ALICE),
    }
    assert counted(pilot) == 2
    everything = said + mac.left_behind() + json.dumps(lines) + json.dumps(pilot.aws_control("/sandbox/calls"))
    everything += pilot.settings.log.read_text(errors="replace")
    for kind in ("aws_access_key_id", "private_key"):
        assert secret_of(PLANTED[kind]) not in everything


def test_what_could_not_be_sent_is_sent_with_the_next(pilot: World, tmp_path: Path) -> None:
    mac = member(pilot, tmp_path / "alice")
    session = tmp_path / "alice/session.json"
    session.rename(session.with_suffix(".away"))
    mac.stage("a", PLANTED["slack_token"] + "\n")
    commit(mac, pilot)
    sender = [sys.executable, "-I", "-S", str(mac.folder / PACKAGE), "report"]
    assert subprocess.run(sender, env=mac.environment, capture_output=True, check=False).returncode != 0
    assert len(waiting(mac)) == 1
    session.with_suffix(".away").rename(session)
    commit(mac, pilot)
    until_sent(mac)
    assert len(until_reported(pilot, 2)) == 2


def test_a_member_sends_findings_and_writes_no_log_and_no_metric(pilot: World) -> None:
    given = pilot.sign_in(ALICE, "pilot")

    def own(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=pilot.settings.aws_url,
            region_name="us-east-1",
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )

    event = {"timestamp": int(time.time() * 1000), "message": "{}"}
    queue = pilot.aws("sqs").get_queue_url(QueueName=names.MAC_FINDINGS)["QueueUrl"]
    for group, stream in ((GROUP, STREAM), ("/claude-code/pilot/usage", "meter"), ("/claude-code/incidents", "levels")):
        with pytest.raises(ClientError, match="AccessDenied"):
            own("logs").put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])
    with pytest.raises(ClientError, match="AccessDenied"):
        own("cloudwatch").put_metric_data(
            Namespace="ClaudeCode/Rollout", MetricData=[{"MetricName": "Usd", "Value": -99999}]
        )
    own("sqs").send_message(QueueUrl=queue, MessageBody="{}")
    with pytest.raises(ClientError, match="AccessDenied"):
        own("sqs").receive_message(QueueUrl=queue)
    set_level(pilot, "suspended")
    pilot.up()
    with pytest.raises(ClientError, match="AccessDenied"):
        own("sqs").send_message(QueueUrl=queue, MessageBody="{}")


def test_the_stream_outlives_its_cohort(pilot: World) -> None:
    set_level(pilot, "rolled_back")
    pilot.up()
    streams = pilot.aws("logs").describe_log_streams(logGroupName=GROUP)["logStreams"]
    assert STREAM in [stream["logStreamName"] for stream in streams]
    assert pilot.plan() == {}
