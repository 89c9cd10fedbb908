"""Settings and lookups of the AWS plug-in, and policies as text."""

from __future__ import annotations

import json

import grpc
import pytest

from sandbox.plugins.aws.policies import policy_text, same_policy
from sandbox.plugins.aws.provider import AwsProvider
from sandbox.plugins.framework import constraints
from sandbox.tests.plugins.aws.aws_plugin_harness import ALLOW, CREDENTIALS, ROLE, client, role
from sandbox.tests.plugins.plugin_harness import SCHEMAS, engine_for, said


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
