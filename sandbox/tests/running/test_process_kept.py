"""What a sandbox keeps across a restart."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any

from sandbox import server
from sandbox.settings import HOST, Settings
from sandbox.tests.running.process_harness import client, code, command


def everything(settings: Settings) -> dict[str, Any]:
    """One reading of each service that the rollout uses."""

    def ask(service: str) -> Any:
        return client(settings, service)

    queue = ask("sqs").get_queue_url(QueueName="q")["QueueUrl"]
    return {
        "alarms": ask("cloudwatch").describe_alarms()["MetricAlarms"],
        "dashboards": ask("cloudwatch").list_dashboards()["DashboardEntries"],
        "subscriptions": ask("sns").list_subscriptions()["Subscriptions"],
        "queue": ask("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"],
        "items": ask("dynamodb").scan(TableName="t")["Items"],
        "secret": ask("secretsmanager").get_secret_value(SecretId="s")["SecretString"],
        "rules": ask("events").list_rules()["Rules"],
        "schedules": ask("scheduler").list_schedules()["Schedules"],
        "key": ask("kms").describe_key(KeyId="alias/a")["KeyMetadata"],
        "parameter": ask("ssm").get_parameter(Name="/p")["Parameter"],
        "object": ask("s3").get_object(Bucket="bucket", Key="k")["Body"].read(),
        "budgets": ask("budgets").describe_budgets(AccountId="123456789012")["Budgets"],
        "identities": ask("sesv2").list_email_identities()["EmailIdentities"],
        "function": ask("lambda").get_function(FunctionName="f")["Configuration"],
        "filters": ask("logs").describe_subscription_filters(logGroupName="/g")["subscriptionFilters"],
    }


def build(settings: Settings) -> None:
    topic = client(settings, "sns").create_topic(Name="t")["TopicArn"]
    queue = client(settings, "sqs").create_queue(QueueName="q")["QueueUrl"]
    arn = client(settings, "sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    client(settings, "sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"])
    client(settings, "sns").publish(TopicArn=topic, Message="hello")
    cloudwatch = client(settings, "cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="a", Namespace="n", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    cloudwatch.put_dashboard(DashboardName="d", DashboardBody='{"widgets":[]}')
    table = client(settings, "dynamodb")
    table.create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    table.put_item(TableName="t", Item={"k": {"S": "1"}})
    client(settings, "secretsmanager").create_secret(Name="s", SecretString="v")
    events = client(settings, "events")
    events.put_rule(Name="r", ScheduleExpression="rate(1 hour)")
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": topic}])
    role = client(settings, "iam").create_role(
        RoleName="r",
        AssumeRolePolicyDocument=json.dumps(
            {
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            }
        ),
    )["Role"]["Arn"]
    client(settings, "scheduler").create_schedule(
        Name="s",
        ScheduleExpression="rate(1 hour)",
        Target={"Arn": topic, "RoleArn": role},
        FlexibleTimeWindow={"Mode": "OFF"},
    )
    key = client(settings, "kms").create_key()["KeyMetadata"]["KeyId"]
    client(settings, "kms").create_alias(AliasName="alias/a", TargetKeyId=key)
    client(settings, "ssm").put_parameter(Name="/p", Value="v", Type="String")
    client(settings, "s3").create_bucket(Bucket="bucket")
    client(settings, "s3").put_object(Bucket="bucket", Key="k", Body=b"body" * 1000)
    client(settings, "budgets").create_budget(
        AccountId="123456789012",
        Budget={
            "BudgetName": "b",
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": "1", "Unit": "USD"},
        },
    )
    client(settings, "sesv2").create_email_identity(EmailIdentity="acme.example")
    function = client(settings, "lambda").create_function(
        FunctionName="f", Role=role, Handler="meter.handler", Runtime="python3.12", Code={"ZipFile": code()}
    )["FunctionArn"]
    logs = client(settings, "logs")
    logs.create_log_group(logGroupName="/g")
    client(settings, "lambda").add_permission(
        FunctionName="f", StatementId="logs", Action="lambda:InvokeFunction", Principal="logs.amazonaws.com"
    )
    logs.put_subscription_filter(logGroupName="/g", filterName="f", filterPattern="", destinationArn=function)


def test_every_service_the_rollout_uses_survives_a_restart(settings: Settings):
    server.start(settings)
    build(settings)
    before = everything(settings)
    server.stop(settings)
    server.start(settings)
    assert everything(settings) == before
    assert "not saved" not in settings.log.read_text()


def test_a_damaged_snapshot_stops_the_start_with_one_line(settings: Settings):
    server.start(settings)
    client(settings, "iam").create_user(UserName="alice")
    server.stop(settings)
    path = settings.state / "aws" / "iam.snapshot"
    path.write_bytes(path.read_bytes()[:-3])
    result = command(settings, "start")
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert str(path) in result.stderr
    assert "Delete it to start iam empty" in result.stderr


def test_a_kept_connection_has_no_delayed_acknowledgement(settings: Settings):
    server.start(settings)
    connection = http.client.HTTPConnection(HOST, settings.aws_port)
    credential = "AWS4-HMAC-SHA256 Credential=AKIATEST/20261123/us-east-1/sts/aws4_request, Signature=-"
    headers = {"Authorization": credential, "Content-Type": "application/x-www-form-urlencoded"}
    times: list[float] = []
    for _ in range(30):
        start = time.perf_counter()
        connection.request("POST", "/", b"Action=GetCallerIdentity&Version=2011-06-15", headers)
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.read()
        times.append(time.perf_counter() - start)
    connection.close()
    assert min(times) < 0.04  # which each of them would wait for at the least, however idle the machine is
