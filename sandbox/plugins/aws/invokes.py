"""Lookups."""

from __future__ import annotations

from sandbox.plugins.aws.client import Aws
from sandbox.plugins.aws.policies import as_text
from sandbox.plugins.framework.provider import Invoke
from sandbox.plugins.framework.values import Props


def _caller_identity(aws: Aws, _: Props) -> Props:
    identity = aws.client("sts").get_caller_identity()
    account = identity["Account"]
    return {"accountId": account, "arn": identity["Arn"], "userId": identity["UserId"], "id": account}


def _region(aws: Aws, wanted: Props) -> Props:
    """No call: botocore knows the regions."""
    region = wanted.get("region") or wanted.get("name") or wanted.get("id") or aws.region
    return {
        "region": region,
        "name": region,
        "id": region,
        "description": _description(region),
        "endpoint": f"ec2.{region}.amazonaws.com",
    }


def _description(region: str) -> str:
    from botocore.loaders import Loader

    for partition in Loader().load_data("endpoints")["partitions"]:
        if region in partition["regions"]:
            return partition["regions"][region]["description"]
    return region


def _partition(aws: Aws, _: Props) -> Props:
    suffix = {"aws-cn": "amazonaws.com.cn"}.get(aws.partition, "amazonaws.com")
    reverse = ".".join(reversed(suffix.split(".")))
    return {"partition": aws.partition, "id": aws.partition, "dnsSuffix": suffix, "reverseDnsPrefix": reverse}


def _parameters_by_path(aws: Aws, wanted: Props) -> Props:
    """None below the path is an empty answer, and no error."""
    ssm, path = aws.client("ssm", wanted.get("region")), wanted["path"]
    asked = {"Path": path, "Recursive": bool(wanted.get("recursive"))}
    pages = ssm.get_paginator("get_parameters_by_path").paginate(
        **asked, WithDecryption=wanted.get("withDecryption", True)
    )
    found = [parameter for page in pages for parameter in page["Parameters"]]
    return {
        "id": path,
        "path": path,
        "recursive": wanted.get("recursive"),
        "withDecryption": wanted.get("withDecryption"),
        "region": wanted.get("region") or aws.region,
        "arns": [parameter["ARN"] for parameter in found],
        "names": [parameter["Name"] for parameter in found],
        "types": [parameter["Type"] for parameter in found],
        "values": [parameter["Value"] for parameter in found],
    }


def _role_policies(aws: Aws, wanted: Props) -> Props:
    """A role that is not there is an error, in IAM's own words."""
    pages = aws.client("iam").get_paginator("list_role_policies").paginate(RoleName=wanted["roleName"])
    return {
        "id": wanted["roleName"],
        "roleName": wanted["roleName"],
        "policyNames": [name for page in pages for name in page["PolicyNames"]],
    }


def _policy(aws: Aws, wanted: Props) -> Props:
    """By ARN, with the document in force. One that is not there is an error, in IAM's own words."""
    iam = aws.client("iam")
    found = iam.get_policy(PolicyArn=wanted["arn"])["Policy"]
    version = iam.get_policy_version(PolicyArn=wanted["arn"], VersionId=found["DefaultVersionId"])["PolicyVersion"]
    return {
        "id": found["Arn"],
        "arn": found["Arn"],
        "name": found["PolicyName"],
        "path": found["Path"],
        "description": found.get("Description", ""),
        "policyId": found["PolicyId"],
        "attachmentCount": found["AttachmentCount"],
        "policy": as_text(version["Document"]),
        "tags": {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])},
    }


def _identity_group(aws: Aws, wanted: Props) -> Props:
    """By one attribute or by id. One that is not there is an error, in the identity store's own words."""
    store = aws.client("identitystore", wanted.get("region"))
    where, group = {"IdentityStoreId": wanted["identityStoreId"]}, wanted.get("groupId")
    if named := (wanted.get("alternateIdentifier") or {}).get("uniqueAttribute"):
        unique = {"AttributePath": named["attributePath"], "AttributeValue": named["attributeValue"]}
        group = store.get_group_id(**where, AlternateIdentifier={"UniqueAttribute": unique})["GroupId"]
    found = store.describe_group(**where, GroupId=group)
    known = {"displayName": found["DisplayName"], "description": found.get("Description") or "", "externalIds": []}
    return {"id": group, "groupId": group, "identityStoreId": wanted["identityStoreId"], **known}


def _oidc_provider(aws: Aws, wanted: Props) -> Props:
    """By ARN. One that is not there is an error, in IAM's own words."""
    arn = wanted["arn"]
    found = aws.client("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    return {
        "id": arn,
        "arn": arn,
        "url": found["Url"].removeprefix("https://"),
        "clientIdLists": found.get("ClientIDList", []),
        "thumbprintLists": found.get("ThumbprintList", []),
        "tags": {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])},
    }


INVOKES = (
    Invoke(token="aws:index/getCallerIdentity:getCallerIdentity", arguments={"id": "string"}, run=_caller_identity),
    Invoke(
        token="aws:index/getRegion:getRegion",
        arguments=dict.fromkeys(("endpoint", "id", "name", "region"), "string"),
        run=_region,
    ),
    Invoke(
        token="aws:ssm/getParametersByPath:getParametersByPath",
        arguments={"path": "string", "recursive": "boolean", "withDecryption": "boolean", "region": "string"},
        required=("path",),
        run=_parameters_by_path,
    ),
    Invoke(
        token="aws:iam/getRolePolicies:getRolePolicies",
        arguments={"roleName": "string"},
        required=("roleName",),
        run=_role_policies,
    ),
    Invoke(
        token="aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider",
        arguments={"arn": "string"},
        required=("arn",),
        run=_oidc_provider,
    ),
    Invoke(
        token="aws:iam/getPolicy:getPolicy",
        arguments={"arn": "string"},
        required=("arn",),
        run=_policy,
    ),
    Invoke(
        token="aws:identitystore/getGroup:getGroup",
        arguments={
            "alternateIdentifier": "any",
            "groupId": "string",
            "identityStoreId": "string",
            "region": "string",
        },
        required=("identityStoreId",),
        run=_identity_group,
    ),
    Invoke(token="aws:index/getPartition:getPartition", arguments={"id": "string"}, run=_partition),
)
