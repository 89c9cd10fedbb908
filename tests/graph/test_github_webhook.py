"""What is open to everybody: how, to whom, and what it may do."""

from __future__ import annotations

import json

import pytest

from tests import recording, stacks
from tests.registrations import Recorded

OURS = "claude:rollout:GithubWebhook$"


@pytest.fixture(scope="module")
def sandbox() -> Recorded:
    return recording.run(stacks.committed("sandbox"), "sandbox")


def test_everybody_may_call_it_by_its_address_and_by_no_other_way(sandbox: Recorded) -> None:
    permissions = [r.inputs for r in sandbox.of("aws:lambda/permission:Permission") if r.inputs["principal"] == "*"]
    by_action = {permission["action"]: permission for permission in permissions}
    assert by_action["lambda:InvokeFunctionUrl"]["functionUrlAuthType"] == "NONE"
    assert by_action["lambda:InvokeFunction"]["invokedViaFunctionUrl"] is True
    assert {permission["function"] for permission in permissions} == {"claude-code-github-webhook"}
    assert sandbox.one("github-webhook-url").inputs["authorizationType"] == "NONE"
    assert len(permissions) == 2


def test_it_may_read_one_secret_and_write_one_stream_and_few_of_it_run_at_once(sandbox: Recorded) -> None:
    function = sandbox.one("github-webhook-function-code").inputs
    assert (function["reservedConcurrentExecutions"], function["timeout"]) == (5, 10)
    statements = json.loads(sandbox.one("github-webhook-function-work").inputs["policy"])["Statement"]
    account = f"{recording.REGION}:{recording.ACCOUNT}"
    assert [statement["Resource"] for statement in statements] == [
        [f"arn:aws:secretsmanager:{account}:secret:claude-code/github-webhook-secret-AbCdEf"],
        [f"arn:aws:logs:{account}:log-group:/claude-code/findings:log-stream:github"],
        [f"arn:aws:logs:{account}:log-group:/aws/lambda/claude-code-github-webhook:log-stream:*"],
    ]


def test_its_secret_is_one_to_the_engine_too_and_nowhere_in_the_function(sandbox: Recorded) -> None:
    assert sandbox.one("github-webhook-secret-value").secrets == ("secretString",)
    value = stacks.DECRYPTED["github_webhook_secret"]
    holders = {registration.name for registration in sandbox.order if value in str(registration.inputs)}
    assert holders == {"github-webhook-secret-value"}
    assert value not in json.dumps(sandbox.outputs)


def test_a_stack_says_what_to_enter_in_github(sandbox: Recorded) -> None:
    entered = sandbox.outputs["github_webhook"]
    assert entered["payload_url"].startswith("https://")
    assert (entered["content_type"], entered["events"]) == ("application/json", ["Secret scanning alerts"])


def test_without_a_secret_nothing_is_open() -> None:
    run = recording.run(stacks.config(stacks.small()))
    assert not [r for r in run.order if OURS in r.urn]
    assert "github_webhook" not in run.outputs
