"""The sandbox's Bedrock runtime: who may invoke what."""

from __future__ import annotations

import http.client
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from moto.sts.models import sts_backends

from rollout.access.documents import invoke_policy
from rollout.levels import Level
from rollout.model.cohort import Cohort, Incident, Member
from sandbox.settings import ACCOUNT_ID, AWS_KEY
from tests.cut_documents import single_stops, whole_stop
from tests.with_sandbox.cohort import (
    ACCOUNT,
    ALICE,
    CALLS,
    GRACE,
    LONG_AGO,
    MODELS,
    OPERATIONS,
    SESSION,
    SONNET_MODEL,
    World,
    body,
    denied,
    invoke,
    refusal,
    streamed,
)

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
