"""What replaces, and what tags do: the identity table of the provider's reference, type by type."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.plugins.aws.provider import AwsProvider
from sandbox.plugins.framework.values import UNKNOWN, Props
from sandbox.tests.plugins.aws.aws_plugin_harness import (
    ALLOW,
    ATTACHMENT,
    CREDENTIALS,
    LOG_GROUP,
    METADATA,
    OIDC,
    POLICY,
    PROFILE,
    ROLE,
    ROLE_POLICY,
    SAML,
    role,
)
from sandbox.tests.plugins.plugin_harness import SCHEMAS, Engine, Resource, engine_for, kinds

NAMED = {"name": "other"}


IDENTITY: list[tuple[str, Props, dict[str, Any], Props, bool]] = [
    (ROLE, role(), NAMED | {"path": "/x/"}, {"description": "d", "maxSessionDuration": 7200}, True),
    (
        ROLE_POLICY,
        {"name": "p", "role": "r", "policy": json.dumps(ALLOW)},
        NAMED | {"role": "s"},
        {"policy": "{}"},
        True,
    ),
    (
        POLICY,
        {"name": "p", "policy": json.dumps(ALLOW)},
        NAMED | {"path": "/x/", "description": "d"},
        {"policy": "{}", "tags": {"team": "a"}},
        True,
    ),
    (
        ATTACHMENT,
        {"role": "r", "policyArn": "arn:aws:iam::aws:policy/A"},
        {"role": "s", "policyArn": "arn:aws:iam::aws:policy/B"},
        {},
        True,
    ),
    (SAML, {"name": "okta", "samlMetadataDocument": METADATA}, NAMED, {"samlMetadataDocument": METADATA + " "}, True),
    (
        OIDC,
        {"url": "https://okta.example", "clientIdLists": ["a"]},
        {"url": "https://other.example"},
        {"clientIdLists": ["b"], "thumbprintLists": ["a" * 40]},
        False,
    ),
    (
        LOG_GROUP,
        {"name": "g"},
        NAMED | {"logGroupClass": "INFREQUENT_ACCESS", "region": "eu-west-1"},
        {"retentionInDays": 365, "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/k", "skipDestroy": True},
        True,
    ),
    (
        PROFILE,
        {"name": "p", "modelSource": {"copyFrom": "arn:aws:bedrock:us-east-1::foundation-model/x"}},
        NAMED
        | {
            "description": "d",
            "modelSource": {"copyFrom": "arn:aws:bedrock:us-east-1::foundation-model/y"},
            "region": "eu-west-1",
        },
        {"tags": {"team": "a"}},
        False,
    ),
    (
        "aws:bedrockmodel/invocationLoggingConfiguration:InvocationLoggingConfiguration",
        {"loggingConfig": {"s3Config": {"bucketName": "logs"}}},
        {"region": "eu-west-1"},
        {"loggingConfig": {"s3Config": {"bucketName": "logs"}, "textDataDeliveryEnabled": False}},
        False,
    ),
]


def _state(engine: Engine, token: str, inputs: Props) -> Resource:
    checked = engine.check(token, "x", inputs)
    known = {name: value for name, value in engine.preview(token, "x", inputs).items() if value is not UNKNOWN}
    return Resource(token, "x", "id", checked, known)


@pytest.mark.parametrize(("token", "inputs", "forcing", "updating", "delete_first"), IDENTITY)
def test_each_type_replaces_and_updates_as_in_the_identity_table(
    engine, token, inputs, forcing, updating, delete_first
):
    state = _state(engine, token, inputs)

    for name, value in forcing.items():
        diff = engine.changes(state, inputs | {name: value})
        assert list(diff.replaces) == [name]
        assert all(kind.endswith("_REPLACE") for path, kind in kinds(diff).items() if path.startswith(name))
        assert diff.deleteBeforeReplace == delete_first
        assert name not in diff.stables
    for name, value in updating.items():
        diff = engine.changes(state, inputs | {name: value})
        assert kinds(diff), name
        assert not diff.replaces, name
    assert not kinds(engine.changes(state, inputs))


def test_a_generated_name_lets_the_successor_come_first(engine):
    state = _state(engine, ROLE, {"assumeRolePolicy": "{}"})

    diff = engine.changes(state, {"assumeRolePolicy": "{}", "path": "/x/"})

    assert list(diff.replaces) == ["path"]
    assert not diff.deleteBeforeReplace


def test_an_unknown_value_counts_as_changed(engine):
    state = _state(engine, ROLE, role())

    assert kinds(engine.changes(state, role(path=UNKNOWN))) == {"path": "UPDATE_REPLACE"}
    assert kinds(engine.changes(state, role(description=UNKNOWN))) == {"description": "ADD"}


def test_a_source_may_be_set_where_an_import_knows_none(engine):
    source = {"modelSource": {"copyFrom": "arn:aws:bedrock:us-east-1::foundation-model/x"}}
    state = _state(engine, PROFILE, {"name": "p"} | source)
    del state.outputs["modelSource"]

    diff = engine.changes(state, {"name": "p"} | source)

    assert kinds(diff) == {"modelSource": "ADD"}
    assert not diff.replaces


def test_ignored_changes_are_none(engine):
    state = _state(engine, ROLE, role())
    news = engine.check(ROLE, "pilot", role(description="d"))

    assert kinds(engine.diff(state, news, ignoreChanges=["description"])) == {}


def test_tags_change_one_by_one_and_defaults_are_merged():
    with engine_for(AwsProvider(SCHEMAS), **CREDENTIALS, defaultTags=json.dumps({"tags": {"owner": "it"}})) as engine:
        created = engine.create(ROLE, "pilot", role(tags={"team": "a", "old": "x", "cost-centre": "1"}))
        wanted = role(tags={"team": "b", "cost-centre": "1"})
        diff = engine.changes(created, wanted)
        updated = engine.refresh(engine.update(created, wanted))

    assert kinds(diff) == {
        "tags.team": "UPDATE",
        "tags.old": "DELETE",
        "tagsAll.team": "UPDATE",
        "tagsAll.old": "DELETE",
    }
    assert updated
    assert updated.outputs["tags"] == {"team": "b", "cost-centre": "1"}
    assert updated.outputs["tagsAll"] == {"team": "b", "cost-centre": "1", "owner": "it"}
