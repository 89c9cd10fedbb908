"""Secrets and their versions behave as `pulumi-aws` has them, over the sandbox's AWS."""

from __future__ import annotations

import base64
import json
from typing import Any

import grpc
import pytest
from botocore.exceptions import ClientError

from sandbox.plugins.framework.values import UNKNOWN, Props, Secret
from sandbox.tests.cloud_harness import ACCOUNT, Cloud, check_identity, plugged
from sandbox.tests.plugins.plugin_harness import Refused, kinds, said

SECRET = "aws:secretsmanager/secret:Secret"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"

TOKEN: Props = {"name": "claude-code/jamf", "description": "Jamf"}
POLICY: Props = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
        }
    ],
}


@pytest.fixture
def manager(cloud: Cloud) -> Any:
    return cloud.aws.client("secretsmanager")


REFUSED = [
    (SECRET, {"name": "a b"}, "name must have only letters, digits and /_+=.@-: a b"),
    (SECRET, {"name": "a" * 513}, "name takes at most 512"),
    (SECRET, {"description": "a" * 2049}, "description takes at most 2048"),
    (SECRET, {"policy": "{"}, "policy is not JSON"),
    (SECRET, {"recoveryWindowInDays": 5}, "recoveryWindowInDays must be 0 or from 7 to 30: 5"),
    (SECRET, {"replicas": [{"region": "eu-west-1"}]}, "replicas is beyond the stand-in plug-in"),
    (SECRET, {"type": "x"}, "type is beyond the stand-in plug-in"),
    (VERSION, {"secretString": "x"}, "secretId is required"),
    (VERSION, {"secretId": "x", "secretString": "x", "secretBinary": "eA=="}, "secretString conflicts with secretBinary"),
    (VERSION, {"secretId": "x", "secretBinary": "not base64"}, "secretBinary is not base64"),
    (VERSION, {"secretId": "x", "secretStringWo": "x"}, "secretStringWo is beyond the stand-in plug-in"),
    (VERSION, {"secretId": "x", "value": "x"}, "value is not an input of this type"),
]  # fmt: skip


@pytest.mark.parametrize(("token", "inputs", "reason"), REFUSED)
def test_values_the_provider_refuses_are_refused_before_any_call(planner, token, inputs, reason):
    with pytest.raises(Refused) as refused:
        planner.check(token, "jamf", inputs)

    assert any(reason in failure for failure in refused.value.failures.values())


IDENTITY = [
    (
        SECRET,
        TOKEN,
        {"name": "other", "region": "eu-west-1"},
        {"description": "d", "kmsKeyId": "alias/x", "policy": json.dumps(POLICY), "recoveryWindowInDays": 7},
        True,
    ),
    (
        VERSION,
        {"secretId": "a", "secretString": "x"},
        {"secretId": "b", "secretString": "y"},
        {"versionStages": ["AWSCURRENT", "BLUE"]},
        False,
    ),
]


@pytest.mark.parametrize(("token", "inputs", "forcing", "updating", "delete_first"), IDENTITY)
def test_each_type_replaces_and_updates_as_in_the_identity_table(
    planner, token, inputs, forcing, updating, delete_first
):
    check_identity(planner, token, inputs, forcing=forcing, updating=updating, delete_first=delete_first)


def test_a_preview_knows_nothing_that_only_aws_can_tell(planner):
    secret = planner.preview(SECRET, "jamf", TOKEN)
    version = planner.preview(VERSION, "jamf", {"secretId": UNKNOWN, "secretString": "x"})

    assert {name for name, value in secret.items() if value is UNKNOWN} == {"arn", "policy"}
    assert secret["recoveryWindowInDays"] == 30
    assert {name for name, value in version.items() if value is UNKNOWN} == {
        *("arn", "secretArn", "secretId", "versionId", "versionStages", "hasSecretStringWo"),
    }
    assert version["secretString"] == Secret("x"), "secret although the user did not say so"


