"""The life of each type of IAM and of log groups."""

from __future__ import annotations

import json
from typing import Any

import grpc
import pytest

from sandbox.plugins.aws.client import Aws
from sandbox.plugins.aws.resources import iam_providers
from sandbox.plugins.aws.resources.logs import log_groups
from sandbox.plugins.framework.entry import Call
from sandbox.plugins.framework.values import Secret
from sandbox.tests.plugins.aws.aws_plugin_harness import (
    ALLOW,
    ATTACHMENT,
    CREDENTIALS,
    LOG_GROUP,
    METADATA,
    OIDC,
    POLICY,
    ROLE,
    ROLE_POLICY,
    SAML,
    TRUST,
    client,
    client_error,
    role,
)
from sandbox.tests.plugins.plugin_harness import details, kinds, said


def test_a_role_lives(engine):
    created = engine.create(ROLE, "pilot", role(assumeRolePolicy=TRUST))
    updated = engine.update(created, role(description="d", maxSessionDuration=7200))
    imported = engine.import_(ROLE, "pilot", "pilot")

    assert created.outputs["arn"] == "arn:aws:iam::123456789012:role/pilot"
    assert json.loads(created.outputs["assumeRolePolicy"]) == TRUST
    assert updated.outputs["maxSessionDuration"] == 7200
    assert imported
    assert imported.inputs["description"] == "d"
    assert kinds(engine.changes(imported, role(description="d", maxSessionDuration=7200))) == {}
    engine.delete(updated)
    engine.delete(updated)
    assert engine.refresh(updated) is None


def test_a_role_that_exists_is_an_error_with_the_words_of_aws(engine):
    engine.create(ROLE, "pilot", role())

    with pytest.raises(grpc.RpcError) as error:
        engine.create(ROLE, "other", role())

    assert said(error.value) == "CreateRole: EntityAlreadyExists: Role with name pilot already exists."


def test_attachments_made_by_others_show_in_the_role_without_a_difference(engine):
    created = engine.create(ROLE, "pilot", role())
    policy = engine.create(POLICY, "p", {"name": "p", "policy": ALLOW})
    attachment = engine.create(ATTACHMENT, "a", {"role": "pilot", "policyArn": policy.id})

    refreshed = engine.refresh(created)

    assert refreshed
    assert refreshed.outputs["managedPolicyArns"] == [policy.id]
    assert kinds(engine.changes(refreshed, role())) == {}
    assert engine.import_(ATTACHMENT, "a", attachment.id)
    engine.delete(attachment)
    assert engine.refresh(attachment) is None


def test_a_role_with_foreign_policies_cannot_be_deleted_before_they_are_known(engine, moto):
    created = engine.create(ROLE, "pilot", role())
    policy = engine.create(POLICY, "p", {"name": "p", "policy": ALLOW})
    client("iam", moto).attach_role_policy(RoleName="pilot", PolicyArn=policy.id)

    with pytest.raises(grpc.RpcError) as error:
        engine.delete(created)
    refreshed = engine.refresh(created)
    assert refreshed
    engine.delete(refreshed)

    assert "DeleteConflict" in said(error.value)
    assert engine.refresh(created) is None


def test_a_role_whose_inline_policy_is_refused_is_not_left_behind(engine, moto):
    broken = [{"name": "p", "policy": '{"Statement":[{"Effect":"Maybe"}]}'}]

    with pytest.raises(grpc.RpcError) as error:
        engine.create(ROLE, "pilot", role(inlinePolicies=broken))

    assert "MalformedPolicyDocument" in said(error.value)
    assert client("iam", moto).list_roles()["Roles"] == []


def test_policy_text_that_says_the_same_keeps_its_wording(engine, moto):
    created = engine.create(POLICY, "p", {"name": "p", "policy": ALLOW})
    reordered = {"Version": "2012-10-17", "Statement": [ALLOW["Statement"][0] | {"Resource": ["*"]}]}
    client("iam", moto).create_policy_version(
        PolicyArn=created.id, PolicyDocument=json.dumps(reordered), SetAsDefault=True
    )

    refreshed = engine.refresh(created)

    assert refreshed
    assert refreshed.outputs["policy"] == created.outputs["policy"]
    assert kinds(engine.changes(refreshed, {"name": "p", "policy": reordered})) == {}


def test_drift_shows_on_refresh_and_is_undone_by_the_next_update(engine, moto):
    created = engine.create(POLICY, "p", {"name": "p", "policy": ALLOW})
    client("iam", moto).create_policy_version(
        PolicyArn=created.id, PolicyDocument=json.dumps(ALLOW).replace("Allow", "Deny"), SetAsDefault=True
    )

    refreshed = engine.refresh(created)

    assert refreshed
    assert "Deny" in refreshed.outputs["policy"]
    assert kinds(engine.changes(refreshed, {"name": "p", "policy": ALLOW})) == {"policy": "UPDATE"}


