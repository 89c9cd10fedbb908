"""Where the official plug-ins wait although the cloud is done, the stand-ins do so when told to, and else do not."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from sandbox.plugins.framework import waiting
from sandbox.plugins.framework.values import Props
from sandbox.tests.cloud_harness import Cloud, plugged
from sandbox.tests.plugins.lambdas.lambda_harness import FUNCTION, QUEUE, function
from sandbox.tests.plugins.plugin_harness import Engine
from sandbox.tests.plugins.test_plugins_budgets import BUDGET, MONTHLY
from sandbox.tests.plugins.test_plugins_kms import KEY, STATES
from sandbox.tests.plugins.test_plugins_notify import CHANNEL, SLACK

WAITS = [
    (QUEUE, {"name": "news"}, {"delaySeconds": 5}, [25, 25, 0]),
    (CHANNEL, SLACK, {"loggingLevel": "ERROR"}, [30, 30, 30]),
    (FUNCTION, function(), {"timeout": 9}, [5, 5, 0]),
    (BUDGET, MONTHLY, {"limitAmount": "7"}, [5, 0, 0]),
    (KEY, STATES, {"description": "Other"}, [10, 0, 0]),
]


@pytest.fixture
def engine(tmp_path: Path) -> Generator[Engine]:
    with plugged(tmp_path) as cloud:
        _prepared(cloud)
        yield cloud.engine


def _prepared(cloud: Cloud) -> None:
    for name in ("announcer", "chatbot"):
        cloud.aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=_trust())
    cloud.aws.client("sns").create_topic(Name="alerts")


def _trust() -> str:
    principals = '{"Service": ["lambda.amazonaws.com", "chatbot.amazonaws.com"]}'
    statement = f'{{"Effect": "Allow", "Principal": {principals}, "Action": "sts:AssumeRole"}}'
    return f'{{"Version": "2012-10-17", "Statement": [{statement}]}}'


@pytest.mark.parametrize("told", ["real", ""])
@pytest.mark.parametrize(("token", "props", "change", "seconds"), WAITS)
def test_the_waits_of_the_official_plug_ins_are_sat_out_on_request(
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    token: str,
    props: Props,
    change: Props,
    seconds: list[float],
    told: str,
) -> None:
    slept: list[float] = []
    monkeypatch.setenv("SANDBOX_WAITS", told)
    monkeypatch.setattr(waiting, "sleep", slept.append)
    found: list[float] = []
    made = engine.create(token, "it", props)
    found.append(max(slept, default=0))
    slept.clear()
    changed = engine.update(made, props | change)
    found.append(max(slept, default=0))
    slept.clear()
    engine.delete(changed)
    found.append(max(slept, default=0))
    assert found == (seconds if told else [0, 0, 0])