def test_a_secret_lives(engine, manager):
    created = engine.create(SECRET, "jamf", TOKEN | {"tags": {"team": "a"}})
    updated = engine.update(created, {"name": TOKEN["name"], "policy": json.dumps(POLICY), "tags": {"team": "b"}})

    assert created.id == created.outputs["arn"]
    assert created.id.startswith(f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:claude-code/jamf-")
    assert created.outputs["policy"] == ""
    assert updated.outputs["description"] == ""
    assert json.loads(updated.outputs["policy"]) == POLICY
    found = manager.describe_secret(SecretId=created.id)
    assert found["Tags"] == [{"Key": "team", "Value": "b"}]
    kept = engine.update(updated, TOKEN)
    assert json.loads(kept.outputs["policy"]) == POLICY, "a policy that is not given is somebody else's"
    bare = engine.update(kept, TOKEN | {"policy": "{}"})
    assert "ResourcePolicy" not in manager.get_resource_policy(SecretId=created.id)
    imported = engine.import_(SECRET, "jamf", created.id)
    assert imported
    assert kinds(engine.changes(imported, TOKEN)) == {"recoveryWindowInDays": "ADD"}
    assert kinds(engine.changes(bare, TOKEN)) == {}


def test_a_deleted_secret_keeps_its_name_for_the_days_of_its_window(engine, manager):
    created = engine.create(SECRET, "jamf", TOKEN | {"recoveryWindowInDays": 7})
    engine.delete(created)

    assert engine.refresh(created) is None
    with pytest.raises(grpc.RpcError) as error:
        engine.create(SECRET, "jamf", TOKEN)
    assert said(error.value) == (
        "CreateSecret: InvalidRequestException: You can't create this secret because a secret with this name is "
        "already scheduled for deletion."
    )
    manager.restore_secret(SecretId=created.id)
    assert engine.refresh(created)


def test_a_secret_without_a_window_is_gone_at_once(engine, manager):
    created = engine.create(SECRET, "jamf", TOKEN | {"recoveryWindowInDays": 0})
    engine.delete(created)
    engine.delete(created)

    assert manager.list_secrets(IncludePlannedDeletion=True)["SecretList"] == []
    assert engine.create(SECRET, "jamf", TOKEN).id != created.id


def test_a_secret_that_exists_is_an_error_with_the_words_of_aws(engine):
    engine.create(SECRET, "jamf", TOKEN)

    with pytest.raises(grpc.RpcError) as error:
        engine.create(SECRET, "again", TOKEN)

    assert said(error.value) == (
        "CreateSecret: ResourceExistsException: The operation failed because the secret claude-code/jamf already exists."
    )


def test_a_policy_that_is_none_is_refused_and_the_secret_stays_in_state(engine, manager):
    with pytest.raises(grpc.RpcError) as error:
        engine.create(SECRET, "jamf", TOKEN | {"policy": '{"Statement":3}'})

    assert "PutResourcePolicy: MalformedPolicyDocumentException" in said(error.value)
    assert len(manager.list_secrets()["SecretList"]) == 1


def test_a_version_lives_and_its_value_is_secret_everywhere(engine, manager):
    secret = engine.create(SECRET, "jamf", TOKEN)
    created = engine.create(VERSION, "jamf", {"secretId": secret.id, "secretString": "s3cret"})

    assert created.id == f"{secret.id}|{created.outputs['versionId']}"
    assert created.outputs["secretString"] == Secret("s3cret")
    assert created.outputs["versionStages"] == ["AWSCURRENT"]
    assert created.outputs["arn"] == created.outputs["secretArn"] == secret.id
    refreshed = engine.refresh(created)
    assert refreshed
    assert refreshed.outputs["secretString"] == Secret("s3cret")
    assert kinds(engine.changes(refreshed, {"secretId": secret.id, "secretString": "s3cret"})) == {}
    assert engine.import_(VERSION, "jamf", created.id)
    engine.delete(created)
    assert manager.get_secret_value(SecretId=secret.id)["SecretString"] == "s3cret", "the value stays"


def test_a_new_value_is_a_new_version_and_the_old_one_is_kept_as_the_previous(engine, manager):
    secret = engine.create(SECRET, "jamf", TOKEN)
    old = engine.create(VERSION, "jamf", {"secretId": secret.id, "secretString": "one"})
    assert list(engine.changes(old, {"secretId": secret.id, "secretString": "two"}).replaces) == ["secretString"]

    engine.create(VERSION, "jamf", {"secretId": secret.id, "secretString": "two"})
    engine.delete(old)

    assert manager.get_secret_value(SecretId=secret.id)["SecretString"] == "two"
    assert manager.get_secret_value(SecretId=secret.id, VersionStage="AWSPREVIOUS")["SecretString"] == "one"


def test_labels_move_between_versions(engine, manager):
    secret = engine.create(SECRET, "jamf", TOKEN)
    one: Props = {"secretId": secret.id, "secretString": "one"}
    first = engine.create(VERSION, "one", one)
    second = engine.create(VERSION, "two", {"secretId": secret.id, "secretString": "two", "versionStages": ["BLUE"]})

    assert manager.get_secret_value(SecretId=secret.id)["SecretString"] == "one"
    moved = engine.update(second, {"secretId": secret.id, "secretString": "two", "versionStages": ["AWSCURRENT"]})
    assert sorted(moved.outputs["versionStages"]) == ["AWSCURRENT"]
    assert manager.get_secret_value(SecretId=secret.id)["SecretString"] == "two"
    engine.update(first, one | {"versionStages": ["AWSCURRENT", "NEW"]})
    with pytest.raises(grpc.RpcError) as error:
        engine.update(moved, {"secretId": secret.id, "secretString": "two", "versionStages": ["NEW"]})
    assert "Staging label NEW is currently attached" in said(error.value)


def test_a_binary_value_is_base64_on_both_ways(engine):
    secret = engine.create(SECRET, "jamf", TOKEN)
    encoded = base64.b64encode(b"\x00\xff").decode()

    created = engine.create(VERSION, "jamf", {"secretId": secret.id, "secretBinary": encoded})

    assert created.outputs["secretBinary"] == Secret(encoded)
    assert engine.refresh(created).outputs == created.outputs


def test_versions_of_a_deleted_secret_are_gone_too(engine, manager):
    secret = engine.create(SECRET, "jamf", TOKEN)
    version = engine.create(VERSION, "jamf", {"secretId": secret.id, "secretString": "x"})
    manager.delete_secret(SecretId=secret.id, RecoveryWindowInDays=7)

    assert engine.refresh(version) is None
    engine.delete(version)
    with pytest.raises(ClientError, match="marked for deletion"):
        manager.put_secret_value(SecretId=secret.id, SecretString="y")


def test_secrets_survive_a_restart(tmp_path):
    with plugged(tmp_path) as cloud:
        secret = cloud.engine.create(SECRET, "jamf", TOKEN)
        version = cloud.engine.create(VERSION, "jamf", {"secretId": secret.id, "secretString": "x"})
    with plugged(tmp_path) as cloud:
        found = [cloud.engine.refresh(resource) for resource in (secret, version)]

    assert [resource and resource.outputs for resource in found] == [secret.outputs, version.outputs]
