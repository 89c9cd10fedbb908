"""One cohort in the sandbox's AWS as the stack builds it, its members, and the four calls that they make."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rollout.access.documents import Document, invoke_policy, logging_policy, logging_trust_policy
from rollout.account import Account
from rollout.model.models import Model
from sandbox.aws.invocation_logging import STREAM
from sandbox.settings import ACCOUNT_ID, AWS_KEY, REGION
from sandbox.tests.aws_harness import Aws
from sandbox.tests.identity_provider import SIGN_IN, IdentityProvider, Statement

ACCOUNT = Account(ACCOUNT_ID, REGION)
SAML_PROVIDER = ACCOUNT.iam("saml-provider/Okta")
ROLE = ACCOUNT.iam("role/claude-pilot")
ALICE, GRACE = "alice.chen@acme.example", "grace.liu@acme.example"
SESSION = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/claude-pilot/{ALICE}"
MODELS = {
    label: Model(source=source, input=1, output=1, cache_read=1, cache_write=1)
    for label, source in {
        "sonnet": "global.anthropic.claude-sonnet-4-6",
        "haiku": "us.anthropic.claude-haiku-4-5-20251001-v1:0",
    }.items()
}
SONNET_MODEL = "anthropic.claude-sonnet-4-6"
GROUP = "/claude-code/invocations"
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


class World:
    """One cohort as the stack builds it, and its members."""

    def __init__(self, aws: Aws, idp: IdentityProvider) -> None:
        self.aws = aws
        self._idp = idp
        self.root = self.client("bedrock-runtime")

    def client(self, service: str, **more: Any) -> Any:
        return self.aws.client(service, **{"key": AWS_KEY, **more})

    def build(self) -> World:
        iam, bedrock = self.client("iam"), self.client("bedrock")
        iam.create_saml_provider(Name="Okta", SAMLMetadataDocument=self._idp.metadata)
        self.make_role()
        self.profiles = {
            label: bedrock.create_inference_profile(
                inferenceProfileName=f"pilot-{label}",
                modelSource={"copyFrom": ACCOUNT.source_arn(model)},
                tags=[{"key": "cohort", "value": "pilot"}],
            )["inferenceProfileArn"]
            for label, model in MODELS.items()
        }
        self.put("invoke", invoke_policy(ACCOUNT, MODELS, self.profiles))
        return self

    def make_role(self) -> None:
        trust = {
            "Effect": "Allow",
            "Principal": {"Federated": SAML_PROVIDER},
            "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
            "Condition": {"StringEquals": {"SAML:aud": SIGN_IN}},
        }
        document = {"Version": "2012-10-17", "Statement": [trust]}
        self.client("iam").create_role(RoleName="claude-pilot", AssumeRolePolicyDocument=json.dumps(document))

    def put(self, name: str, document: Document | None) -> None:
        assert document is not None
        self.client("iam").put_role_policy(
            RoleName="claude-pilot", PolicyName=name, PolicyDocument=json.dumps(document)
        )

    def attach(self, name: str, document: Document) -> None:
        iam = self.client("iam")
        policy = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document))["Policy"]["Arn"]
        iam.attach_role_policy(RoleName="claude-pilot", PolicyArn=policy)

    def allow(self, *statements: dict[str, Any]) -> None:
        """Replaces what the cohort may do."""
        self.put("invoke", {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]})

    def deny(self, **statement: Any) -> None:
        self.put("stop", {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Resource": "*", **statement}]})

    def keys(self, who: str = ALICE, *, policy: str | None = None, tags: tuple[tuple[str, str], ...] = ()) -> Any:
        says = Statement(roles=(f"{SAML_PROVIDER},{ROLE}",), session=who, subject=who, extra=tags)
        more = {"Policy": policy} if policy else {}
        return self.aws.unsigned("sts").assume_role_with_saml(
            RoleArn=ROLE, PrincipalArn=SAML_PROVIDER, SAMLAssertion=self._idp.response(says), **more
        )["Credentials"]

    def member(self, who: str = ALICE, service: str = "bedrock-runtime", **more: Any) -> Any:
        keys = self.keys(who, **more)
        return self.client(service, key=keys["AccessKeyId"], aws_session_token=keys["SessionToken"])

    def keep_records(self, **more: Any) -> None:
        iam = self.client("iam")
        self.client("logs").create_log_group(logGroupName=GROUP)
        iam.create_role(RoleName="logger", AssumeRolePolicyDocument=json.dumps(logging_trust_policy(ACCOUNT)))
        document = json.dumps(logging_policy(ACCOUNT, GROUP))
        iam.put_role_policy(RoleName="logger", PolicyName="write", PolicyDocument=document)
        logs = {"logGroupName": GROUP, "roleArn": ACCOUNT.iam("role/logger")}
        config = {"cloudWatchConfig": logs, "textDataDeliveryEnabled": False, **more}
        self.client("bedrock").put_model_invocation_logging_configuration(loggingConfig=config)

    def records(self) -> list[dict[str, Any]]:
        logs = self.client("logs")
        if not logs.describe_log_streams(logGroupName=GROUP)["logStreams"]:
            return []
        events = logs.get_log_events(logGroupName=GROUP, logStreamName=STREAM)["events"]
        return [json.loads(event["message"]) for event in events]

    def metrics(self, model_id: str) -> dict[str, float]:
        cloudwatch = self.client("cloudwatch")
        dimensions = [{"Name": "ModelId", "Value": model_id}]
        listed = cloudwatch.list_metrics(Namespace="AWS/Bedrock", Dimensions=dimensions)["Metrics"]
        now = datetime.now(UTC)
        return {
            name: cloudwatch.get_metric_statistics(
                Namespace="AWS/Bedrock",
                MetricName=name,
                Dimensions=dimensions,
                StartTime=now - timedelta(hours=1),
                EndTime=now + timedelta(hours=1),
                Period=7200,
                Statistics=["Sum"],
            )["Datapoints"][0]["Sum"]
            for name in {metric["MetricName"] for metric in listed}
        }


def body(text: str = "Hello", **changes: Any) -> str:
    given = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 1000,
        "messages": [{"role": "user", "content": text}],
        **changes,
    }
    return json.dumps({key: value for key, value in given.items() if value is not None})


def invoke(client: Any, model: str, text: str = "Hello", /, **changes: Any) -> dict[str, Any]:
    return json.loads(client.invoke_model(modelId=model, body=body(text, **changes))["body"].read())


def streamed(client: Any, model: str, text: str = "Hello") -> list[dict[str, Any]]:
    answer = client.invoke_model_with_response_stream(modelId=model, body=body(text))
    return [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]


def said(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"text": text}]}]


CALLS: dict[str, Callable[[Any, str], Any]] = {
    "InvokeModel": invoke,
    "InvokeModelWithResponseStream": streamed,
    "Converse": lambda client, model: client.converse(modelId=model, messages=said("Hello")),
    "ConverseStream": lambda client, model: list(
        client.converse_stream(modelId=model, messages=said("Hello"))["stream"]
    ),
}
OPERATIONS = pytest.mark.parametrize("operation", CALLS)


def refusal(call: Callable[[], Any]) -> tuple[str, int, str]:
    """(error code, status, message) of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]


def denied(call: Callable[[], Any]) -> str:
    code, status, message = refusal(call)
    assert (code, status) == ("AccessDeniedException", 403)
    return message


def remembered(text: str, ttl: str | None = None) -> dict[str, Any]:
    control = {"type": "ephemeral", **({"ttl": ttl} if ttl else {})}
    return {"type": "text", "text": text, "cache_control": control}


def counts(message: dict[str, Any]) -> tuple[int, int, int]:
    """(input, read, written)."""
    usage = message["usage"]
    return usage["input_tokens"], usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]
