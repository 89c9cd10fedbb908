"""The sandbox's Bedrock runtime: who may invoke what, what is answered, recorded and measured."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError
from moto.sts.models import sts_backends

from rollout.access.documents import Document, invoke_policy, logging_policy, logging_trust_policy
from rollout.account import Account
from rollout.levels import Level
from rollout.model.cohort import Cohort, Incident, Member
from rollout.model.models import Model
from sandbox.aws.invocation_logging import STREAM
from sandbox.settings import ACCOUNT_ID, AWS_KEY, REGION
from sandbox.tests.aws_harness import Aws, serving
from sandbox.tests.identity_provider import SIGN_IN, IdentityProvider, Statement
from tests.cut_documents import single_stops, whole_stop

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


@pytest.fixture(scope="module")
def idp() -> IdentityProvider:
    return IdentityProvider()


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


@pytest.fixture
def world(tmp_path: Path, idp: IdentityProvider) -> Iterator[World]:
    with serving(tmp_path, idp.jwks) as aws:
        yield World(aws, idp).build()


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


# What is answered


def test_a_message_is_answered_in_anthropic_s_format(world: World):
    answer = world.root.invoke_model(modelId=world.profiles["sonnet"], body=body("x" * 41))
    message = json.loads(answer["body"].read())
    assert (message["type"], message["role"], message["stop_reason"]) == ("message", "assistant", "end_turn")
    assert message["model"] == "claude-sonnet-4-6"
    assert message["content"][0]["type"] == "text"
    assert message["usage"]["input_tokens"] == 11
    assert message["usage"]["output_tokens"] == -(-len(message["content"][0]["text"]) // 4)
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amzn-bedrock-input-token-count"] == "11"
    assert invoke(world.root, world.profiles["sonnet"], "x" * 41) == message


def test_a_stream_tells_the_same_message_bit_by_bit(world: World):
    whole = invoke(world.root, world.profiles["sonnet"])
    events = streamed(world.root, world.profiles["sonnet"])
    kinds = list(dict.fromkeys(event["type"] for event in events))
    assert kinds == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    text = "".join(event["delta"]["text"] for event in events if event["type"] == "content_block_delta")
    assert text == whole["content"][0]["text"]
    assert events[-1]["amazon-bedrock-invocationMetrics"]["inputTokenCount"] == whole["usage"]["input_tokens"]


def test_a_conversation_is_answered_in_bedrock_s_own_format(world: World):
    answer = world.root.converse(
        modelId=world.profiles["sonnet"], messages=said("Hello"), system=[{"text": "Be brief."}]
    )
    assert answer["stopReason"] == "end_turn"
    assert answer["output"]["message"]["role"] == "assistant"
    usage = answer["usage"]
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"]
    stream = world.root.converse_stream(
        modelId=world.profiles["sonnet"], messages=said("Hello"), system=[{"text": "Be brief."}]
    )["stream"]
    events = list(stream)
    deltas = [event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event]
    assert "".join(deltas) == answer["output"]["message"]["content"][0]["text"]
    assert events[-1]["metadata"]["usage"] == usage


def test_an_answer_ends_where_max_tokens_does(world: World):
    message = invoke(world.root, world.profiles["sonnet"], max_tokens=2)
    assert (message["stop_reason"], message["usage"]["output_tokens"]) == ("max_tokens", 2)
    assert len(message["content"][0]["text"]) == 8


@pytest.mark.parametrize(
    "model",
    [
        SONNET_MODEL,
        f"arn:aws:bedrock:us-east-1::foundation-model/{SONNET_MODEL}",
        f"global.{SONNET_MODEL}",
        ACCOUNT.bedrock(f"inference-profile/us.{SONNET_MODEL}"),
    ],
)
@OPERATIONS
def test_a_model_is_named_by_id_or_arn_of_itself_or_of_a_profile(world: World, operation: str, model: str):
    CALLS[operation](world.root, model)


def test_an_application_profile_may_be_named_by_its_id(world: World):
    invoke(world.root, world.profiles["sonnet"].rpartition("/")[2])


@pytest.mark.parametrize(
    "model",
    [
        "anthropic.claude-imagined",
        f"eu.{SONNET_MODEL}",
        f"arn:aws:bedrock:us-west-2::foundation-model/{SONNET_MODEL}",
        f"arn:aws:bedrock:us-east-1:{'1' * 12}:application-inference-profile/abc123def456",
    ],
)
@OPERATIONS
def test_what_names_no_model_is_refused(world: World, operation: str, model: str):
    code, status, message = refusal(lambda: CALLS[operation](world.root, model))
    assert (code, status) == ("ValidationException", 400)
    assert message == "The provided model identifier is invalid."


@OPERATIONS
def test_a_profile_that_is_gone_is_not_found(world: World, operation: str):
    world.client("bedrock").delete_inference_profile(inferenceProfileIdentifier=world.profiles["sonnet"])
    assert refusal(lambda: CALLS[operation](world.root, world.profiles["sonnet"]))[:2] == (
        "ResourceNotFoundException",
        404,
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"anthropic_version": None}, "anthropic_version: Field required"),
        ({"anthropic_version": "2023-06-01"}, "anthropic_version: Input should be 'bedrock-2023-05-31'"),
        ({"max_tokens": None}, "max_tokens: Field required"),
        ({"max_tokens": 0}, "max_tokens: Input should be greater than or equal to 1"),
        ({"max_tokens": "9"}, "max_tokens: Input should be a valid integer"),
        ({"messages": None}, "messages: Field required"),
        ({"messages": []}, "messages: at least one message is required"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages.0.role: Input should be 'user' or 'assistant'"),
        ({"messages": [{"role": "user", "content": 1}]}, "messages.0.content: Input should be"),
        ({"messages": [{"role": "user", "content": []}]}, "messages.0: all messages must have non-empty content"),
        ({"stream": True}, "stream: Extra inputs are not permitted"),
        ({"model": "x"}, "model: Extra inputs are not permitted"),
    ],
)
def test_a_malformed_message_is_refused(world: World, changes: dict[str, Any], words: str):
    code, status, message = refusal(lambda: invoke(world.root, world.profiles["sonnet"], **changes))
    assert (code, status) == ("ValidationException", 400)
    assert message.startswith(words)


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_a_body_that_is_no_object_is_refused(world: World, text: str):
    code, _, message = refusal(lambda: world.root.invoke_model(modelId=world.profiles["sonnet"], body=text))
    assert code == "ValidationException"
    assert message.startswith("Malformed input request: ")


def test_a_conversation_starts_with_a_user(world: World):
    messages = [{"role": "assistant", "content": [{"text": "Hello"}]}]
    code, _, message = refusal(lambda: world.root.converse(modelId=world.profiles["sonnet"], messages=messages))
    assert code == "ValidationException"
    assert message.startswith("A conversation must start with a user message.")


# Tokens


def test_a_test_may_say_how_many_tokens_a_call_costs(world: World):
    text = "Read this [tokens input=1200 output=300 cache_read=5000 cache_write=7]"
    assert invoke(world.root, world.profiles["sonnet"], text)["usage"] == {
        "input_tokens": 1200,
        "output_tokens": 300,
        "cache_read_input_tokens": 5000,
        "cache_creation_input_tokens": 7,
        "cache_creation": {"ephemeral_5m_input_tokens": 7, "ephemeral_1h_input_tokens": 0},
    }
    usage = world.root.converse(modelId=world.profiles["sonnet"], messages=said("[tokens output=9]"))["usage"]
    assert (usage["inputTokens"], usage["outputTokens"]) == (5, 9)


def remembered(text: str, ttl: str | None = None) -> dict[str, Any]:
    control = {"type": "ephemeral", **({"ttl": ttl} if ttl else {})}
    return {"type": "text", "text": text, "cache_control": control}


def counts(message: dict[str, Any]) -> tuple[int, int, int]:
    """(input, read, written)."""
    usage = message["usage"]
    return usage["input_tokens"], usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]


def test_a_later_message_may_be_the_systems_and_the_first_may_not(world: World):
    system, user = {"role": "system", "content": "Today is Monday."}, {"role": "user", "content": "hello"}

    def ask(*messages: dict[str, str]) -> Any:
        asked = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 16, "messages": messages}
        return world.root.invoke_model(modelId=world.profiles["sonnet"], body=json.dumps(asked))

    assert json.loads(ask(user, system)["body"].read())["role"] == "assistant"
    assert refusal(lambda: ask(system, user))[0] == "ValidationException"


def test_what_is_to_stay_for_an_hour_is_told_apart_in_the_answer_and_in_the_record(world: World):
    world.keep_records()
    system = [remembered("a" * 400, "1h"), remembered("b" * 80)]
    written = invoke(world.root, world.profiles["sonnet"], "q" * 8, system=system)["usage"]
    assert written["cache_creation"] == {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 100}
    [record] = world.records()
    assert record["input"]["cacheWriteInputTokenCount"] == 120
    assert record["input"]["cacheDetails"] == [{"ttl": "5m", "inputTokens": 20}, {"ttl": "1h", "inputTokens": 100}]


@pytest.mark.parametrize("spelled", [str.upper, lambda arn: arn.rpartition("/")[2]])
def test_a_profile_may_be_called_in_capitals_and_by_its_id_alone(world: World, spelled: Callable[[str], str]):
    assert world.root.invoke_model(modelId=spelled(world.profiles["sonnet"]), body=body("hello"))["contentType"]


def test_what_is_marked_is_written_to_the_cache_once_and_then_read(world: World):
    def ask(system: list[dict[str, Any]], model: str = "sonnet") -> tuple[int, int, int]:
        return counts(invoke(world.root, world.profiles[model], "q" * 8, system=system))

    first = [remembered("s" * 400)]
    assert ask(first) == (2, 0, 100)
    assert ask(first) == (2, 100, 0)
    assert ask([*first, remembered("t" * 40)]) == (2, 100, 10)
    assert ask([remembered("S" * 400)]) == (2, 0, 100)
    assert ask(first, "haiku") == (2, 0, 100)


def test_a_conversation_that_goes_on_reads_what_it_wrote(world: World):
    def ask(*texts: str) -> tuple[int, int, int]:
        *before, last = texts
        roles = ("user", "assistant")
        messages: list[dict[str, Any]] = [
            {"role": roles[number % 2], "content": text} for number, text in enumerate(before)
        ]
        messages.append({"role": "user", "content": [remembered(last)]})
        return counts(invoke(world.root, world.profiles["sonnet"], messages=messages))

    assert ask("a" * 40) == (0, 0, 10)
    assert ask("a" * 40, "b" * 40, "c" * 40) == (0, 10, 20)


def test_a_cache_point_marks_what_is_before_it(world: World):
    system = [{"text": "s" * 400}, {"cachePoint": {"type": "default"}}]

    def ask() -> tuple[int, int, int]:
        answer = world.root.converse(modelId=world.profiles["sonnet"], messages=said("q" * 8), system=system)
        usage = answer["usage"]
        return usage["inputTokens"], usage["cacheReadInputTokens"], usage["cacheWriteInputTokens"]

    assert (ask(), ask()) == ((2, 0, 100), (2, 100, 0))


# Who calls


@OPERATIONS
def test_a_member_invokes_through_the_cohort_s_profiles(world: World, operation: str):
    member = world.member()
    for profile in world.profiles.values():
        CALLS[operation](member, profile)


def test_a_key_that_nobody_has_is_not_recognized(world: World):
    keys = world.keys()
    own, token = keys["AccessKeyId"], keys["SessionToken"]
    for key, given in ((own, "another"), (own, None), ("ASIAIMAGINED", token), ("AKIAIMAGINED", None)):
        client = world.client("bedrock-runtime", key=key, aws_session_token=given)
        assert refusal(lambda client=client: invoke(client, world.profiles["sonnet"])) == (
            "UnrecognizedClientException",
            403,
            "The security token included in the request is invalid.",
        )


def test_a_session_ends(world: World):
    member, control = world.member(), world.member(service="bedrock")
    for session in sts_backends[ACCOUNT_ID]["aws"].assumed_roles:
        session.expiration -= timedelta(hours=1)
    for call in (
        lambda: invoke(member, world.profiles["sonnet"]),
        lambda: control.get_inference_profile(inferenceProfileIdentifier=world.profiles["sonnet"]),
    ):
        code, status, message = refusal(call)
        assert (code, status) == ("ExpiredTokenException", 403)
        assert message == "The security token included in the request is expired"


def post(world: World, path: str, **headers: str) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(world.aws.url.removeprefix("http://"))
    connection.request("POST", path, body=body(), headers=headers)
    answer = connection.getresponse()
    found = answer.status, json.load(answer)
    connection.close()
    return found


def test_a_call_that_nobody_signed_is_refused(world: World):
    path = f"/model/{quote(world.profiles['sonnet'], safe='')}/invoke"
    assert post(world, path)[1]["__type"] == "MissingAuthenticationTokenException"
    assert post(world, path, Authorization="Bearer bedrock-api-key-x")[0] == 403


@pytest.mark.parametrize("safe", ["", ":/"])
def test_an_arn_in_the_path_may_carry_its_slash_encoded_or_not(world: World, safe: str):
    credential = f"AWS4-HMAC-SHA256 Credential={AWS_KEY}/20261123/us-east-1/bedrock/aws4_request, Signature=-"
    path = f"/model/{quote(world.profiles['sonnet'], safe=safe)}/invoke"
    status, message = post(world, path, Authorization=credential)
    assert (status, message["type"]) == (200, "message")


# What IAM says


@OPERATIONS
def test_a_member_may_not_go_around_the_cohort_s_profiles(world: World, operation: str):
    member = world.member()
    action = f"bedrock:InvokeModel{'WithResponseStream' if 'Stream' in operation else ''}"
    for given, resource in (
        (SONNET_MODEL, f"arn:aws:bedrock:us-east-1::foundation-model/{SONNET_MODEL}"),
        (f"us.{SONNET_MODEL}", ACCOUNT.bedrock(f"inference-profile/us.{SONNET_MODEL}")),
        (ACCOUNT.bedrock("application-inference-profile/abc123def456"),) * 2,
    ):
        assert denied(lambda given=given: CALLS[operation](member, given)) == (
            f"User: {SESSION} is not authorized to perform: {action} on resource: {resource} "
            f"because no identity-based policy allows the {action} action"
        )


def test_a_call_needs_the_profile_and_the_model_in_every_region(world: World):
    member, profile = world.member(), world.profiles["haiku"]
    through = {"ArnEquals": {"bedrock:InferenceProfileArn": profile}}
    model = "foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0"
    world.allow({"Action": "bedrock:InvokeModel", "Resource": f"arn:aws:bedrock:*::{model}"})
    assert f"on resource: {profile} because" in denied(lambda: invoke(member, profile))
    regions = [f"arn:aws:bedrock:{region}::{model}" for region in ("us-east-1", "us-east-2")]
    world.allow(
        {"Action": "bedrock:InvokeModel", "Resource": profile},
        {"Action": "bedrock:InvokeModel", "Resource": regions, "Condition": through},
    )
    assert f"on resource: arn:aws:bedrock:us-west-2::{model} because" in denied(lambda: invoke(member, profile))


def test_a_global_profile_needs_the_model_without_a_region_too(world: World):
    member, profile = world.member(), world.profiles["sonnet"]
    world.allow(
        {
            "Action": "bedrock:InvokeModel",
            "Resource": [profile, f"arn:aws:bedrock:us-*::foundation-model/{SONNET_MODEL}"],
        }
    )
    assert f"on resource: arn:aws:bedrock:::foundation-model/{SONNET_MODEL} because" in denied(
        lambda: invoke(member, profile)
    )


def test_a_suspended_cohort_is_denied_at_once_and_may_come_back_with_new_sessions(world: World):
    member = world.member()
    since = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    incident = Incident(id="INC-1", since=since, reason="drill")
    world.put("stop", whole_stop(Cohort(level=Level.SUSPENDED, models=("haiku",), incident=incident)))
    assert denied(lambda: invoke(member, world.profiles["sonnet"])) == (
        f"User: {SESSION} is not authorized to perform: bedrock:InvokeModel on resource: {world.profiles['sonnet']} "
        "with an explicit deny in an identity-based policy"
    )
    resumed = Cohort(level=Level.ACTIVE, models=("haiku",), sessions_valid_from=since)
    world.put("stop", whole_stop(resumed))
    assert "with an explicit deny" in denied(lambda: invoke(member, world.profiles["sonnet"]))
    earlier = Cohort(level=Level.ACTIVE, models=("haiku",), sessions_valid_from=LONG_AGO)
    world.put("stop", whole_stop(earlier))
    invoke(member, world.profiles["sonnet"])


def test_single_members_are_stopped_by_their_session_s_name(world: World):
    incident = Incident(id="INC-1", since=LONG_AGO, reason="drill")
    members = {
        ALICE: Member(name="Alice", team="t", level=Level.SUSPENDED, incident=incident),
        GRACE: Member(name="Grace", team="t", level=Level.THROTTLED, incident=incident),
    }
    cohort = Cohort(level=Level.ACTIVE, models=("sonnet", "haiku"), members=members)
    haiku = {"haiku": MODELS["haiku"]}
    for number, document in enumerate(
        single_stops(cohort, {who: who for who in members}, ACCOUNT, haiku, world.profiles)
    ):
        world.attach(f"stop-{number}", document)
    alice, grace, carol = (world.member(who) for who in (ALICE, GRACE, "carol@acme.example"))
    for profile in world.profiles.values():
        assert "with an explicit deny" in denied(lambda profile=profile: invoke(alice, profile))
        invoke(carol, profile)
    invoke(grace, world.profiles["haiku"])
    assert "with an explicit deny" in denied(lambda: streamed(grace, world.profiles["sonnet"]))


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:RequestedRegion": "us-east-1"}},
        {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/claude-*"}},
        {"StringEquals": {"aws:PrincipalTag/team": "backend"}},
        {"StringEquals": {"aws:ResourceTag/cohort": "pilot"}},
        {"Null": {"aws:username": "true"}},
        {"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}},
        {"NumericGreaterThan": {"aws:EpochTime": "1700000000"}},
        {"StringEqualsIfExists": {"aws:PrincipalTag/shift": "night"}},
        {"ForAllValues:StringEquals": {"aws:CalledVia": ["x"]}},
    ],
)
def test_a_deny_may_ask_about_the_call(world: World, condition: dict[str, Any]):
    member = world.member(tags=(("PrincipalTag:team", "backend"),))
    world.deny(Action="bedrock:InvokeModel*", Condition=condition)
    assert "with an explicit deny" in denied(lambda: invoke(member, world.profiles["sonnet"]))


def test_an_operator_that_is_not_known_is_an_error_and_no_match(world: World):
    member = world.member()
    world.deny(Action="bedrock:InvokeModel", Condition={"BinaryEquals": {"aws:username": "QQ=="}})
    code, status, message = refusal(lambda: invoke(member, world.profiles["sonnet"]))
    assert (code, status) == ("NotImplemented", 501)
    assert "condition operator BinaryEquals" in message


def test_a_session_policy_and_a_boundary_only_take_away(world: World):
    nothing = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
    bounded = world.member(policy=nothing)
    assert "because no session policy allows" in denied(lambda: invoke(bounded, world.profiles["sonnet"]))
    member, iam = world.member(), world.client("iam")
    policy = iam.create_policy(PolicyName="boundary", PolicyDocument=nothing)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="claude-pilot", PermissionsBoundary=policy)
    assert "because no permissions boundary allows" in denied(lambda: invoke(member, world.profiles["sonnet"]))


def test_sessions_end_with_their_role_even_if_one_of_its_name_is_made_anew(world: World):
    member, iam = world.member(), world.client("iam")
    iam.delete_role_policy(RoleName="claude-pilot", PolicyName="invoke")
    iam.delete_role(RoleName="claude-pilot")
    assert refusal(lambda: invoke(member, world.profiles["sonnet"]))[0] == "UnrecognizedClientException"
    world.make_role()
    world.put("invoke", invoke_policy(ACCOUNT, MODELS, world.profiles))
    assert refusal(lambda: invoke(member, world.profiles["sonnet"]))[0] == "UnrecognizedClientException"
    invoke(world.member(), world.profiles["sonnet"])


def test_a_member_reads_the_cohort_s_profiles_and_lists_none(world: World):
    control = world.member(service="bedrock")
    control.get_inference_profile(inferenceProfileIdentifier=world.profiles["sonnet"])
    system = ACCOUNT.bedrock(f"inference-profile/us.{SONNET_MODEL}")
    assert f"bedrock:GetInferenceProfile on resource: {system} because" in denied(
        lambda: control.get_inference_profile(inferenceProfileIdentifier=f"us.{SONNET_MODEL}")
    )
    assert denied(lambda: control.list_inference_profiles(typeEquals="SYSTEM_DEFINED")) == (
        f"User: {SESSION} is not authorized to perform: bedrock:ListInferenceProfiles "
        "because no identity-based policy allows the bedrock:ListInferenceProfiles action"
    )
    world.deny(Action="*")
    assert world.member(service="sts").get_caller_identity()["Arn"] == SESSION


# What stays behind


def test_a_call_is_recorded_without_its_text(world: World):
    world.keep_records()
    member = world.member()
    profile = world.profiles["sonnet"]
    answer = member.invoke_model(
        modelId=profile, body=body("secret [tokens input=1200 output=300 cache_read=5000 cache_write=7]")
    )
    [record] = world.records()
    at = datetime.fromisoformat(record.pop("timestamp"))
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    assert record == {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "accountId": ACCOUNT_ID,
        "identity": {"arn": SESSION},
        "region": REGION,
        "requestId": answer["ResponseMetadata"]["RequestId"],
        "operation": "InvokeModel",
        "modelId": profile,
        "inferenceRegion": REGION,
        "input": {
            "inputContentType": "application/json",
            "inputTokenCount": 1200,
            "cacheReadInputTokenCount": 5000,
            "cacheWriteInputTokenCount": 7,
        },
        "output": {"outputContentType": "application/json", "outputTokenCount": 300},
    }


@OPERATIONS
def test_text_is_recorded_where_its_delivery_is_on(world: World, operation: str):
    world.keep_records(textDataDeliveryEnabled=True)
    CALLS[operation](world.root, SONNET_MODEL)
    [record] = world.records()
    assert record["operation"] == operation
    assert "Hello" in json.dumps(record["input"]["inputBodyJson"])
    assert "The sandbox read" in json.dumps(record["output"]["outputBodyJson"])
    assert record["identity"]["arn"] == ACCOUNT.iam("root")
    assert "inferenceRegion" not in record


def test_what_a_caller_says_of_a_request_is_recorded(world: World):
    world.keep_records()
    world.root.converse(modelId=SONNET_MODEL, messages=said("Hello"), requestMetadata={"ticket": "42"})
    world.root.invoke_model(modelId=SONNET_MODEL, body=body(), requestMetadata=json.dumps({"ticket": "43"}))
    assert [record["requestMetadata"] for record in world.records()] == [{"ticket": "42"}, {"ticket": "43"}]


def test_refused_bodies_are_recorded_and_refused_callers_are_not(world: World):
    world.keep_records()
    refusal(lambda: invoke(world.member(), SONNET_MODEL))
    assert world.records() == []
    refusal(lambda: invoke(world.root, world.profiles["sonnet"], max_tokens=0))
    [record] = world.records()
    assert record["errorCode"] == "ValidationException"
    assert "output" not in record


def test_calls_are_measured_by_the_last_part_of_what_they_name(world: World):
    world.keep_records()
    told = "[tokens input=1200 output=300 cache_read=5000 cache_write=7]"
    member, profile = world.member(), world.profiles["sonnet"]
    invoke(member, profile, told)
    streamed(member, profile, told)
    refusal(lambda: invoke(member, profile, max_tokens=0))
    assert world.metrics(profile.rpartition("/")[2]) == {
        "Invocations": 2,
        "InvocationLatency": 6400,
        "TimeToFirstToken": 200,
        "InputTokenCount": 2400,
        "OutputTokenCount": 600,
        "CacheReadInputTokens": 10000,
        "CacheWriteInputTokens": 14,
        "InvocationClientErrors": 1,
    }
    assert world.metrics("Across all model IDs") == {"ModelInvocationLogsCloudWatchDeliverySuccess": 3}


def test_calls_at_the_same_time_are_all_counted(world: World):
    world.keep_records()
    member, profile = world.member(), world.profiles["sonnet"]
    with ThreadPoolExecutor(8) as pool:
        system = [remembered("s" * 400)]
        calls = [pool.submit(invoke, member, profile, str(number), system=system) for number in range(40)]
        answers = [call.result() for call in calls]
    assert sorted(counts(answer)[2] for answer in answers)[-2:] == [0, 100]
    assert len({record["requestId"] for record in world.records()}) == 40
    assert world.metrics(profile.rpartition("/")[2])["Invocations"] == 40
    assert world.metrics("Across all model IDs") == {"ModelInvocationLogsCloudWatchDeliverySuccess": 40}


def test_a_record_that_cannot_be_delivered_is_counted_and_fails_no_call(world: World):
    world.keep_records()
    world.client("logs").delete_log_group(logGroupName=GROUP)
    invoke(world.member(), world.profiles["sonnet"])
    assert world.metrics("Across all model IDs") == {"ModelInvocationLogsCloudWatchDeliveryFailure": 1}


@OPERATIONS
def test_the_journal_names_the_operation_and_not_the_model(world: World, operation: str):
    world.aws.control("DELETE", "calls")
    CALLS[operation](world.root, world.profiles["sonnet"])
    [call] = world.aws.control("GET", "calls")
    assert (call["service"], call["operation"], call["status"]) == ("bedrock", operation, 200)


@OPERATIONS
def test_a_call_may_be_throttled_on_demand(world: World, operation: str):
    world.aws.control("POST", "faults", {"match": f"^{operation}$", "status": 429})
    assert refusal(lambda: CALLS[operation](world.root, world.profiles["sonnet"])) == (
        "ThrottlingException",
        429,
        "Too many requests, please wait before trying again.",
    )
    CALLS[operation](world.root, world.profiles["sonnet"])


def test_sessions_records_metrics_and_the_cache_survive_a_restart(tmp_path: Path, idp: IdentityProvider):
    system = [remembered("s" * 400)]
    with serving(tmp_path, idp.jwks) as aws:
        before = World(aws, idp).build()
        before.keep_records()
        keys = before.keys()
        invoke(before.root, before.profiles["sonnet"], system=system)
        before.put("stop", whole_stop(Cohort(level=Level.ACTIVE, models=("haiku",), sessions_valid_from=LONG_AGO)))
    with serving(tmp_path, idp.jwks) as aws:
        after = World(aws, idp)
        member = after.client("bedrock-runtime", key=keys["AccessKeyId"], aws_session_token=keys["SessionToken"])
        assert counts(invoke(member, before.profiles["sonnet"], system=system))[1:] == (100, 0)
        assert len(after.records()) == 2
        assert after.metrics(before.profiles["sonnet"].rpartition("/")[2])["Invocations"] == 2
