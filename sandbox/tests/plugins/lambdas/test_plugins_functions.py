"""Functions, queues and tables behave as `pulumi-aws` has them, over the sandbox's AWS."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from moto.awslambda.models import LambdaFunction

from sandbox.plugins.aws.archives import zipped
from sandbox.plugins.framework.values import UNKNOWN, Props
from sandbox.tests.cloud_harness import ACCOUNT, Cloud
from sandbox.tests.plugins.lambdas.lambda_harness import (
    FUNCTION,
    GROUP,
    INVOCATION,
    ITEM,
    MAPPING,
    QUEUE,
    TABLE,
    archive,
    function,
)
from sandbox.tests.plugins.plugin_harness import Engine, Refused, Resource, kinds

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
