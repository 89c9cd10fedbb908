"""The sandbox as a background process: start, stop, what it prints, what survives it."""

from __future__ import annotations

import http.client
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sandbox import server
from sandbox.control import Control
from sandbox.dialects import OktaDialect
from sandbox.environment import UNSET, environment, exports
from sandbox.errors import SandboxError
from sandbox.settings import HOST, OKTA_TOKEN, PROJECT, REGION, Settings
from sandbox.tests.ports import free_port, free_ports
from sandbox.workspace import pulumi_environment

pytestmark = pytest.mark.slow


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    found = Settings(home=tmp_path / "a home", **free_ports())
    yield found
    server.stop(found)


def command(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    variables = {
        "SANDBOX_HOME": str(settings.home),
        "SANDBOX_AWS_PORT": str(settings.aws_port),
        "SANDBOX_OKTA_PORT": str(settings.okta_port),
        "SANDBOX_JAMF_PORT": str(settings.jamf_port),
    }
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=PROJECT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def client(settings: Settings, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=settings.aws_url,
        region_name=REGION,
        aws_access_key_id="AKIATEST",
        aws_secret_access_key="-",
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )


def test_start_waits_until_all_of_it_answers_and_a_second_start_finds_them(settings: Settings):
    pid = server.start(settings)
    assert (
        server.health(settings.aws_url)
        == server.health(settings.okta_url)
        == server.health(settings.jamf_url)
        == server.Health(pid=pid, names=("aws", "okta", "jamf"))
    )
    assert server.start(settings) == pid
    assert command(settings, "status").returncode == 0


def test_a_shell_of_a_sandbox_that_does_not_answer_is_told(settings: Settings):
    assert "No sandbox runs" in command(settings, "env").stderr
    assert command(settings, "start").returncode == 0
    assert command(settings, "env").stderr == ""
    elsewhere = command(replace(settings, aws_port=free_port()), "env")
    assert elsewhere.returncode == 0
    assert "if it was started on other ports, export SANDBOX_AWS_PORT" in elsewhere.stderr


def test_what_answers_but_speaks_no_http_is_not_the_sandbox():
    with socket.create_server((HOST, 0)) as other:

        def answer() -> None:
            caller, _ = other.accept()
            with caller:
                caller.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert server.health(f"http://{HOST}:{other.getsockname()[1]}") is None
        thread.join()


def test_stop_ends_it_once_and_says_so(settings: Settings):
    assert command(settings, "start").returncode == 0
    assert command(settings, "stop").stdout.startswith("Sandbox stopped")
    assert server.health(settings.aws_url) is None
    again = command(settings, "stop")
    assert (again.returncode, again.stdout) == (0, "Sandbox does not run\n")
    assert command(settings, "status").returncode == 1


def test_a_busy_port_is_one_line_that_names_the_port_and_its_variable(settings: Settings):
    with closing(socket.socket()) as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        taken = replace(settings, okta_port=port)
        for verb in ("start", "serve"):
            result = command(taken, verb)
            assert result.returncode == 1
            assert result.stderr == f"sandbox: Port {port} is in use; set SANDBOX_OKTA_PORT to a free one\n"


def test_one_home_has_one_process(settings: Settings):
    server.start(settings)
    other = replace(settings, **free_ports())
    result = command(other, "serve")
    assert result.returncode == 1
    assert result.stderr.startswith("sandbox: Already running for this home")


def test_a_pid_file_left_by_a_crash_is_not_believed(settings: Settings):
    settings.home.mkdir(parents=True)
    server.pid_file(settings).write_text(f"{os.getpid()}\n")
    assert server.running(settings) is None
    assert server.stop(settings) is None
    assert server.start(settings) != os.getpid()


def test_a_killed_process_has_lost_nothing_that_was_answered(settings: Settings):
    pid = server.start(settings)
    client(settings, "iam").create_user(UserName="alice")
    os.kill(pid, signal.SIGKILL)
    while server.running(settings):
        time.sleep(0.02)
    server.start(settings)
    assert [user["UserName"] for user in client(settings, "iam").list_users()["Users"]] == ["alice"]


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


def code() -> bytes:
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("meter.py", "def handler(event, context):\n    return event\n")
    return buffer.getvalue()


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


def test_control_routes_of_okta_want_the_token_and_health_does_not(settings: Settings):
    server.start(settings)
    connection = http.client.HTTPConnection(HOST, settings.okta_port)
    statuses: list[int] = []
    for path, headers in (
        ("/sandbox/health", {}),
        ("/sandbox/calls", {}),
        ("/sandbox/calls", {"Authorization": f"SSWS {OKTA_TOKEN}"}),
    ):
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()
    assert statuses == [200, 401, 200]


def test_a_fault_in_okta_s_words_carries_its_rate_limit():
    from werkzeug.test import Client
    from werkzeug.wrappers import Response

    app = Control(Response("fine"), name="okta", names=["okta"], dialect=OktaDialect("t"))
    caller = Client(app)
    fault = {"match": "GET /api/v1/groups", "status": 429, "times": 2}
    caller.post("/sandbox/faults", json=fault, headers={"Authorization": "SSWS t"})
    answer = caller.get("/api/v1/groups")
    assert answer.status_code == 429
    assert answer.get_json()["errorCode"] == "E0000047"
    assert int(answer.headers["X-Rate-Limit-Reset"]) >= int(time.time())
    assert caller.get("/api/v1/users").status_code == 200


def test_the_environment_speaks_to_a_shell_and_hides_real_accounts(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NO_PROXY", "internal.example")
    monkeypatch.setenv("AWS_PROFILE", "production")
    found = environment(settings)
    assert found["AWS_ENDPOINT_URL"] == settings.aws_url
    assert found["OKTA_HTTP_PROXY"] == settings.okta_url
    assert found["JAMF_URL"] == settings.jamf_url
    assert found["SLACK_API_URL"] == f"{settings.aws_url}/sandbox/slack/api/"
    assert found["NO_PROXY"] == "internal.example,127.0.0.1,localhost"
    assert found["AWS_CONFIG_FILE"] == found["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert not found.keys() & set(UNSET)
    script = f'{exports(found)}\nprintf "%s|%s" "$SANDBOX_HOME" "${{AWS_PROFILE-none}}"'
    shell = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert shell.stdout == f"{settings.home}|none"
    assert command(settings, "env").stdout.count("export ") == len(found | pulumi_environment(settings))
    assert shlex.quote(str(settings.home)) in exports(found)


def test_the_macs_are_shown_with_what_jamf_pro_has_put_on_them(settings: Settings):
    down = command(settings, "macs")
    assert (down.returncode, down.stderr) == (
        1,
        f"sandbox: Sandbox does not answer at {settings.jamf_url}: run `make up`\n",
    )
    server.start(settings)
    shown = command(settings, "macs").stdout
    assert "51 Macs, 0 with something from Jamf Pro" in shown
    assert "alice.chen@acme.example" in shown


def test_a_sign_in_that_fails_is_one_line(settings: Settings):
    arguments = ("sign-in", "alice.chen@acme.example", "--role-arn", "arn:aws:iam::123456789012:role/claude-pilot")
    down = command(settings, *arguments)
    assert (down.returncode, down.stdout) == (1, "")
    assert down.stderr == f"sandbox: The sandbox does not answer at {settings.okta_url}: run `make up`\n"
    server.start(settings)
    refused = command(settings, *arguments)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "amazon_aws" in refused.stderr


def test_stop_touches_no_process_that_is_not_the_sandbox(settings: Settings):
    settings.home.mkdir(parents=True)
    script = (
        "import fcntl, os, sys, time\n"
        "file = open(sys.argv[1], 'w'); fcntl.flock(file, fcntl.LOCK_EX)\n"
        "print(os.getpid(), file=file, flush=True); print('ready', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(server.pid_file(settings))], stdout=subprocess.PIPE
    ) as other:
        assert other.stdout
        other.stdout.readline()
        with pytest.raises(SandboxError, match="does not look like the sandbox"):
            server.stop(settings)
        assert other.poll() is None
        other.terminate()


class Okta:
    """As an administrator with the API token."""

    def __init__(self, settings: Settings) -> None:
        self._port = settings.okta_port

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection(HOST, self._port)
        headers = {"Authorization": f"SSWS {OKTA_TOKEN}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        assert answer.status < 300, text
        return json.loads(text) if text.startswith(("{", "[")) else text

    def assigned(self, app: dict[str, Any], group: str, login: str) -> dict[str, Any]:
        """The app, once `login` may use it through a group of that name."""
        made = self("POST", "/api/v1/apps", app)
        group_id = self("POST", "/api/v1/groups", {"profile": {"name": group}})["id"]
        self("PUT", f"/api/v1/groups/{group_id}/users/{self('GET', f'/api/v1/users/{login}')['id']}")
        self("PUT", f"/api/v1/apps/{made['id']}/groups/{group_id}", {})
        return made


ALICE = "alice.chen@acme.example"
ROLE = "arn:aws:iam::123456789012:role/claude-pilot"


def role_for(settings: Settings, provider: str, action: str, condition: dict[str, str]) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::123456789012:{provider}"},
        "Action": action,
        "Condition": {"StringEquals": condition},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client(settings, "iam").create_role(RoleName="claude-pilot", AssumeRolePolicyDocument=document)


def signed_in_as(settings: Settings, *arguments: str) -> str:
    result = command(settings, "sign-in", ALICE, "--role-arn", ROLE, *arguments)
    assert result.returncode == 0, result.stderr
    given = json.loads(result.stdout)
    assert given.keys() == {"Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}
    sts = boto3.client(
        "sts",
        endpoint_url=settings.aws_url,
        region_name=REGION,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
    return sts.get_caller_identity()["Arn"]


def test_a_person_in_the_role_s_group_signs_in_with_saml(settings: Settings):
    server.start(settings)
    okta = Okta(settings)
    values = "arn:aws:iam::${accountid}:saml-provider/Okta,arn:aws:iam::${accountid}:role/${role}"
    mapping = {
        "awsEnvironmentType": "aws.amazon",
        "groupFilter": r"aws_(?{{accountid}}\d+)_(?{{role}}[\w\-]+)",
        "roleValuePattern": values,
        "useGroupMapping": True,
        "sessionDuration": 3600,
    }
    app = {"name": "amazon_aws", "label": "AWS", "signOnMode": "SAML_2_0", "settings": {"app": mapping}}
    made = okta.assigned(app, "aws_123456789012_claude-pilot", ALICE)
    metadata = okta("GET", f"/api/v1/apps/{made['id']}/sso/saml/metadata")
    client(settings, "iam").create_saml_provider(Name="Okta", SAMLMetadataDocument=metadata)
    aimed = {"SAML:aud": "https://signin.aws.amazon.com/saml"}
    role_for(settings, "saml-provider/Okta", "sts:AssumeRoleWithSAML", aimed)
    assert signed_in_as(settings) == f"arn:aws:sts::123456789012:assumed-role/claude-pilot/{ALICE}"
    other = command(settings, "sign-in", ALICE, "--role-arn", ROLE + "2")
    assert other.stderr == f"sandbox: Okta does not offer this role: {ROLE}2. It offers: {ROLE}\n"
    stranger = command(settings, "sign-in", "priya.raman@acme.example", "--role-arn", ROLE)
    assert (stranger.returncode, stranger.stderr.count("\n")) == (1, 1)


def test_a_person_assigned_to_a_client_signs_in_with_its_id_token(settings: Settings):
    server.start(settings)
    okta = Okta(settings)
    native = {
        "application_type": "native",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "redirect_uris": ["http://localhost:8400/callback"],
    }
    app = {
        "name": "oidc_client",
        "label": "Claude Code",
        "signOnMode": "OPENID_CONNECT",
        "credentials": {"oauthClient": {"pkce_required": True, "token_endpoint_auth_method": "none"}},
        "settings": {"oauthClient": native},
    }
    made = okta.assigned(app, "pilot", ALICE)
    client_id = made["credentials"]["oauthClient"]["client_id"]
    client(settings, "iam").create_open_id_connect_provider(Url="https://acme.okta.com", ClientIDList=[client_id])
    bound = {"acme.okta.com:aud": client_id, "sts:RoleSessionName": "${acme.okta.com:sub}"}
    role_for(settings, "oidc-provider/acme.okta.com", "sts:AssumeRoleWithWebIdentity", bound)
    subject = okta("GET", f"/api/v1/users/{ALICE}")["id"]
    signed_in = signed_in_as(settings, "--client-id", client_id)
    assert signed_in == f"arn:aws:sts::123456789012:assumed-role/claude-pilot/{subject}"
