"""Identity Center in the sandbox refuses what AWS refuses, and makes roles that nobody else may change."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.aws.identity_center.kept import INSTANCE
from sandbox.settings import ACCOUNT_ID, IDENTITY_STORE
from sandbox.tests.aws_harness import Aws

DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]})
OF = {"InstanceArn": INSTANCE}


def refused(code: str, call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    assert error.value.response["Error"]["Code"] == code
    return str(error.value)


class Center:
    def __init__(self, aws: Aws) -> None:
        self.admin, self.iam = aws.client("sso-admin"), aws.client("iam")
        store = aws.client("identitystore")
        self.group = store.create_group(IdentityStoreId=IDENTITY_STORE, DisplayName="pilot")["GroupId"]
        made = self.admin.create_permission_set(**OF, Name="claude-code-pilot", SessionDuration="PT1H")
        self.arn = made["PermissionSet"]["PermissionSetArn"]
        self.of = {**OF, "PermissionSetArn": self.arn}
        who = {"PrincipalId": self.group, "PrincipalType": "GROUP"}
        self.whom = {**self.of, **who, "TargetId": ACCOUNT_ID, "TargetType": "AWS_ACCOUNT"}

    def policy(self, name: str) -> str:
        return self.iam.create_policy(PolicyName=name, PolicyDocument=DOCUMENT)["Policy"]["Arn"]

    def attach(self, name: str) -> None:
        self.admin.attach_customer_managed_policy_reference_to_permission_set(
            **self.of, CustomerManagedPolicyReference={"Name": name}
        )

    def assigned(self) -> dict[str, Any]:
        begun = self.admin.create_account_assignment(**self.whom)["AccountAssignmentCreationStatus"]
        assert begun["Status"] == "IN_PROGRESS"
        return self.admin.describe_account_assignment_creation_status(
            **OF, AccountAssignmentCreationRequestId=begun["RequestId"]
        )["AccountAssignmentCreationStatus"]

    def roles(self) -> list[str]:
        found = self.iam.list_roles(PathPrefix="/aws-reserved/sso.amazonaws.com/")["Roles"]
        return [each["RoleName"] for each in found]


def test_an_assignment_makes_a_role_with_what_is_named_and_the_last_one_takes_it(aws: Aws) -> None:
    center = Center(aws)
    center.attach("stop")
    failed = center.assigned()
    assert failed["Status"] == "FAILED"
    assert "policy/stop does not exist" in failed["FailureReason"]
    assert center.roles() == []
    arn = center.policy("stop")
    assert center.assigned()["Status"] == "SUCCEEDED"
    [role] = center.roles()
    assert role.startswith("AWSReservedSSO_claude-code-pilot_")
    found = center.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert [each["PolicyArn"] for each in found] == [arn]
    refused("ConflictException", center.admin.create_account_assignment, **center.whom)
    refused("ConflictException", center.admin.delete_permission_set, **center.of)
    refused("DeleteConflict", center.iam.delete_policy, PolicyArn=arn)
    center.admin.delete_account_assignment(**center.whom)
    assert center.roles() == []
    center.iam.delete_policy(PolicyArn=arn)


def test_a_change_of_the_set_reaches_the_role_once_it_is_provisioned(aws: Aws) -> None:
    center = Center(aws)
    center.assigned()
    [role] = center.roles()
    center.policy("more")
    center.attach("more")
    assert center.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
    center.admin.provision_permission_set(**center.of, TargetType="ALL_PROVISIONED_ACCOUNTS")
    assert len(center.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]) == 1


def test_more_policies_than_a_role_takes_are_refused_as_it_is_provisioned(aws: Aws) -> None:
    center = Center(aws)
    for number in range(11):
        center.policy(f"p{number}")
        center.attach(f"p{number}")
    assert "PoliciesPerRole: 10" in center.assigned()["FailureReason"]


def test_nobody_makes_or_changes_a_role_of_this_kind(aws: Aws) -> None:
    center = Center(aws)
    center.assigned()
    [role] = center.roles()
    said = refused(
        "UnmodifiableEntity", center.iam.put_role_policy, RoleName=role, PolicyName="x", PolicyDocument=DOCUMENT
    )
    assert "only modifiable by AWS" in said
    refused("InvalidInput", center.iam.create_role, RoleName="AWSReservedSSO_x_1", AssumeRolePolicyDocument=DOCUMENT)
    assert center.iam.get_role(RoleName=role)["Role"]["MaxSessionDuration"] == 43_200


def test_what_is_not_there_is_refused_in_its_own_words(aws: Aws) -> None:
    center = Center(aws)
    refused(
        "ResourceNotFoundException", center.admin.describe_permission_set, **OF, PermissionSetArn=f"{center.arn[:-1]}0"
    )
    refused("ConflictException", center.admin.create_permission_set, **OF, Name="claude-code-pilot")
    refused("ValidationException", center.admin.create_permission_set, **OF, Name="x" * 33)
    nobody = {**center.whom, "PrincipalId": "12345678-1234-1234-1234-123456789012"}
    refused("ResourceNotFoundException", center.admin.create_account_assignment, **nobody)


def test_the_portal_gives_no_session_without_a_confirmed_code_and_none_of_a_set_that_one_has_not(aws: Aws) -> None:
    Center(aws).assigned()
    oidc, portal = aws.unsigned("sso-oidc"), aws.unsigned("sso")
    client = oidc.register_client(clientName="x", clientType="public")
    known = {key: client[key] for key in ("clientId", "clientSecret")}
    code = oidc.start_device_authorization(**known, startUrl="https://d-1234567890.awsapps.com/start")["deviceCode"]
    grant = {"grantType": "urn:ietf:params:oauth:grant-type:device_code", "deviceCode": code}
    refused("AuthorizationPendingException", oidc.create_token, **known, **grant)
    refused("InvalidClientException", oidc.create_token, **{**known, "clientSecret": "x"}, **grant)
    asked = {"roleName": "claude-code-pilot", "accountId": ACCOUNT_ID, "accessToken": "x"}
    refused("UnauthorizedException", portal.get_role_credentials, **asked)
