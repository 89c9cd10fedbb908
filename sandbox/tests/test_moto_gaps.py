"""What moto lacks of IAM and the rollout's resources rely on, asked for by boto3."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from sandbox.tests.aws_harness import Aws, serving
from sandbox.tests.identity_provider import IdentityProvider

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "x.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture
def aws(tmp_path: Path) -> Generator[Aws]:
    with serving(tmp_path, lambda: {"keys": []}) as served:
        yield served


@pytest.fixture
def iam(aws: Aws) -> Any:
    return aws.client("iam")


@pytest.fixture(scope="module")
def metadata() -> str:
    return IdentityProvider().metadata


def test_a_saml_provider_keeps_its_tags_across_a_restart(tmp_path: Path, metadata: str) -> None:
    with serving(tmp_path, lambda: {"keys": []}) as aws:
        iam = aws.client("iam")
        arn = iam.create_saml_provider(
            Name="okta", SAMLMetadataDocument=metadata, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
        )["SAMLProviderArn"]
        iam.untag_saml_provider(SAMLProviderArn=arn, TagKeys=["a"])
        iam.tag_saml_provider(SAMLProviderArn=arn, Tags=[{"Key": "c", "Value": "3"}])
    with serving(tmp_path, lambda: {"keys": []}) as aws:
        iam = aws.client("iam")
        wanted = [{"Key": "b", "Value": "2"}, {"Key": "c", "Value": "3"}]
        assert iam.list_saml_provider_tags(SAMLProviderArn=arn)["Tags"] == wanted
        found = iam.get_saml_provider(SAMLProviderArn=arn)
        assert found["Tags"] == wanted
        assert found["SAMLMetadataDocument"] == metadata


def test_a_saml_provider_wants_metadata_and_a_name_of_its_own(iam: Any, metadata: str) -> None:
    for wrong in ("<EntityDescriptor/>" * 100, "x" * 2000):
        with pytest.raises(iam.exceptions.InvalidInputException):
            iam.create_saml_provider(Name="okta", SAMLMetadataDocument=wrong)
    iam.create_saml_provider(Name="okta", SAMLMetadataDocument=metadata)
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        iam.create_saml_provider(Name="okta", SAMLMetadataDocument=metadata)
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_saml_provider(SAMLProviderArn="arn:aws:iam::123456789012:saml-provider/none")


def test_an_oidc_providers_client_ids_can_be_added_and_removed(iam: Any) -> None:
    arn = iam.create_open_id_connect_provider(Url="https://acme.okta.com", ClientIDList=["one"])[
        "OpenIDConnectProviderArn"
    ]
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="two")
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="two")
    assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"] == ["one", "two"]
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="one")
    assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"] == ["two"]


def test_changing_one_thing_of_a_role_leaves_the_other(iam: Any) -> None:
    iam.create_role(
        RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST), Description="kept", MaxSessionDuration=7200
    )
    iam.update_role(RoleName="r", MaxSessionDuration=3600)
    assert iam.get_role(RoleName="r")["Role"]["Description"] == "kept"
    iam.update_role(RoleName="r", Description="new")
    assert iam.get_role(RoleName="r")["Role"]["MaxSessionDuration"] == 3600


def test_documents_longer_than_iam_takes_are_refused(iam: Any) -> None:
    long = json.loads(json.dumps(TRUST))
    long["Statement"][0]["Condition"] = {"StringEquals": {"aws:PrincipalTag/x": [f"{n:030}" for n in range(80)]}}
    with pytest.raises(iam.exceptions.LimitExceededException, match="ACLSizePerRole"):
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(long))
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST, indent=1))
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": [f"arn:aws:s3:::{n:040}" for n in range(100)]}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_role_policy(RoleName="r", PolicyName="one", PolicyDocument=document)
    iam.put_role_policy(RoleName="r", PolicyName="one", PolicyDocument=document)
    with pytest.raises(iam.exceptions.LimitExceededException, match="10240"):
        iam.put_role_policy(RoleName="r", PolicyName="two", PolicyDocument=document)


def test_names_are_held_to_the_service_model(iam: Any) -> None:
    with pytest.raises(iam.exceptions.ClientError, match="failed to satisfy constraint"):
        iam.create_role(RoleName="no spaces", AssumeRolePolicyDocument=json.dumps(TRUST))
