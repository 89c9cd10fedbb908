"""Functions, what calls them, and what they work with behave as `pulumi-aws` has them, over the sandbox's AWS."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import grpc
import pytest
from moto.awslambda.models import LambdaFunction

from sandbox.plugins.aws.archives import zipped
from sandbox.plugins.framework.values import UNKNOWN, Props
from sandbox.tests.cloud_harness import ACCOUNT, Cloud, plugged
from sandbox.tests.plugins.plugin_harness import Engine, Refused, Resource, kinds, said

FUNCTION = "aws:lambda/function:Function"
INVOCATION = "aws:lambda/invocation:Invocation"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
PERMISSION = "aws:lambda/permission:Permission"
QUEUE = "aws:sqs/queue:Queue"
TABLE = "aws:dynamodb/table:Table"
ITEM = "aws:dynamodb/tableItem:TableItem"
EVENT_INVOKE = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
URL = "aws:lambda/functionUrl:FunctionUrl"
GROUP = "aws:scheduler/scheduleGroup:ScheduleGroup"

SIG, ASSET, ARCHIVE = (
    "4dabf18193072939515e22adb298388d",
    "c44067f5952c0a294b673a41bacd8c17",
    "0def7320c3a5731c473e5ecbe6d01bc7",
)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/announcer"


def archive(**files: str) -> Props:
    assets = {
        name.replace("_", "."): {SIG: ASSET, "hash": hashlib.sha256(text.encode()).hexdigest(), "text": text}
        for name, text in files.items()
    }
    digest = hashlib.sha256(json.dumps(assets, sort_keys=True).encode()).hexdigest()
    return {SIG: ARCHIVE, "hash": digest, "assets": assets}


def function(**changes: Any) -> Props:
    code = archive(main_py="def handler(event, context):\n    return event\n")
    return {"name": "echo", "role": ROLE, "handler": "main.handler", "runtime": "python3.13", "code": code} | changes


@pytest.fixture
def cloud(tmp_path: Path) -> Generator[Cloud]:
    with plugged(tmp_path) as cloud:
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
        iam = cloud.aws.client("iam")
        iam.create_role(RoleName="announcer", AssumeRolePolicyDocument=json.dumps(trust))
        work = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
        read = {"Effect": "Allow", "Action": work, "Resource": f"arn:aws:sqs:us-east-1:{ACCOUNT}:news.fifo"}
        send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [read, send]})
        iam.put_role_policy(RoleName="announcer", PolicyName="read", PolicyDocument=document)
        yield cloud


REFUSED = [
    (FUNCTION, function(timeout=901), "timeout must be from 1 to 900: 901"),
    (FUNCTION, function(handler=None), "handler is required for a function of package type Zip"),
    (FUNCTION, function(memorySize=64), "memorySize must be from 128 to 10240: 64"),
    (INVOCATION, {"functionName": "echo", "input": "no"}, "input is not JSON"),
    (
        QUEUE,
        {"name": "news", "fifoQueue": True},
        "must be up to 80 letters, digits, hyphens and underscores, and end with .fifo",
    ),
    (QUEUE, {"name": "news", "visibilityTimeoutSeconds": 50_000}, "must be from 0 to 43200"),
    (MAPPING, {"functionName": "echo"}, "eventSourceArn"),
    (
        TABLE,
        {"name": "t-1", "hashKey": "id", "attributes": [{"name": "x", "type": "S"}]},
        "attributes must be exactly those of the keys: id",
    ),
    (ITEM, {"tableName": "t-1", "hashKey": "id", "item": '{"id": "no type"}'}, 'invalid format of "id"'),
]


@pytest.mark.parametrize(("token", "props", "reason"), REFUSED)
def test_what_the_official_plug_in_refuses_is_refused(planner: Engine, token: str, props: Props, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        planner.check(token, "x", props)
    assert any(reason in text for text in refused.value.failures.values()), refused.value.failures


def test_a_zip_is_the_same_bytes_for_the_same_files_in_any_order() -> None:
    forwards = zipped(archive(a_py="1", b_py="2"))
    assert forwards == zipped(archive(b_py="2", a_py="1"))
    assert zipfile.ZipFile(io.BytesIO(forwards)).namelist() == ["a.py", "b.py"]


def test_a_function_is_made_and_read_and_only_its_changed_code_is_sent(engine: Engine) -> None:
    made = engine.create(FUNCTION, "echo", function(environment={"variables": {"A": "b"}}))
    assert made.id == "echo"
    assert made.outputs["arn"] == f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:echo"
    assert not engine.changes(made, function(environment={"variables": {"A": "b"}})).diffs
    changed = function(environment={"variables": {"A": "b"}}, code=archive(main_py="def handler(*_):\n    return 2\n"))
    diff = engine.changes(made, changed)
    assert (list(diff.diffs), list(diff.replaces)) == (["code"], [])
    updated = engine.update(made, changed)
    assert updated.outputs["codeSha256"] != made.outputs["codeSha256"]
    engine.delete(updated)
    assert engine.refresh(updated) is None


def test_a_functions_code_hash_is_unknown_in_the_preview_that_changes_it(engine: Engine) -> None:
    made = engine.create(FUNCTION, "echo", function())
    shown = engine.update(made, function(code=archive(main_py="x = 1\n")), preview=True)
    assert shown.outputs["codeSha256"] is UNKNOWN
    assert shown.outputs["arn"] == made.outputs["arn"]


@pytest.mark.parametrize(
    ("token", "props"),
    [
        (FUNCTION, function(tags={"team": "x"}, loggingConfig={"logFormat": "Text", "logGroup": "/aws/lambda/echo"})),
        (
            QUEUE,
            {
                "name": "news.fifo",
                "fifoQueue": True,
                "deduplicationScope": "messageGroup",
                "fifoThroughputLimit": "perMessageGroupId",
                "visibilityTimeoutSeconds": 360,
                "sqsManagedSseEnabled": True,
                "tags": {"team": "x"},
            },
        ),
        (
            TABLE,
            {
                "name": "notices",
                "billingMode": "PAY_PER_REQUEST",
                "hashKey": "id",
                "attributes": [{"name": "id", "type": "S"}],
                "ttl": {"attributeName": "expires", "enabled": True},
                "pointInTimeRecovery": {"enabled": True},
                "tags": {"team": "x"},
            },
        ),
        (GROUP, {"name": "reviews", "tags": {"team": "x"}}),
    ],
)
def test_what_was_made_needs_no_second_update_and_is_gone_once_deleted(
    engine: Engine, token: str, props: Props
) -> None:
    made = engine.create(token, "it", props)
    assert not kinds(engine.changes(made, props))
    again = engine.refresh(made)
    assert again is not None
    assert not kinds(engine.changes(again, props))
    engine.delete(made)
    assert engine.refresh(made) is None
    engine.delete(made)


def test_a_dead_letter_queues_text_is_worded_anew_before_it_is_compared_with_what_sqs_answers(
    engine: Engine, cloud: Cloud
) -> None:
    dead = engine.create(QUEUE, "dead", {"name": "dead"})
    policy = json.dumps({"deadLetterTargetArn": dead.outputs["arn"], "maxReceiveCount": 5})
    made = engine.create(QUEUE, "news", {"name": "news", "redrivePolicy": policy})
    assert made.outputs["redrivePolicy"] == f'{{"deadLetterTargetArn":"{dead.outputs["arn"]}","maxReceiveCount":5}}'
    other = json.dumps({"maxReceiveCount": 5, "deadLetterTargetArn": dead.outputs["arn"]}, indent=1)
    assert not kinds(engine.changes(made, {"name": "news", "redrivePolicy": other}))
    again = engine.refresh(made)
    assert again is not None
    assert not kinds(engine.changes(again, {"name": "news", "redrivePolicy": policy}))
    spaced = Resource(made.token, made.name, made.id, made.inputs, made.outputs | {"redrivePolicy": policy})
    assert kinds(engine.changes(spaced, {"name": "news", "redrivePolicy": policy})) == {"redrivePolicy": "UPDATE"}
    sqs = cloud.aws.client("sqs")
    sqs.set_queue_attributes(QueueUrl=made.id, Attributes={"RedrivePolicy": policy.replace(": 5", ": 6")})
    drifted = engine.refresh(made)
    assert drifted is not None
    assert kinds(engine.changes(drifted, {"name": "news", "redrivePolicy": policy})) == {"redrivePolicy": "UPDATE"}


def test_a_function_that_was_made_to_log_elsewhere_is_drift(engine: Engine, cloud: Cloud) -> None:
    wanted = function(loggingConfig={"logFormat": "Text", "logGroup": "/aws/lambda/echo"})
    made = engine.create(FUNCTION, "echo", wanted)
    client = cloud.aws.client("lambda")
    client.update_function_configuration(FunctionName="echo", LoggingConfig={"LogFormat": "JSON", "LogGroup": "mine"})
    drifted = engine.refresh(made)
    assert drifted is not None
    assert set(kinds(engine.changes(drifted, wanted))) == {
        "loggingConfig.logFormat",
        "loggingConfig.logGroup",
        "loggingConfig.applicationLogLevel",
        "loggingConfig.systemLogLevel",
    }
    mended = engine.update(drifted, wanted)
    assert client.get_function_configuration(FunctionName="echo")["LoggingConfig"] == {
        "LogFormat": "Text",
        "LogGroup": "/aws/lambda/echo",
    }
    assert not kinds(engine.changes(mended, wanted))


def test_where_a_function_logs_is_not_made_up_by_the_plug_in(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = LambdaFunction.get_configuration

    def silent(self: LambdaFunction, *rest: Any, **named: Any) -> dict[str, Any]:
        return {name: value for name, value in answer(self, *rest, **named).items() if name != "LoggingConfig"}

    monkeypatch.setattr(LambdaFunction, "get_configuration", silent)
    made = engine.create(FUNCTION, "echo", function())
    assert "loggingConfig" not in made.outputs


STATEMENT: Props = {
    "statementId": "denials",
    "action": "lambda:InvokeFunction",
    "function": "echo",
    "principal": "events.amazonaws.com",
    "sourceAccount": ACCOUNT,
    "sourceArn": f"arn:aws:events:us-east-1:{ACCOUNT}:rule/denials",
    "principalOrgId": "o-a1b2c3d4e5",
}
OPEN: Props = {"statementId": "open", "action": "lambda:InvokeFunction", "function": "echo", "principal": "*"}
URL_OPEN: Props = OPEN | {"action": "lambda:InvokeFunctionUrl", "functionUrlAuthType": "NONE"}
THROUGH: Props = OPEN | {"invokedViaFunctionUrl": True}


@pytest.mark.parametrize(
    "props", [STATEMENT, OPEN, URL_OPEN, THROUGH, OPEN | {"principal": f"arn:aws:iam::{ACCOUNT}:root"}]
)
def test_a_permission_is_read_back_whole(engine: Engine, props: Props) -> None:
    engine.create(FUNCTION, "echo", function())
    made = engine.create(PERMISSION, "it", props)
    assert not kinds(engine.changes(made, props))
    bare = Resource(made.token, made.name, made.id, made.inputs, {"function": "echo", "statementId": made.id})
    again = engine.refresh(bare)
    assert again is not None
    assert props.items() <= again.outputs.items()
    imported = engine.import_(PERMISSION, "it", f"echo/{made.id}")
    assert imported is not None
    assert props.items() <= imported.inputs.items()
    with pytest.raises(grpc.RpcError, match="already exists"):
        engine.create(PERMISSION, "again", props)
    engine.delete(made)
    assert engine.refresh(made) is None


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"Principal": "s3.amazonaws.com"}, "principal"),
        ({"Action": "lambda:GetFunction"}, "action"),
        ({"SourceAccount": "210987654321"}, "sourceAccount"),
        ({"SourceArn": f"arn:aws:events:us-east-1:{ACCOUNT}:rule/other"}, "sourceArn"),
        ({"PrincipalOrgID": "o-other12345"}, "principalOrgId"),
        ({"PrincipalOrgID": None}, "principalOrgId"),
        ({"FunctionUrlAuthType": "NONE"}, "functionUrlAuthType"),
        ({"InvokedViaFunctionUrl": True}, "invokedViaFunctionUrl"),
    ],
)
def test_a_permission_that_was_changed_by_hand_is_replaced(
    engine: Engine, cloud: Cloud, changed: dict[str, Any], field: str
) -> None:
    engine.create(FUNCTION, "echo", function())
    made = engine.create(PERMISSION, "it", STATEMENT)
    client = cloud.aws.client("lambda")
    client.remove_permission(FunctionName="echo", StatementId="denials")
    given = {
        "StatementId": "denials",
        "Action": STATEMENT["action"],
        "Principal": STATEMENT["principal"],
        "SourceAccount": ACCOUNT,
        "SourceArn": STATEMENT["sourceArn"],
        "PrincipalOrgID": STATEMENT["principalOrgId"],
    } | changed
    client.add_permission(FunctionName="echo", **{name: value for name, value in given.items() if value is not None})
    drifted = engine.refresh(made)
    assert drifted is not None
    assert list(engine.changes(drifted, STATEMENT).replaces) == [field]


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


def item(**attributes: Any) -> Props:
    return {"tableName": "counters", "hashKey": "id", "item": json.dumps({"id": {"S": "profile#1"}, **attributes})}


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