def test_the_oldest_of_five_policy_versions_makes_room(engine, moto):
    policy = engine.create(POLICY, "p", {"name": "p", "policy": ALLOW})

    for number in range(6):
        document = ALLOW | {"Statement": [ALLOW["Statement"][0] | {"Sid": f"s{number}"}]}
        policy = engine.update(policy, {"name": "p", "policy": document})

    versions = client("iam", moto).list_policy_versions(PolicyArn=policy.id)["Versions"]
    assert sorted(version["VersionId"] for version in versions) == ["v3", "v4", "v5", "v6", "v7"]
    engine.delete(policy)
    assert engine.refresh(policy) is None


def test_a_roles_own_policy_lives(engine):
    engine.create(ROLE, "pilot", role())
    created = engine.create(ROLE_POLICY, "p", {"name": "p", "role": "pilot", "policy": ALLOW})

    assert created.id == "pilot:p"
    assert created.outputs["policy"].startswith('{"Version"')
    assert engine.import_(ROLE_POLICY, "p", "pilot:p")
    engine.delete(created)
    engine.delete(created)
    assert engine.refresh(created) is None


def test_a_saml_provider_lives(engine):
    inputs = {"name": "okta", "samlMetadataDocument": METADATA}
    created = engine.create(SAML, "okta", inputs)

    updated = engine.update(created, inputs | {"samlMetadataDocument": METADATA.replace("x" * 1000, "y" * 1000)})

    assert created.id == created.outputs["arn"] == "arn:aws:iam::123456789012:saml-provider/okta"
    assert "y" * 1000 in updated.outputs["samlMetadataDocument"]
    imported = engine.import_(SAML, "okta", created.id)
    assert imported
    assert imported.outputs["name"] == "okta"
    engine.delete(created)
    engine.delete(created)
    assert engine.refresh(created) is None


def test_an_oidc_provider_lives(engine):
    inputs = {"url": "https://okta.example", "clientIdLists": ["a", "b"], "thumbprintLists": ["a" * 40]}
    created = engine.create(OIDC, "okta", inputs)

    assert created.outputs["url"] == "okta.example"
    assert kinds(engine.changes(created, inputs | {"clientIdLists": ["b", "a"]})) == {}, "order means nothing"
    assert kinds(engine.changes(created, inputs)) == {}, "the scheme means nothing"
    engine.delete(created)
    engine.delete(created)
    assert engine.refresh(created) is None


class _Recorder:
    """An AWS client that takes every call and answers with nothing."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return lambda **_: self.calls.append(name)


def test_an_oidc_provider_keeps_thumbprints_that_are_cleared_and_adds_clients_before_removing(monkeypatch):
    recorder = _Recorder()
    monkeypatch.setattr(iam_providers, "_iam", lambda _: recorder)
    old = {"clientIdLists": ["a", "b"], "thumbprintLists": ["a" * 40], "tagsAll": {"team": "a"}}
    new = {"clientIdLists": ["b", "c"], "thumbprintLists": [], "tagsAll": {"group": "b"}}

    iam_providers._update_oidc(Call(cloud=Aws(CREDENTIALS), id="arn", old=old, new=new))

    assert recorder.calls == [
        "untag_open_id_connect_provider",
        "tag_open_id_connect_provider",
        "add_client_id_to_open_id_connect_provider",
        "remove_client_id_from_open_id_connect_provider",
    ]


def test_a_log_group_lives(engine, moto):
    created = engine.create(LOG_GROUP, "g", {"name": "/claude-code/pilot", "retentionInDays": 30})
    updated = engine.update(created, {"name": "/claude-code/pilot"})

    assert created.outputs["arn"] == "arn:aws:logs:us-east-1:123456789012:log-group:/claude-code/pilot"
    assert created.outputs["region"] == "us-east-1"
    groups = client("logs", moto).describe_log_groups()["logGroups"]
    assert "retentionInDays" not in groups[0]
    assert updated.outputs["retentionInDays"] == 0
    engine.delete(updated)
    engine.delete(updated)
    assert engine.refresh(updated) is None


def test_a_log_group_that_may_not_be_destroyed_stays(engine, moto):
    created = engine.create(LOG_GROUP, "g", {"name": "g", "skipDestroy": True})

    engine.delete(created)

    assert len(client("logs", moto).describe_log_groups()["logGroups"]) == 1


def test_a_creation_that_fails_half_way_keeps_the_resource_in_state(engine, monkeypatch):
    class Refusing(_Recorder):
        def put_retention_policy(self, **_: Any) -> None:
            raise client_error("InvalidParameterException", "not a retention")

    monkeypatch.setattr(log_groups, "_logs", lambda _: Refusing())

    with pytest.raises(grpc.RpcError) as error:
        engine.create(LOG_GROUP, "g", {"name": "g", "retentionInDays": 30})

    assert b"ErrorResourceInitFailed" in details(error.value)
    assert "InvalidParameterException: not a retention" in said(error.value)


def test_secrets_in_inputs_are_secrets_in_outputs(engine):
    created = engine.create(ROLE, "pilot", role(description=Secret("d")))

    assert created.outputs["description"] == Secret("d")
    assert created.outputs["name"] == "pilot"


def test_a_type_without_an_entry_says_where_to_add_one(engine):
    with pytest.raises(grpc.RpcError) as error:
        engine.check("aws:neptune/cluster:Cluster", "b", {})

    assert "add an entry under sandbox/plugins/aws" in said(error.value)
