"""The journal of the sandbox's AWS, its faults, and what stays across a restart."""

from __future__ import annotations

import json
import urllib.error
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import SandboxError
from sandbox.tests.aws.aws_api_harness import (
    INVOKE,
    OIDC_PROVIDER,
    SAML_CONDITION,
    SAML_PROVIDER,
    assume,
    create,
    fresh,
    refusal,
    trust_policy,
)
from sandbox.tests.aws_harness import Aws, serving
from sandbox.tests.identity_provider import ISSUER, IdentityProvider


def test_the_journal_names_calls_and_keeps_no_secrets(aws: Aws):
    aws.client("sts").get_caller_identity()
    aws.client("logs").create_log_group(logGroupName="/secret-name")
    aws.client("bedrock").list_inference_profiles()
    calls = aws.control("GET", "calls")
    assert [(call["service"], call["operation"], call["status"]) for call in calls] == [
        ("sts", "GetCallerIdentity", 200),
        ("logs", "CreateLogGroup", 200),
        ("bedrock", "GET /inference-profiles", 200),
    ]
    assert [call["n"] for call in calls] == [1, 2, 3]
    assert all(abs(call["at"] - datetime.now(UTC).timestamp()) < 60 for call in calls)
    assert "secret-name" not in json.dumps(calls)
    aws.control("DELETE", "calls")
    assert aws.control("GET", "calls") == []


@pytest.mark.parametrize(
    ("service", "call", "match", "code"),
    [
        ("iam", lambda client: client.list_roles(), "ListRoles", "AccessDenied"),
        ("logs", lambda client: client.describe_log_groups(), "DescribeLogGroups", "AccessDeniedException"),
        (
            "bedrock",
            lambda client: client.list_inference_profiles(),
            "GET /inference-profiles",
            "AccessDeniedException",
        ),
        ("s3", lambda client: client.list_buckets(), "GET /", "AccessDenied"),
    ],
)
def test_a_fault_speaks_the_protocol_of_its_service(
    aws: Aws, service: str, call: Callable[[Any], Any], match: str, code: str
):
    client = aws.client(service)
    aws.control("POST", "faults", {"match": match, "status": 403})
    assert refusal(lambda: call(client))[:2] == (code, 403)
    call(client)
    assert aws.control("GET", "faults") == []


def test_a_fault_may_strike_every_nth_call(aws: Aws):
    sts = aws.client("sts")
    aws.control("POST", "faults", {"match": "GetCallerIdentity", "status": 500, "every": 3})
    sts.get_caller_identity()
    sts.get_caller_identity()
    assert refusal(sts.get_caller_identity)[1] == 500
    sts.get_caller_identity()
    aws.control("DELETE", "faults")
    assert aws.control("GET", "faults") == []


def test_a_lost_answer_leaves_its_effect_behind(aws: Aws):
    bedrock = aws.client("bedrock")
    aws.control("POST", "faults", {"match": "POST /inference-profiles", "status": 503, "after": True, "code": "Busy"})
    assert refusal(lambda: create(bedrock))[:2] == ("Busy", 503)
    assert refusal(lambda: create(bedrock))[0] == "ConflictException"


