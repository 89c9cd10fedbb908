"""S3 buckets and what belongs to them behave as `pulumi-aws` has them, over the sandbox's AWS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import grpc
import pytest
from botocore.exceptions import ClientError

from sandbox.plugins.framework.values import UNKNOWN, Props
from sandbox.tests.cloud_harness import Cloud, check_identity, plugged
from sandbox.tests.plugins.plugin_harness import Engine, Refused, kinds, said

BUCKET = "aws:s3/bucket:Bucket"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
POLICY = "aws:s3/bucketPolicy:BucketPolicy"

STATES: Props = {"bucket": "acme-states"}
ARN = "arn:aws:s3:::acme-states"
ENABLED: Props = {**STATES, "versioningConfiguration": {"status": "Enabled"}}
PRIVATE: Props = {**STATES, "blockPublicAcls": True, "blockPublicPolicy": True}


def encrypted(algorithm: str = "aws:kms", **default: Any) -> Props:
    rule = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm, **default}, "bucketKeyEnabled": True}
    return {**STATES, "rules": [rule]}


def denies(**condition: Any) -> Props:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [ARN, f"{ARN}/*"]}
    statement |= {"Condition": condition} if condition else {}
    return {**STATES, "policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}


@pytest.fixture
def s3(cloud: Cloud) -> Any:
    return cloud.aws.client("s3")


REFUSED = [
    (BUCKET, {"bucket": "ab"}, "bucket needs at least 3 characters"),
    (BUCKET, {"bucket": "Acme-States"}, "bucket must be lower-case letters, digits, dots and hyphens: Acme-States"),
    (BUCKET, {"bucket": "acme..states"}, "bucket must not be a form that S3 reserves: acme..states"),
    (BUCKET, {"bucketPrefix": "a" * 38}, "bucketPrefix takes at most 37 characters"),
    (BUCKET, {"versioning": {"enabled": True}}, "versioning is beyond the stand-in plug-in"),
    (BUCKET, {"name": "acme"}, "name is not an input of this type"),
    (VERSIONING, STATES, "versioningConfiguration is required"),
    (VERSIONING, {**STATES, "versioningConfiguration": {"status": "On"}}, "status must be one of Enabled, Suspended"),
    (VERSIONING, {**STATES, "versioningConfiguration": {"enabled": True}}, "enabled is not an input of this type"),
    (ENCRYPTION, STATES, "rules is required"),
    (ENCRYPTION, {**STATES, "rules": []}, "rules needs at least 1 items"),
    (ENCRYPTION, encrypted("rot13"), "must be one of AES256, aws:fsx"),
    (BLOCK, {"blockPublicAcls": True}, "bucket is required"),
    (BLOCK, {**STATES, "blockPublicAcl": True}, "did you mean blockPublicAcls?"),
    (POLICY, {**STATES, "policy": "{"}, "policy is not JSON"),
]


@pytest.mark.parametrize(("token", "inputs", "reason"), REFUSED)
def test_values_the_provider_refuses_are_refused_before_any_call(
    planner: Engine, token: str, inputs: Props, reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        planner.check(token, "states", inputs)
    assert any(reason in f"{path} {said}" or reason in said for path, said in refused.value.failures.items())


IDENTITY = [
    (BUCKET, STATES, {"bucket": "other-states", "region": "eu-west-1"}, {"tags": {"a": "b"}}, True),
    (
        VERSIONING,
        ENABLED,
        {"bucket": "other-states", "versioningConfiguration": {"status": "Disabled"}},
        {"versioningConfiguration": {"status": "Suspended"}},
        False,
    ),
    (ENCRYPTION, encrypted(), {"bucket": "other-states"}, {"rules": encrypted("AES256")["rules"]}, False),
    (BLOCK, PRIVATE, {"bucket": "other-states"}, {"blockPublicAcls": False, "restrictPublicBuckets": True}, False),
    (POLICY, denies(), {"bucket": "other-states"}, {"policy": json.dumps({"Statement": []})}, False),
]


@pytest.mark.parametrize(("token", "inputs", "forcing", "updating", "delete_first"), IDENTITY)
def test_each_type_replaces_and_updates_as_the_provider_does(
    planner: Engine, token: str, inputs: Props, forcing: Props, updating: Props, delete_first: bool
) -> None:
    check_identity(planner, token, inputs, forcing=forcing, updating=updating, delete_first=delete_first)


def test_a_bucket_without_a_name_is_named_in_lower_case(planner: Engine) -> None:
    checked = planner.check(BUCKET, "States", {})
    assert checked["bucket"].startswith("states-")
    assert len(checked["bucket"]) == len("states-") + 7


def test_a_preview_knows_nothing_that_only_aws_can_tell(planner: Engine) -> None:
    shown = planner.preview(BUCKET, "states", STATES)
    assert shown["bucket"] == "acme-states"
    assert {"arn", "bucketRegionalDomainName"} <= {name for name, value in shown.items() if value is UNKNOWN}


def test_a_bucket_lives(engine: Engine, s3: Any) -> None:
    made = engine.create(BUCKET, "states", {**STATES, "tags": {"team": "a"}})
    assert made.id == made.outputs["bucket"] == "acme-states"
    assert made.outputs["arn"] == ARN
    assert made.outputs["bucketRegionalDomainName"] == "acme-states.s3.us-east-1.amazonaws.com"
    changed = engine.update(made, {**STATES, "tags": {"team": "b"}})
    assert s3.get_bucket_tagging(Bucket="acme-states")["TagSet"] == [{"Key": "team", "Value": "b"}]
    bare = engine.update(changed, STATES)
    assert bare.outputs["tagsAll"] == {}
    assert kinds(engine.changes(bare, STATES)) == {}
    imported = engine.import_(BUCKET, "states", "acme-states")
    assert imported
    assert kinds(engine.changes(imported, STATES)) == {}
    engine.delete(bare)
    engine.delete(bare)
    assert engine.refresh(bare) is None


def test_a_bucket_that_exists_is_an_error_although_its_region_would_not_say_so(engine: Engine) -> None:
    engine.create(BUCKET, "states", STATES)
    with pytest.raises(grpc.RpcError) as error:
        engine.create(BUCKET, "again", STATES)
    assert said(error.value) == "creating S3 Bucket (acme-states): BucketAlreadyExists"


def test_a_bucket_that_holds_something_is_not_deleted_unless_an_update_before_said_so(engine: Engine, s3: Any) -> None:
    made = engine.create(BUCKET, "states", STATES)
    engine.create(VERSIONING, "versions", ENABLED)
    s3.put_object(Bucket="acme-states", Key="a", Body=b"1")
    s3.delete_object(Bucket="acme-states", Key="a")  # a marker over a version: still not empty
    with pytest.raises(grpc.RpcError) as error:
        engine.delete(made)
    assert "DeleteBucket: BucketNotEmpty" in said(error.value)
    engine.delete(engine.update(made, {**STATES, "forceDestroy": True}))
    assert s3.list_buckets()["Buckets"] == []


def test_versions_are_suspended_and_never_forgotten(engine: Engine, s3: Any) -> None:
    engine.create(BUCKET, "states", STATES)
    made = engine.create(VERSIONING, "versions", ENABLED)
    assert made.id == "acme-states"
    assert made.outputs["versioningConfiguration"]["status"] == "Enabled"
    assert kinds(engine.changes(made, ENABLED)) == {}
    off = {**STATES, "versioningConfiguration": {"status": "Disabled"}}
    assert list(engine.changes(made, off).replaces) == ["versioningConfiguration"]
    engine.delete(made)
    assert s3.get_bucket_versioning(Bucket="acme-states")["Status"] == "Suspended"


def test_encryption_by_a_key_is_read_back_and_changed_in_place(engine: Engine, s3: Any) -> None:
    engine.create(BUCKET, "states", STATES)
    key = "arn:aws:kms:us-east-1:123456789012:key/1"
    made = engine.create(ENCRYPTION, "encryption", encrypted(kmsMasterKeyId=key))
    assert kinds(engine.changes(made, encrypted(kmsMasterKeyId=key))) == {}
    changed = engine.update(made, encrypted("AES256"))
    [rule] = s3.get_bucket_encryption(Bucket="acme-states")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert engine.import_(ENCRYPTION, "encryption", "acme-states")
    engine.delete(changed)
    assert engine.refresh(changed) is None


def test_what_is_public_is_refused_once_it_is_blocked(engine: Engine, s3: Any) -> None:
    engine.create(BUCKET, "states", STATES)
    block = engine.create(BLOCK, "private", PRIVATE)
    assert block.outputs["restrictPublicBuckets"] is False
    assert kinds(engine.changes(block, PRIVATE)) == {}
    public = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{ARN}/*"}]}
    with pytest.raises(grpc.RpcError) as error:
        engine.create(POLICY, "public", {**STATES, "policy": json.dumps(public)})
    assert "PutBucketPolicy: AccessDenied" in said(error.value)
    engine.delete(block)
    with pytest.raises(ClientError, match="NoSuchPublicAccessBlockConfiguration"):
        s3.get_public_access_block(Bucket="acme-states")


def test_a_policy_keeps_its_wording_and_its_conditions_count(engine: Engine, s3: Any) -> None:
    engine.create(BUCKET, "states", STATES)
    plain = denies(Bool={"aws:SecureTransport": "false"})
    made = engine.create(POLICY, "policy", plain)
    s3.put_object(Bucket="acme-states", Key="a", Body=b"1")
    assert s3.get_object(Bucket="acme-states", Key="a")["Body"].read() == b"1"
    refreshed = engine.refresh(made)
    assert refreshed
    assert kinds(engine.changes(refreshed, plain)) == {}
    engine.update(made, denies())
    with pytest.raises(ClientError, match="403"):
        s3.head_object(Bucket="acme-states", Key="a")
    engine.delete(made)
    assert engine.refresh(made) is None
    assert s3.get_object(Bucket="acme-states", Key="a")["Body"].read() == b"1"


def test_settings_of_a_bucket_that_is_gone_are_gone(engine: Engine, s3: Any) -> None:
    engine.create(BUCKET, "states", STATES)
    made = [
        engine.create(VERSIONING, "versions", ENABLED),
        engine.create(ENCRYPTION, "encryption", encrypted()),
        engine.create(BLOCK, "private", PRIVATE),
        engine.create(POLICY, "policy", denies(Bool={"aws:SecureTransport": "false"})),
    ]
    s3.delete_bucket(Bucket="acme-states")
    assert [engine.refresh(each) for each in made] == [None] * 4
    for each in made:
        engine.delete(each)


def test_a_bucket_and_what_is_in_it_survive_a_restart(tmp_path: Path) -> None:
    with plugged(tmp_path) as cloud:
        made = [
            cloud.engine.create(BUCKET, "states", STATES),
            cloud.engine.create(VERSIONING, "versions", ENABLED),
            cloud.engine.create(BLOCK, "private", PRIVATE),
        ]
        cloud.aws.client("s3").put_object(Bucket="acme-states", Key="a", Body=b"1")
    with plugged(tmp_path) as cloud:
        found = [cloud.engine.refresh(each) for each in made]
        assert cloud.aws.client("s3").get_object(Bucket="acme-states", Key="a")["Body"].read() == b"1"
    assert [each and each.outputs for each in found] == [each.outputs for each in made]
