"""What calls functions, and what they work with, as `pulumi-aws` has it."""

from __future__ import annotations

import io
import json
from typing import Any

import grpc
import pytest

from sandbox.plugins.framework.values import Props
from sandbox.tests.cloud_harness import ACCOUNT, Cloud
from sandbox.tests.plugins.lambdas.lambda_harness import (
    EVENT_INVOKE,
    FUNCTION,
    INVOCATION,
    ITEM,
    TABLE,
    URL,
    function,
    item,
)
from sandbox.tests.plugins.plugin_harness import Engine, Refused, kinds, said


class Answering:
    """Lambda, as far as an invocation sees it."""

    def __init__(self, answer: str, error: str | None = None) -> None:
        self.answer, self.error, self.payloads = answer, error, list[dict[str, Any]]()

    def invoke(self, **asked: Any) -> dict[str, Any]:
        self.payloads.append(json.loads(asked["Payload"]))
        failed = {"FunctionError": self.error} if self.error else {}
        return {"Payload": io.BytesIO(self.answer.encode()), **failed}


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    lambda_ = Answering('{"accepted": true}')
    monkeypatch.setattr("sandbox.plugins.aws.resources.lambdas.lambda_invocations._lambda", lambda _: lambda_)
    return lambda_


TOLD: Props = {"functionName": "echo", "input": '{"level": "active"}', "triggers": {"level": "active"}}


def test_an_invocation_calls_once_and_again_only_when_something_replaces_it(
    engine: Engine, answering: Answering
) -> None:
    made = engine.create(INVOCATION, "it", TOLD)
    assert made.outputs["result"] == '{"accepted": true}'
    assert not engine.changes(made, TOLD).diffs
    for changed in ({"input": '{"level": "suspended"}'}, {"triggers": {"level": "suspended"}}):
        assert list(engine.changes(made, TOLD | changed).replaces) == list(changed)
    engine.delete(made)
    assert answering.payloads == [{"level": "active"}]


def test_a_function_that_fails_fails_the_invocation_with_what_it_said(engine: Engine, answering: Answering) -> None:
    answering.answer, answering.error = '{"errorMessage": "no"}', "Unhandled"
    with pytest.raises(grpc.RpcError) as failed:
        engine.create(INVOCATION, "it", TOLD)
    assert '{"errorMessage": "no"}' in said(failed.value)


def test_under_crud_the_function_hears_of_each_step_and_what_was_before(engine: Engine, answering: Answering) -> None:
    made = engine.create(INVOCATION, "it", TOLD | {"lifecycleScope": "CRUD"})
    changed = TOLD | {"lifecycleScope": "CRUD", "input": '{"level": "suspended"}'}
    assert not list(engine.changes(made, changed).replaces)
    engine.delete(engine.update(made, changed))
    assert [payload["tf"]["action"] for payload in answering.payloads] == ["create", "update", "delete"]
    assert answering.payloads[1]["tf"]["prev_input"] == {"level": "active"}


def test_a_functions_name_stays_in_its_identity(engine: Engine) -> None:
    made = engine.create(FUNCTION, "echo", function())
    assert list(engine.changes(made, function(name="other")).replaces) == ["name"]
    found = engine.import_(FUNCTION, "echo", "echo")
    assert found is not None
    assert found.outputs["handler"] == "main.handler"


def test_an_item_of_a_table_is_put_once_changed_and_deleted_and_what_others_add_to_it_is_theirs(
    cloud: Cloud, engine: Engine
) -> None:
    keys = {"attributes": [{"name": "id", "type": "S"}], "hashKey": "id", "billingMode": "PAY_PER_REQUEST"}
    engine.create(TABLE, "counters", {"name": "counters", **keys})
    made = engine.create(ITEM, "profile", item(model={"S": "haiku"}, gone={"N": "1"}))
    assert made.id == "counters|id|profile#1"
    with pytest.raises(grpc.RpcError) as refused:
        engine.create(ITEM, "other", item())
    assert "conditional request failed" in said(refused.value)
    table, key = cloud.aws.client("dynamodb"), {"id": {"S": "profile#1"}}
    seen = {"seen": {"Value": {"N": "7"}, "Action": "PUT"}}
    table.update_item(TableName="counters", Key=key, AttributeUpdates=seen)
    again = engine.refresh(made)
    assert again is not None
    assert not kinds(engine.changes(again, item(model={"S": "haiku"}, gone={"N": "1"})))
    changed = engine.update(made, item(model={"S": "sonnet"}))
    found = table.get_item(TableName="counters", Key=key)["Item"]
    assert found == {**key, "model": {"S": "sonnet"}, "seen": {"N": "7"}}
    assert kinds(engine.changes(changed, {**item(), "hashKey": "other"}))["hashKey"].endswith("REPLACE")
    engine.delete(changed)
    assert engine.refresh(changed) is None


def test_what_becomes_of_failed_invocations_is_put_changed_and_taken_away(engine: Engine) -> None:
    engine.create(FUNCTION, "echo", function())
    wanted: Props = {
        "functionName": "echo",
        "maximumRetryAttempts": 1,
        "destinationConfig": {"onFailure": {"destination": f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"}},
    }
    made = engine.create(EVENT_INVOKE, "echo", wanted)
    again = engine.refresh(made)
    assert again is not None
    assert again.outputs["destinationConfig"] == wanted["destinationConfig"]
    assert not kinds(engine.changes(again, wanted))
    changed = engine.update(made, wanted | {"maximumRetryAttempts": 2})
    assert engine.refresh(changed).outputs["maximumRetryAttempts"] == 2  # pyright: ignore[reportOptionalMemberAccess]
    with pytest.raises(Refused):
        engine.create(EVENT_INVOKE, "echo", wanted | {"maximumRetryAttempts": 3})
    engine.delete(changed)
    assert engine.refresh(changed) is None


def test_a_functions_address_is_made_open_to_all_changed_and_taken_away(engine: Engine, cloud: Cloud) -> None:
    engine.create(FUNCTION, "echo", function())
    wanted: Props = {"functionName": "echo", "authorizationType": "NONE"}
    made = engine.create(URL, "echo", wanted)
    assert made.outputs["functionUrl"].startswith(f"https://{made.outputs['urlId']}.lambda-url.us-east-1.on.aws")
    allowed = json.loads(cloud.aws.client("lambda").get_policy(FunctionName="echo")["Policy"])["Statement"]
    assert {statement["Action"] for statement in allowed} == {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction"}
    again = engine.refresh(made)
    assert again is not None
    assert not kinds(engine.changes(again, wanted))
    changed = engine.update(made, wanted | {"authorizationType": "AWS_IAM"})
    assert engine.refresh(changed).outputs["authorizationType"] == "AWS_IAM"  # pyright: ignore[reportOptionalMemberAccess]
    with pytest.raises(Refused):
        engine.create(URL, "echo", wanted | {"authorizationType": "OPEN"})
    engine.delete(changed)
    assert engine.refresh(changed) is None
