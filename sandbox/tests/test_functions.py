"""Lambda functions run in the sandbox: at once, later, from a queue, from a log, on a schedule."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.tests.aws_harness import Aws, serving

ACCOUNT = "123456789012"
CODE = """
import json, logging, os, time
import boto3

calls = 0

def handler(event, context):
    global calls
    calls += 1
    logging.getLogger().setLevel("INFO")
    logging.info("saw %s", json.dumps(event)[:500])
    if event.get("fail"):
        raise ValueError("as asked")
    if event.get("sleep"):
        time.sleep(event["sleep"])
    if event.get("exit"):
        os._exit(3)
    if "Records" in event:
        failed = [r["messageId"] for r in event["Records"] if "bad" in r.get("body", "")]
        return {"batchItemFailures": [{"itemIdentifier": m} for m in failed]}
    try:
        import sandbox
        ours = True
    except ImportError:
        ours = False
    return {"echo": event, "calls": calls, "name": context.function_name, "who": os.environ["WHO"], "ours": ours,
            "home": "HOME" in os.environ, "queues": boto3.client("sqs").list_queues().get("QueueUrls", [])}
"""


def zipped(text: str) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as file:
        file.writestr("pack/main.py", text)
    return into.getvalue()


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def aws(tmp_path: Path) -> Generator[Aws]:
    with serving(tmp_path, lambda: {"keys": []}) as aws:
        aws.client("iam").create_role(RoleName="worker", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
        make(aws)
        yield aws


def make(aws: Aws, text: str = CODE, name: str = "echo", timeout: int = 30) -> None:
    aws.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=f"arn:aws:iam::{ACCOUNT}:role/worker",
        Handler="pack.main.handler",
        Code={"ZipFile": zipped(text)},
        Timeout=timeout,
        Environment={"Variables": {"WHO": "me"}},
    )


def invoke(aws: Aws, event: Any, **how: Any) -> tuple[Any, str | None]:
    answer = aws.client("lambda").invoke(FunctionName="echo", Payload=json.dumps(event), **how)
    text = answer["Payload"].read()
    return json.loads(text) if text else None, answer.get("FunctionError")


def logged(aws: Aws) -> str:
    if "/aws/lambda/echo" not in groups(aws):
        return ""
    events = aws.client("logs").filter_log_events(logGroupName="/aws/lambda/echo")["events"]
    return "\n".join(event["message"] for event in events)


def until(met: Callable[[], Any], seconds: float = 180) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := met()):
        assert time.monotonic() < deadline, "never came"
        time.sleep(0.05)
    return found


def test_a_function_runs_with_its_own_environment_and_none_of_ours_and_stays_warm(aws: Aws) -> None:
    first, error = invoke(aws, {"a": 1})
    assert error is None
    assert (first["echo"], first["calls"], first["name"], first["who"]) == ({"a": 1}, 1, "echo", "me")
    assert (first["ours"], first["home"]) == (False, False)
    assert invoke(aws, {})[0]["calls"] == 2
    assert 'saw {"a": 1}' in logged(aws)


def test_changed_code_is_what_runs_next(aws: Aws) -> None:
    invoke(aws, {})
    aws.client("lambda").update_function_code(
        FunctionName="echo", ZipFile=zipped("def handler(event, context):\n    return 'new'\n")
    )
    assert invoke(aws, {}) == ("new", None)


@pytest.mark.parametrize(
    ("event", "word"), [({"fail": 1}, "as asked"), ({"exit": 1}, "exited"), ({"sleep": 9}, "timed out")]
)
def test_a_failure_is_told_as_lambda_tells_it_and_the_next_call_works(aws: Aws, event: Any, word: str) -> None:
    limit = partial(aws.client("lambda").update_function_configuration, FunctionName="echo")
    limit(Timeout=2 if "sleep" in event else 60)
    answer, error = invoke(aws, event)
    assert error == "Unhandled"
    assert word in answer["errorMessage"]
    limit(Timeout=60)
    assert invoke(aws, {})[1] is None


def queue(aws: Aws, name: str, **attributes: str) -> str:
    sqs = aws.client("sqs")
    fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
    url: str = sqs.create_queue(QueueName=name, Attributes={**fifo, **attributes})["QueueUrl"]
    return url


def may(aws: Aws, arn: str, *actions: str) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": arn}]}
    aws.client("iam").put_role_policy(RoleName="worker", PolicyName="queue", PolicyDocument=json.dumps(document))


def mapped(aws: Aws, name: str) -> str:
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
    may(aws, arn, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    made = aws.client("lambda").create_event_source_mapping(
        EventSourceArn=arn, FunctionName="echo", BatchSize=1, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    return made["UUID"]


def depth(aws: Aws, url: str) -> int:
    found = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])


@pytest.mark.slow
def test_messages_reach_the_function_and_what_it_fails_with_ends_in_the_dead_letter_queue(aws: Aws) -> None:
    dead = queue(aws, "dead.fifo")
    redrive = {"deadLetterTargetArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead.fifo", "maxReceiveCount": 2}
    news = queue(aws, "news.fifo", VisibilityTimeout="30", RedrivePolicy=json.dumps(redrive))
    mapped(aws, "news.fifo")
    sqs = aws.client("sqs")
    sqs.set_queue_attributes(QueueUrl=news, Attributes={"VisibilityTimeout": "8"})
    for number, body in enumerate(["good", "bad", "other"]):
        sqs.send_message(
            QueueUrl=news, MessageBody=body, MessageGroupId=f"g{number}", MessageDeduplicationId=str(number)
        )
    until(lambda: depth(aws, dead) == 1 and depth(aws, news) == 0)
    said = logged(aws)
    # At least once, as SQS has it: a slow machine outlasts the time for which a message is not seen.
    assert '"body": "good"' in said
    assert '"body": "other"' in said
    assert said.count('"body": "bad"') == 2


def test_a_mapping_needs_a_role_that_may_read_and_a_queue_that_waits_longer_than_the_function(aws: Aws) -> None:
    queue(aws, "news.fifo", VisibilityTimeout="2")
    create = aws.client("lambda").create_event_source_mapping
    source = {"EventSourceArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:news.fifo", "FunctionName": "echo"}
    with pytest.raises(ClientError, match="less than Function timeout"):
        create(**source)
    aws.client("lambda").update_function_configuration(FunctionName="echo", Timeout=2)
    with pytest.raises(ClientError, match="does not have permissions to call ReceiveMessage"):
        create(**source)


def test_an_event_is_tried_three_times_and_then_given_to_the_destination(aws: Aws) -> None:
    failures = queue(aws, "failures")
    may(aws, f"arn:aws:sqs:us-east-1:{ACCOUNT}:failures", "sqs:SendMessage")
    aws.client("lambda").put_function_event_invoke_config(
        FunctionName="echo",
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:sqs:us-east-1:{ACCOUNT}:failures"}},
    )
    assert (
        aws.client("lambda").invoke(FunctionName="echo", InvocationType="Event", Payload='{"fail": 1}')["StatusCode"]
        == 202
    )
    until(lambda: depth(aws, failures) == 1)
    assert logged(aws).count("saw ") == 3
    [message] = aws.client("sqs").receive_message(QueueUrl=failures)["Messages"]
    failure = json.loads(message["Body"])
    assert (failure["requestPayload"], failure["requestContext"]["condition"]) == ({"fail": 1}, "RetriesExhausted")
    assert logged(aws).count(f"START RequestId: {failure['requestContext']['requestId']}") == 3


def test_log_events_are_delivered_zipped_as_a_subscription_has_them(aws: Aws) -> None:
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="source")
    logs.create_log_stream(logGroupName="source", logStreamName="s")
    aws.client("lambda").add_permission(
        FunctionName="echo", StatementId="logs", Action="lambda:InvokeFunction", Principal="logs.amazonaws.com"
    )
    logs.put_subscription_filter(
        logGroupName="source",
        filterName="all",
        filterPattern="",
        destinationArn=f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:echo",
    )
    event = {"timestamp": int(time.time() * 1000), "message": "hello"}
    logs.put_log_events(logGroupName="source", logStreamName="s", logEvents=[event])
    until(lambda: '"awslogs"' in logged(aws))


def schedule(aws: Aws, at: str) -> None:
    aws.client("scheduler").create_schedule(
        Name="review",
        GroupName="default",
        ScheduleExpression=f"at({at})",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={
            "Arn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:echo",
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/worker",
            "Input": '{"review": 1}',
        },
    )


def groups(aws: Aws) -> list[str]:
    return [group["logGroupName"] for group in aws.client("logs").describe_log_groups()["logGroups"]]


def test_a_schedule_fires_once_when_its_time_comes_and_is_gone(aws: Aws) -> None:
    schedule(aws, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 1)))
    until(lambda: 'saw {"review": 1}' in logged(aws))
    assert aws.client("scheduler").list_schedules()["Schedules"] == []


def test_a_schedule_can_be_fired_now(aws: Aws) -> None:
    schedule(aws, "2099-01-01T00:00:00")
    assert aws.control("POST", "schedules", {"group": "default", "name": "review"}) == {"fired": "review"}
    until(lambda: 'saw {"review": 1}' in logged(aws))


def test_functions_and_their_queues_work_on_after_a_restart(tmp_path: Path) -> None:
    with serving(tmp_path, lambda: {"keys": []}) as aws:
        aws.client("iam").create_role(RoleName="worker", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
        make(aws)
        queue(aws, "news", VisibilityTimeout="30")
        mapped(aws, "news")
    with serving(tmp_path, lambda: {"keys": []}) as aws:
        url = aws.client("sqs").get_queue_url(QueueName="news")["QueueUrl"]
        aws.client("sqs").send_message(QueueUrl=url, MessageBody="hello")
        until(lambda: depth(aws, url) == 0 and '"body": "hello"' in logged(aws))
