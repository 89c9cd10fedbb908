"""The AWS plug-in behaves as `pulumi-aws` does, over moto."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import grpc
import pytest
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from sandbox.plugins.aws.client import Aws
from sandbox.plugins.aws.policies import policy_text, same_policy
from sandbox.plugins.aws.provider import AwsProvider
from sandbox.plugins.aws.resources import bedrock as bedrock_entries
from sandbox.plugins.aws.resources import iam_providers
from sandbox.plugins.aws.resources.logs import log_groups
from sandbox.plugins.framework import constraints
from sandbox.plugins.framework.entry import Call
from sandbox.plugins.framework.schema import Schema
from sandbox.plugins.framework.values import UNKNOWN, Props, Secret
from sandbox.tests.plugins.plugin_harness import SCHEMAS, Engine, Refused, Resource, details, engine_for, kinds, said

ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
POLICY = "aws:iam/policy:Policy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
SAML = "aws:iam/samlProvider:SamlProvider"
OIDC = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
PROFILE = "aws:bedrock/inferenceProfile:InferenceProfile"

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
ALLOW: Props = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["logs:GetQueryResults", "logs:StartQuery"], "Resource": "*"}],
}
METADATA = (
    '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="okta"><md:IDPSSODescriptor/>'
    f"<!--{'x' * 1000}--></md:EntityDescriptor>"
)
CREDENTIALS = {"region": "us-east-1", "accessKey": "testing", "secretKey": "testing"}


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def _sandboxed(monkeypatch, moto):
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)
    monkeypatch.setenv("SANDBOX_WAIT_SCALE", "0.01")


@pytest.fixture(scope="module")
def engine(moto: str) -> Iterator[Engine]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", moto)
        with engine_for(AwsProvider(SCHEMAS), **CREDENTIALS) as engine:
            yield engine


@pytest.fixture(autouse=True)
def _clean(moto):
    urllib.request.urlopen(urllib.request.Request(f"{moto}/moto-api/reset", method="POST")).close()  # noqa: S310


def client(service: str, url: str) -> Any:
    return boto3.client(
        service, "us-east-1", endpoint_url=url, aws_access_key_id="testing", aws_secret_access_key="testing"
    )


def role(**inputs: Any) -> Props:
    return {"name": "pilot", "assumeRolePolicy": json.dumps(TRUST)} | inputs


# Inputs


def test_an_unknown_input_is_refused_with_a_suggestion(engine):
    with pytest.raises(Refused) as refused:
        engine.check(ROLE, "pilot", role(assumeRolePolicies="{}"))

    reason = refused.value.failures["assumeRolePolicies"]
    assert reason == "assumeRolePolicies is not an input of this type: did you mean assumeRolePolicy?"


def test_an_unknown_input_inside_an_object_is_refused_too(engine):
    with pytest.raises(Refused) as refused:
        engine.check(ROLE, "pilot", role(inlinePolicies=[{"nam": "x"}]))

    assert list(refused.value.failures) == ["inlinePolicies[0].nam"]


def test_missing_inputs_and_wrong_types_are_all_reported(engine):
    with pytest.raises(Refused) as refused:
        engine.check(ROLE, "pilot", {"maxSessionDuration": "an hour", "tags": {"team": 3}, "forceDetachPolicies": 1})

    assert refused.value.failures == {
        "assumeRolePolicy": "assumeRolePolicy is required: set it",
        "maxSessionDuration": 'maxSessionDuration must be a whole number: "an hour"',
        "tags.team": "tags.team must be a text: 3",
        "forceDetachPolicies": "forceDetachPolicies must be true or false: 1",
    }


REFUSED = [
    (ROLE, role(name="a" * 65), "name takes at most 64 characters, has 65"),
    (ROLE, role(name="a b"), "name must have only letters, digits and +=,.@-_: a b"),
    (ROLE, role(description="“quoted”"), "description must match"),
    (ROLE, role(maxSessionDuration=1800), "maxSessionDuration must be from 3600 to 43200: 1800"),
    (ROLE, role(assumeRolePolicy="[]"), "assumeRolePolicy must be one document: a list was given"),
    (ROLE, role(path="/a"), "path must start and end with /"),
    (ROLE, role(permissionsBoundary="boundary"), "permissionsBoundary is not an ARN: boundary"),
    (ROLE_POLICY, {"role": "arn:aws:iam::123456789012:role/x", "policy": "{}"}, "give the role's name"),
    (LOG_GROUP, {"retentionInDays": 42}, "retentionInDays must be one of 0, 1, 3"),
    (LOG_GROUP, {"name": "a:b"}, "name must have only letters"),
    (OIDC, {"url": "http://x", "clientIdLists": ["a"]}, "url must be an https:// address: http://x"),
    (OIDC, {"url": "https://x?a", "clientIdLists": ["a"]}, "url must not have a query"),
    (SAML, {"samlMetadataDocument": "<short/>"}, "samlMetadataDocument needs at least 1000 characters"),
    (PROFILE, {"name": "pilot"}, "modelSource is required"),
    (PROFILE, {"name": "pilot_!", "modelSource": {"copyFrom": "arn:aws:bedrock:us-east-1::x"}}, "name must match"),
    (PROFILE, {"name": "pilot", "modelSource": {"copyFrom": "claude"}}, "modelSource.copyFrom is not an ARN: claude"),
]


@pytest.mark.parametrize(("token", "inputs", "reason"), REFUSED)
def test_values_the_provider_refuses_are_refused_before_any_call(engine, token, inputs, reason):
    with pytest.raises(Refused) as refused:
        engine.check(token, "pilot", inputs)

    assert any(reason in failure for failure in refused.value.failures.values())


def test_what_is_unknown_in_a_preview_is_not_judged(engine):
    inputs = engine.check(ROLE, "pilot", {"name": UNKNOWN, "assumeRolePolicy": UNKNOWN, "tags": {"team": UNKNOWN}})

    assert inputs["assumeRolePolicy"] is UNKNOWN
    assert inputs["tagsAll"] is UNKNOWN


def test_an_object_is_serialised_and_stays_secret(engine):
    inputs = engine.check(ROLE, "pilot", role(assumeRolePolicy=Secret(TRUST)))

    assert isinstance(inputs["assumeRolePolicy"], Secret)
    assert json.loads(inputs["assumeRolePolicy"].value) == TRUST


def test_every_constraint_is_about_an_input_there_is_and_judges_its_type():
    provider = AwsProvider(SCHEMAS)
    samples = {"integer": 1, "number": 1, "string": "x", "boolean": True}
    for token, entry in provider.entries.items():
        for path, constraint in entry.checks.items():
            typ = _type_at(provider.schemas[token], path)
            sample = samples[typ] if isinstance(typ, str) else ["x"] if "list" in typ else {"x": "x"}
            assert isinstance(constraint(sample), str | None), (token, path)


def _type_at(schema: Schema, path: str) -> Any:
    shape = schema.inputs
    *objects, last = path.split(".")
    for name in objects:
        typ = shape.fields[name]
        shape = schema.objects[typ.get("list", typ)["object"]]
    typ = shape.fields[last]
    return "string" if isinstance(typ, dict) and "anyOf" in typ else typ


# Names


def test_a_name_left_out_is_generated_kept_and_noted(engine):
    first = engine.check(ROLE, "pilot", {"assumeRolePolicy": "{}"})
    again = engine.check(ROLE, "pilot", {"assumeRolePolicy": "{}"}, first)

    assert re.fullmatch(r"pilot-[0-9a-f]{7}", first["name"])
    assert "name" in first["__defaults"]
    assert again["name"] == first["name"]


def test_a_generated_name_that_is_too_long_is_refused(engine):
    with pytest.raises(Refused) as refused:
        engine.check(ROLE, "p" * 60, {"assumeRolePolicy": "{}"})

    assert "68 characters, 64 allowed" in refused.value.failures["name"]


def test_plugin_framework_types_note_no_defaults(engine):
    source = {"modelSource": {"copyFrom": "arn:aws:bedrock:us-east-1::foundation-model/x"}}

    assert "__defaults" not in engine.check(PROFILE, "pilot", source)


# Previews


def test_a_preview_knows_the_inputs_and_nothing_that_only_aws_can_tell(engine):
    shown = engine.preview(ROLE, "pilot", role())

    assert (shown["name"], shown["path"], shown["maxSessionDuration"]) == ("pilot", "/", 3600)
    assert {name for name, value in shown.items() if value is UNKNOWN} == {
        *("arn", "createDate", "uniqueId", "inlinePolicies", "managedPolicyArns"),
    }


def test_a_preview_of_an_update_keeps_what_the_update_keeps(engine):
    created = engine.create(ROLE, "pilot", role())

    shown = engine.update(created, role(description=UNKNOWN), preview=True).outputs

    assert shown["description"] is UNKNOWN
    assert shown["arn"] == created.outputs["arn"]


# What replaces: the identity table of the provider's reference, type by type

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


# Tags


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


# Life of each type


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
            raise _client_error("InvalidParameterException", "not a retention")

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


# Bedrock, over a client of our own: moto has no inference profiles


class _Bedrock:
    """A profile is active at the second look, and its name is taken for `taken` attempts."""

    def __init__(self, taken: int = 0) -> None:
        self.taken = taken
        self.looks = 0
        self.tags: dict[str, str] = {}
        self.profile: Props = {}
        self.logging: Props | None = None
        self.calls: list[str] = []

    def create_inference_profile(self, **wanted: Any) -> Props:
        self.calls.append("create")
        if self.taken:
            self.taken -= 1
            raise _client_error("ConflictException", "the name is taken")
        self.tags = {tag["key"]: tag["value"] for tag in wanted.get("tags", ())}
        arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"
        self.profile = {
            "inferenceProfileArn": arn,
            "inferenceProfileId": "abc",
            "inferenceProfileName": wanted["inferenceProfileName"],
            "models": [{"modelArn": wanted["modelSource"]["copyFrom"]}],
            "type": "APPLICATION",
            "createdAt": _NOW,
            "updatedAt": _NOW,
        }
        return {"inferenceProfileArn": arn, "status": "ACTIVE"}

    def get_inference_profile(self, **_: Any) -> Props:
        if not self.profile:
            raise _client_error("ResourceNotFoundException", "no such profile")
        self.looks += 1
        return self.profile | {"status": "ACTIVE" if self.looks > 1 else "CREATING"}

    def list_tags_for_resource(self, **_: Any) -> Props:
        return {"tags": [{"key": key, "value": value} for key, value in self.tags.items()]}

    def untag_resource(self, **wanted: Any) -> None:
        self.calls.append(f"untag {wanted['tagKeys']}")

    def tag_resource(self, **wanted: Any) -> None:
        self.calls.append(f"tag {wanted['tags']}")

    def delete_inference_profile(self, **_: Any) -> None:
        if not self.profile:
            raise _client_error("ResourceNotFoundException", "no such profile")
        self.profile = {}

    def put_model_invocation_logging_configuration(self, **wanted: Any) -> None:
        self.calls.append("put")
        if self.taken:
            self.taken -= 1
            raise _client_error("ValidationException", "Failed to validate permissions for log group: x")
        self.logging = wanted["loggingConfig"]

    def get_model_invocation_logging_configuration(self) -> Props:
        return {"loggingConfig": self.logging} if self.logging else {}

    def delete_model_invocation_logging_configuration(self) -> None:
        self.logging = None


def _client_error(code: str, message: str) -> Exception:
    return ClientError({"Error": {"Code": code, "Message": message}}, "CreateInferenceProfile")


_NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def bedrock(monkeypatch) -> _Bedrock:
    fake = _Bedrock()
    monkeypatch.setattr(bedrock_entries, "_bedrock", lambda _: fake)
    return fake


SOURCE = {"copyFrom": "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude"}


def test_an_inference_profile_lives(engine, bedrock):
    created = engine.create(PROFILE, "p", {"name": "pilot-sonnet", "modelSource": SOURCE, "tags": {"team": "a"}})

    assert created.id == "abc"
    assert bedrock.looks >= 3, "active is believed when seen twice running"
    assert created.outputs["models"] == [{"modelArn": SOURCE["copyFrom"]}]
    assert created.outputs["modelSource"] == SOURCE
    assert created.outputs["createdAt"] == "2026-01-02T03:04:05Z"
    imported = engine.import_(PROFILE, "p", "abc")
    assert imported
    assert "modelSource" not in imported.outputs
    engine.update(created, {"name": "pilot-sonnet", "modelSource": SOURCE, "tags": {"group": "b"}})
    assert bedrock.calls[-2:] == ["untag ['team']", "tag [{'key': 'group', 'value': 'b'}]"]
    engine.delete(created)
    engine.delete(created)
    assert engine.refresh(created) is None


def test_a_profile_name_in_use_is_waited_for(engine, bedrock):
    bedrock.taken = 2

    engine.create(PROFILE, "p", {"name": "pilot-sonnet", "modelSource": SOURCE})

    assert bedrock.calls == ["create"] * 3


def test_a_profile_name_in_use_for_two_minutes_is_an_error(engine, bedrock):
    bedrock.taken = 1000

    with pytest.raises(grpc.RpcError) as error:
        engine.create(PROFILE, "p", {"name": "pilot-sonnet", "modelSource": SOURCE})

    assert "ConflictException: the name is taken" in said(error.value)
    assert len(bedrock.calls) > 3


LOGGING = "aws:bedrockmodel/invocationLoggingConfiguration:InvocationLoggingConfiguration"


def test_invocation_logging_lives_and_waits_for_its_role(engine, bedrock, monkeypatch):
    monkeypatch.setattr(Aws, "client", lambda *_: bedrock)
    bedrock.taken = 1
    cloudwatch = {"logGroupName": "g", "roleArn": "arn:aws:iam::123456789012:role/logs"}
    inputs = {"loggingConfig": {"cloudwatchConfig": cloudwatch, "textDataDeliveryEnabled": False}}

    created = engine.create(LOGGING, "logging", inputs)

    assert bedrock.calls == ["put", "put"]
    assert created.id == "us-east-1"
    assert bedrock.logging["textDataDeliveryEnabled"] is False
    assert bedrock.logging["imageDataDeliveryEnabled"] is True, "a default of the schema"
    assert kinds(engine.changes(created, inputs)) == {}
    changed = {"loggingConfig": {"cloudwatchConfig": cloudwatch}}
    assert kinds(engine.changes(created, changed)) == {"loggingConfig.textDataDeliveryEnabled": "UPDATE"}
    assert engine.import_(LOGGING, "logging", "us-east-1")
    engine.delete(created)
    assert engine.refresh(created) is None


# Settings and lookups


def test_lookups_tell_who_and_where(engine):
    assert engine.invoke("aws:index/getCallerIdentity:getCallerIdentity")["accountId"] == "123456789012"
    assert engine.invoke("aws:index/getRegion:getRegion")["region"] == "us-east-1"
    assert engine.invoke("aws:index/getPartition:getPartition")["dnsSuffix"] == "amazonaws.com"


def test_another_account_is_refused():
    accounts = json.dumps(["999999999999"])

    with (
        pytest.raises(grpc.RpcError) as error,
        engine_for(AwsProvider(SCHEMAS), **CREDENTIALS, allowedAccountIds=accounts),
    ):
        pass

    assert "belong to another account: 123456789012" in said(error.value)


def test_endpoints_may_be_settings_too(moto, monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    endpoints = json.dumps([{"iam": moto, "sts": moto}])

    with engine_for(AwsProvider(SCHEMAS), **CREDENTIALS, endpoints=endpoints) as engine:
        assert engine.create(ROLE, "pilot", role()).id == "pilot"


# Policies as text


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"Action": "a"}, {"Action": ["a"]}, True),
        ({"Action": ["a", "b"]}, {"Action": ["b", "a"]}, True),
        ({"Action": "a"}, {"Action": "b"}, False),
        ({"Principal": {"AWS": "123456789012"}}, {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}}, True),
        ({"Principal": {"AWS": "123456789012"}}, {"Principal": {"AWS": "210987654321"}}, False),
        ({"Condition": {"Bool": {"k": True}}}, {"Condition": {"Bool": {"k": "true"}}}, True),
        ({"Condition": {"NumericLessThan": {"k": 5}}}, {"Condition": {"NumericLessThan": {"k": ["5"]}}}, True),
        ({"Effect": "Allow"}, {"Effect": "Deny"}, False),
        ({"NotAction": "a"}, {"Action": "a"}, False),
    ],
)
def test_policies_are_the_same_when_iam_treats_them_the_same(one, other, same):
    texts = [json.dumps({"Statement": [statement]}) for statement in (one, other)]

    assert same_policy(*texts) == same


def test_no_policy_and_an_empty_one_are_the_same():
    assert same_policy("", "{}")


@pytest.mark.parametrize("text", ["", " {}", "[]", '"{}"', "{", '{"Version":"x","Version":"y"}'])
def test_text_that_is_no_policy_is_refused(text):
    assert policy_text(text)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("", True),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", True),
        ("arn:aws-us-gov:s3:::bucket", True),
        ("arn:aws:iam:123456789012:role/x", False),
        ("arn:aws:iam::12345:role/x", False),
        ("arn:aws:iam::123456789012:", False),
    ],
)
def test_arns_have_six_parts(text, fits):
    assert (constraints.arn(text) is None) == fits


def test_inline_policies_of_others_keep_a_role_unless_it_is_told_to_detach_them(engine, moto):
    for name, more in (("pilot", {}), ("early", {"forceDetachPolicies": True})):
        created = engine.create(ROLE, name, role(name=name, **more))
        client("iam", moto).put_role_policy(
            RoleName=name, PolicyName="AWSRevokeOlderSessions", PolicyDocument=json.dumps(ALLOW)
        )
        if more:
            engine.delete(created)
            assert engine.refresh(created) is None
        else:
            with pytest.raises(grpc.RpcError) as error:
                engine.delete(created)
            assert "DeleteConflict" in said(error.value)


def test_the_inline_policies_of_a_role_are_listed_and_a_role_that_is_not_there_is_an_error(engine, moto):
    engine.create(ROLE, "pilot", role())
    client("iam", moto).put_role_policy(RoleName="pilot", PolicyName="cut", PolicyDocument=json.dumps(ALLOW))
    found = engine.invoke("aws:iam/getRolePolicies:getRolePolicies", roleName="pilot")
    assert found == {"id": "pilot", "roleName": "pilot", "policyNames": ["cut"]}
    with pytest.raises(grpc.RpcError) as error:
        engine.invoke("aws:iam/getRolePolicies:getRolePolicies", roleName="gone")
    assert "NoSuchEntity" in said(error.value)
