"""KMS keys and aliases behave as `pulumi-aws` has them, over the sandbox's AWS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import grpc
import pytest
from botocore.exceptions import ClientError

from sandbox.plugins.framework.values import UNKNOWN, Props
from sandbox.tests.cloud_harness import ACCOUNT, Cloud, check_identity, plugged
from sandbox.tests.plugins.plugin_harness import Engine, Refused, kinds, said

KEY = "aws:kms/key:Key"
ALIAS = "aws:kms/alias:Alias"

STATES: Props = {"description": "States", "enableKeyRotation": True, "deletionWindowInDays": 7}


@pytest.fixture
def kms(cloud: Cloud) -> Any:
    return cloud.aws.client("kms")


REFUSED = [
    (KEY, {"deletionWindowInDays": 6}, "must be from 7 to 30: 6"),
    (KEY, {"deletionWindowInDays": 31}, "must be from 7 to 30: 31"),
    (KEY, {"enableKeyRotation": True, "rotationPeriodInDays": 30}, "must be from 90 to 2560: 30"),
    (KEY, {"rotationPeriodInDays": 90}, "needs enableKeyRotation"),
    (KEY, {"keyUsage": "SIGN"}, "must be one of SIGN_VERIFY"),
    (KEY, {"policy": "{"}, "is not JSON"),
    (KEY, {"customKeyStoreId": "cks-1"}, "is beyond the stand-in plug-in"),
    (ALIAS, {"name": "alias/states"}, "is required"),
    (ALIAS, {"name": "states", "targetKeyId": "1"}, "must be alias/ and letters"),
    (ALIAS, {"name": "alias/aws/s3", "targetKeyId": "1"}, "must not begin with alias/aws/"),
]


@pytest.mark.parametrize(("token", "inputs", "reason"), REFUSED)
def test_values_the_provider_refuses_are_refused_before_any_call(
    planner: Engine, token: str, inputs: Props, reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        planner.check(token, "states", inputs)
    assert any(reason in failure for failure in refused.value.failures.values())


IDENTITY = [
    (
        KEY,
        STATES,
        {"keyUsage": "SIGN_VERIFY", "customerMasterKeySpec": "RSA_2048", "multiRegion": True, "region": "eu-west-1"},
        {"description": "d", "enableKeyRotation": False, "isEnabled": False, "rotationPeriodInDays": 90},
        False,
    ),
    (ALIAS, {"name": "alias/a", "targetKeyId": "1"}, {"name": "alias/b"}, {"targetKeyId": "2"}, True),
]


@pytest.mark.parametrize(("token", "inputs", "forcing", "updating", "delete_first"), IDENTITY)
def test_each_type_replaces_and_updates_as_in_the_identity_table(
    planner: Engine, token: str, inputs: Props, forcing: Props, updating: Props, delete_first: bool
) -> None:
    check_identity(planner, token, inputs, forcing=forcing, updating=updating, delete_first=delete_first)


def test_a_preview_knows_nothing_that_only_aws_can_tell(planner: Engine) -> None:
    shown = planner.preview(KEY, "states", STATES)
    assert {"arn", "keyId", "policy"} <= {name for name, value in shown.items() if value is UNKNOWN}
    assert planner.check(ALIAS, "states", {"targetKeyId": "1"})["name"].startswith("alias/states-")


def test_a_key_lives(engine: Engine, kms: Any) -> None:
    made = engine.create(KEY, "states", {**STATES, "tags": {"team": "a"}})
    assert made.id == made.outputs["keyId"]
    assert made.outputs["arn"] == f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{made.id}"
    assert made.outputs["rotationPeriodInDays"] == 365
    assert json.loads(made.outputs["policy"])["Statement"][0]["Action"] == "kms:*"
    assert kinds(engine.changes(made, {**STATES, "tags": {"team": "a"}})) == {}
    changed = engine.update(made, {**STATES, "rotationPeriodInDays": 90, "isEnabled": False, "tags": {"team": "b"}})
    assert kms.get_key_rotation_status(KeyId=made.id)["RotationPeriodInDays"] == 90
    assert kms.list_resource_tags(KeyId=made.id)["Tags"] == [{"TagKey": "team", "TagValue": "b"}]
    with pytest.raises(ClientError, match="DisabledException"):
        kms.encrypt(KeyId=made.id, Plaintext=b"x")
    back = engine.update(changed, {"description": "Other", "deletionWindowInDays": 7})
    assert back.outputs["enableKeyRotation"] is False
    assert kms.decrypt(CiphertextBlob=kms.encrypt(KeyId=made.id, Plaintext=b"x")["CiphertextBlob"])["Plaintext"] == b"x"
    imported = engine.import_(KEY, "states", made.id)
    assert imported
    assert kinds(engine.changes(imported, {"description": "Other"})) == {}


def test_a_deleted_key_waits_for_the_days_of_its_window_and_is_of_no_use(engine: Engine, kms: Any) -> None:
    made = engine.create(KEY, "states", STATES)
    hidden = kms.encrypt(KeyId=made.id, Plaintext=b"x")["CiphertextBlob"]
    engine.delete(made)
    engine.delete(made)
    assert engine.refresh(made) is None
    metadata = kms.describe_key(KeyId=made.id)["KeyMetadata"]
    assert metadata["KeyState"] == "PendingDeletion"
    for use in (
        lambda: kms.decrypt(CiphertextBlob=hidden),
        lambda: kms.generate_data_key(KeyId=made.id, KeySpec="AES_256"),
        lambda: kms.create_alias(AliasName="alias/states", TargetKeyId=made.id),
        lambda: kms.enable_key_rotation(KeyId=made.id),
    ):
        with pytest.raises(ClientError, match="is pending deletion"):
            use()
    kms.cancel_key_deletion(KeyId=made.id)
    kms.enable_key(KeyId=made.id)
    assert kms.decrypt(CiphertextBlob=hidden)["Plaintext"] == b"x"
    assert engine.refresh(made)


def test_a_window_that_kms_does_not_have_is_refused_by_kms_too(engine: Engine, kms: Any) -> None:
    made = engine.create(KEY, "states", STATES)
    with pytest.raises(ClientError, match="ValidationException"):
        kms.schedule_key_deletion(KeyId=made.id, PendingWindowInDays=3)


def test_an_alias_is_moved_to_another_key_in_place(engine: Engine, kms: Any) -> None:
    one, two = engine.create(KEY, "one", STATES), engine.create(KEY, "two", STATES)
    made = engine.create(ALIAS, "states", {"name": "alias/states", "targetKeyId": one.id})
    assert made.id == "alias/states"
    assert made.outputs["targetKeyArn"] == one.outputs["arn"]
    by_arn = {"name": "alias/states", "targetKeyId": one.outputs["arn"]}
    assert kinds(engine.changes(made, by_arn)) == {}, "an ARN says the same as its id"
    moved = engine.update(made, {"name": "alias/states", "targetKeyId": two.id})
    assert moved.outputs["targetKeyArn"] == two.outputs["arn"]
    assert kms.describe_key(KeyId="alias/states")["KeyMetadata"]["KeyId"] == two.id
    assert engine.import_(ALIAS, "states", "alias/states")
    with pytest.raises(grpc.RpcError) as error:
        engine.create(ALIAS, "again", {"name": "alias/states", "targetKeyId": one.id})
    assert "CreateAlias: AlreadyExistsException" in said(error.value)
    engine.delete(moved)
    engine.delete(moved)
    assert engine.refresh(moved) is None


def test_a_key_and_what_it_encrypted_survive_a_restart(tmp_path: Path) -> None:
    with plugged(tmp_path) as cloud:
        made = cloud.engine.create(KEY, "states", {**STATES, "rotationPeriodInDays": 90})
        alias = cloud.engine.create(ALIAS, "states", {"name": "alias/states", "targetKeyId": made.id})
        hidden = cloud.aws.client("kms").encrypt(KeyId="alias/states", Plaintext=b"x")["CiphertextBlob"]
    with plugged(tmp_path) as cloud:
        found = [cloud.engine.refresh(each) for each in (made, alias)]
        assert cloud.aws.client("kms").decrypt(CiphertextBlob=hidden)["Plaintext"] == b"x"
    assert [each and each.outputs for each in found] == [made.outputs, alias.outputs]
