"""Two sandboxes side by side, each with an account of its own, and people of one Okta in both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox import server
from sandbox.environment import environment
from sandbox.errors import SandboxError
from sandbox.settings import ACCOUNT_ID, Settings, from_environment
from sandbox.tests.ports import free_ports
from sandbox.tests.running.process_harness import client, code, command

OTHER = "210987654321"
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Settings]:
    found = Settings(home=tmp_path / "other", account=OTHER, **free_ports())
    yield found
    server.stop(found)


def _names_in(settings: Settings) -> dict[str, Any]:
    """What is made alike in both, with the account that its name has."""
    document = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    role = client(settings, "iam").create_role(RoleName="meter", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    function = client(settings, "lambda").create_function(
        FunctionName="meter",
        Runtime="python3.12",
        Role=role,
        Handler="meter.handler",
        Code={"ZipFile": code()},
        Environment={"Variables": {"A": "b"}},
    )["FunctionArn"]
    topic = client(settings, "sns").create_topic(Name="told")["TopicArn"]
    client(settings, "logs").create_log_group(logGroupName="/a")
    [group] = client(settings, "logs").describe_log_groups()["logGroups"]
    monitor = client(settings, "ce").create_anomaly_monitor(
        AnomalyMonitor={"MonitorName": "all", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}
    )["MonitorArn"]
    arns = {"role": role, "function": function, "topic": topic, "group": group["arn"], "monitor": monitor}
    return {
        **{name: arn.split(":")[4] for name, arn in arns.items()},
        "caller": client(settings, "sts").get_caller_identity()["Account"],
    }


def test_each_has_its_own_account_in_every_name_and_nothing_of_the_other(settings: Settings, other: Settings):
    for each in (settings, other):
        server.start(each)
        assert set(_names_in(each).values()) == {each.account}
    client(other, "iam").delete_role(RoleName="meter")
    assert client(settings, "iam").get_role(RoleName="meter")
    assert environment(other)["AWS_ACCOUNT_ID"] == OTHER

    server.stop(other)
    assert client(settings, "sts").get_caller_identity()["Account"] == ACCOUNT_ID
    server.start(other)
    with pytest.raises(ClientError, match="NoSuchEntity"):
        client(other, "iam").get_role(RoleName="meter")
    assert client(other, "sns").list_topics()["Topics"], "kept, under its account"


def test_a_home_of_one_account_is_not_taken_for_another_s(settings: Settings):
    server.start(settings)
    client(settings, "sns").create_topic(Name="told")
    server.stop(settings)
    with pytest.raises(SandboxError, match=f"is of account {ACCOUNT_ID}, and SANDBOX_AWS_ACCOUNT says {OTHER}"):
        server.start(replace(settings, account=OTHER))


def test_the_account_is_a_setting_that_make_env_hands_on(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SANDBOX_HOME", str(settings.home))
    monkeypatch.setenv("SANDBOX_AWS_ACCOUNT", OTHER)
    assert from_environment().account == OTHER
    assert f"export SANDBOX_AWS_ACCOUNT={OTHER}\n" in command(settings, "env").stdout
    for wrong in ("1234", "12345678901x", "١٢٣٤٥٦٧٨٩٠١٢"):
        monkeypatch.setenv("SANDBOX_AWS_ACCOUNT", wrong)
        with pytest.raises(SystemExit, match=f"SANDBOX_AWS_ACCOUNT: not an account: {wrong}. Set it to twelve digits"):
            from_environment()
