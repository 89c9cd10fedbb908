"""The AWS plug-in over moto, and what its tests ask for."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.plugins.framework.values import Props
from sandbox.tests.plugins.plugin_harness import Refused

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


def client(service: str, url: str) -> Any:
    return boto3.client(
        service, "us-east-1", endpoint_url=url, aws_access_key_id="testing", aws_secret_access_key="testing"
    )


def role(**inputs: Any) -> Props:
    return {"name": "pilot", "assumeRolePolicy": json.dumps(TRUST)} | inputs


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


def client_error(code: str, message: str) -> Exception:
    return ClientError({"Error": {"Code": code, "Message": message}}, "CreateInferenceProfile")
