"""What AWS checks before it accepts a model invocation logging configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from moto.iam.models import ManagedPolicy, Role, iam_backends
from moto.logs.models import logs_backends
from moto.s3.models import s3_backends

from sandbox.aws import trust
from sandbox.aws.models.catalogue import PARTITION
from sandbox.aws.validation import service_model

SERVICE = "bedrock.amazonaws.com"
STREAM = "aws/bedrock/modelinvocations"
ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")


def _role(account: str, arn: str) -> Role | None:
    return next((role for role in iam_backends[account][PARTITION].roles.values() if role.arn == arn), None)


def default_document(policy: ManagedPolicy) -> dict[str, Any]:
    return json.loads(next(version.document for version in policy.versions if version.is_default))


def policy_documents(role: Role) -> Iterator[dict[str, Any]]:
    """The role's inline and attached policies."""
    for text in role.policies.values():
        yield json.loads(text)
    for policy in role.managed_policies.values():
        yield default_document(policy)


def _may_write(role: Role, account: str, region: str, group: str) -> bool:
    context = {
        "aws:sourceaccount": (account,),
        "aws:sourcearn": (f"arn:{PARTITION}:bedrock:{region}:{account}:*",),
        "aws:resourceaccount": (account,),
        "aws:principalaccount": (account,),
    }
    assume = trust.Request(action="sts:AssumeRole", principal=("Service", SERVICE), context=context)
    if not trust.allows([json.loads(role.assume_role_policy_document)], assume):
        return False
    stream = f"arn:{PARTITION}:logs:{region}:{account}:log-group:{group}:log-stream:{STREAM}"
    documents = list(policy_documents(role))
    return all(
        trust.allows(documents, trust.Request(action=action, resource=stream, context=context)) for action in ACTIONS
    )


def complaint(config: dict[str, Any], account: str, region: str) -> str | None:
    """Why AWS would refuse `config`, or None."""
    logs, bucket = config.get("cloudWatchConfig"), config.get("s3Config")
    if logs:
        group, arn = logs["logGroupName"], logs["roleArn"]
        role = _role(account, arn)
        known = group in logs_backends[account][region].groups
        if not known or role is None or not _may_write(role, account, region, group):
            return (
                f"Failed to validate permissions for log group: {group}, with role: {arn}. "
                "Verify the IAM role permissions are correct."
            )
    for target in (bucket, (logs or {}).get("largeDataDeliveryS3Config")):
        if target and target["bucketName"] not in s3_backends[account][PARTITION].buckets:
            return f"Failed to validate permissions for bucket: {target['bucketName']}. Verify the bucket policy."
    if not logs and not bucket:
        return "At least one of cloudWatchConfig and s3Config must be given"
    return None


def completed(config: dict[str, Any]) -> dict[str, Any]:
    """`config` with AWS's defaults: each kind of data is delivered unless it is switched off."""
    shape = service_model("bedrock").shape_for("LoggingConfig")
    switches = {name: True for name, member in shape.members.items() if member.type_name == "boolean"}
    return switches | {key: value for key, value in config.items() if value is not None}