@pytest.mark.parametrize(
    "fault",
    [
        {"match": "x"},
        {"match": "(", "status": 500},
        {"match": "x", "status": 200},
        {"match": "x", "status": 500, "times": 1, "every": 2},
        {"match": "x", "status": 500, "times": 0},
        {"match": "x", "status": 500, "typo": 1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(aws: Aws, fault: dict[str, Any]):
    with pytest.raises(urllib.error.HTTPError, match="400") as caught:
        aws.control("POST", "faults", fault)
    caught.value.close()
    assert aws.control("GET", "faults") == []


def test_identity_logs_profiles_and_sessions_survive_a_restart(tmp_path: Path, idp: IdentityProvider):
    with serving(tmp_path, idp.jwks) as aws:
        iam, logs, bedrock = aws.client("iam"), aws.client("logs"), aws.client("bedrock")
        iam.create_saml_provider(Name="Okta", SAMLMetadataDocument=idp.metadata)
        iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=["0oaClient"])
        document = trust_policy(SAML_PROVIDER, "sts:AssumeRoleWithSAML", SAML_CONDITION)
        iam.create_role(RoleName="claude-pilot", AssumeRolePolicyDocument=document)
        iam.put_role_policy(RoleName="claude-pilot", PolicyName="invoke", PolicyDocument=INVOKE)
        policy = "arn:aws:iam::aws:policy/ReadOnlyAccess"
        iam.attach_role_policy(RoleName="claude-pilot", PolicyArn=policy)
        logs.create_log_group(logGroupName="/claude-code/pilot")
        logs.put_retention_policy(logGroupName="/claude-code/pilot", retentionInDays=365)
        logs.create_log_stream(logGroupName="/claude-code/pilot", logStreamName="s")
        at = int(datetime.now(UTC).timestamp() * 1000)
        event = {"timestamp": at, "message": "hello"}
        logs.put_log_events(logGroupName="/claude-code/pilot", logStreamName="s", logEvents=[event])
        arn = create(bedrock, tags=[{"key": "cohort", "value": "pilot"}])
        session = assume(aws, idp.response(fresh()))
        before = iam.get_role(RoleName="claude-pilot")["Role"]
    with serving(tmp_path, idp.jwks) as aws:
        iam, logs, bedrock = aws.client("iam"), aws.client("logs"), aws.client("bedrock")
        after = iam.get_role(RoleName="claude-pilot")["Role"]
        assert {**after, "RoleLastUsed": None} == {**before, "RoleLastUsed": None}
        assert iam.list_role_policies(RoleName="claude-pilot")["PolicyNames"] == ["invoke"]
        attached = iam.list_attached_role_policies(RoleName="claude-pilot")["AttachedPolicies"]
        assert [item["PolicyArn"] for item in attached] == [policy]
        assert iam.get_policy(PolicyArn=policy)["Policy"]["AttachmentCount"] == 1
        assert iam.get_saml_provider(SAMLProviderArn=SAML_PROVIDER)["SAMLMetadataDocument"] == idp.metadata
        assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=OIDC_PROVIDER)["ClientIDList"] == ["0oaClient"]
        assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 365
        events = logs.get_log_events(logGroupName="/claude-code/pilot", logStreamName="s")["events"]
        assert [item["message"] for item in events] == ["hello"]
        assert bedrock.get_inference_profile(inferenceProfileIdentifier=arn)["inferenceProfileName"] == "pilot-sonnet"
        assert bedrock.list_tags_for_resource(resourceARN=arn)["tags"] == [{"key": "cohort", "value": "pilot"}]
        key = session["Credentials"]["AccessKeyId"]
        assert aws.client("sts", key=key).get_caller_identity()["Arn"] == session["AssumedRoleUser"]["Arn"]
        assume(aws, idp.response(fresh()))


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_a_damaged_snapshot_names_the_file_and_the_remedy(tmp_path: Path, idp: IdentityProvider, damage: bytes | None):
    with serving(tmp_path, idp.jwks) as aws:
        aws.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust_policy(SAML_PROVIDER, "sts:*", None))
    path = tmp_path / "aws" / "iam.snapshot"
    path.write_bytes(path.read_bytes()[:-1] if damage is None else damage)
    with pytest.raises(SandboxError) as caught, serving(tmp_path, idp.jwks):
        pass
    assert str(path) in str(caught.value)
    assert "Delete it to start iam empty" in str(caught.value)
    assert path.exists()


def test_state_is_never_read_from_a_folder_that_others_may_write_to(tmp_path: Path, idp: IdentityProvider):
    (tmp_path / "aws").mkdir(mode=0o777)
    (tmp_path / "aws").chmod(0o777)
    with pytest.raises(SandboxError, match="chmod 700"), serving(tmp_path, idp.jwks):
        pass
