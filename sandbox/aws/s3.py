"""What moto lacks of S3: bucket policies with conditions, and what a block of public access refuses."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket, S3Backend, s3_backends

from sandbox.aws import trust

_EVERYBODY = ("*", {"AWS": "*"}, {"AWS": ["*"]})
_SAYS = {
    trust.Verdict.ALLOWED: PermissionResult.PERMITTED,
    trust.Verdict.EXPLICIT_DENY: PermissionResult.DENIED,
    trust.Verdict.IMPLICIT_DENY: PermissionResult.NEUTRAL,
}


class _PublicPolicyError(S3ClientError):
    status_code = 403

    def __init__(self, bucket: str) -> None:
        super().__init__(
            "AccessDenied",
            f"User is not authorized to perform: s3:PutBucketPolicy on resource: {bucket} because public policies "
            "are prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
        )


def _for_everybody(text: bytes) -> dict[str, Any]:
    """Of a bucket's policy, what it says of whoever asks: moto knows nobody by name here."""
    document = json.loads(text)
    return document | {"Statement": [each for each in document["Statement"] if each.get("Principal") in _EVERYBODY]}


def _permission(bucket: FakeBucket, action: str, resource: str) -> PermissionResult:
    """moto's own judgement passes over conditions, so that a Deny of plain HTTP would deny everything."""
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    secure = {"aws:securetransport": ("true",)}  # loopback stands in for TLS
    asked = trust.Request(action=action, resource=resource, context=secure)
    try:
        return _SAYS[trust.judge([_for_everybody(bucket.policy)], asked)]
    except trust.Unknown as error:
        raise NotImplementedError(f"a bucket policy that cannot be judged: {error}") from error


def _put_policy(backend: S3Backend, bucket_name: str, policy: bytes) -> None:
    bucket = backend.get_bucket(bucket_name)
    try:
        document = json.loads(policy)
        statements = document["Statement"]
        public = [each for each in statements if each["Effect"] == "Allow" and each.get("Principal") in _EVERYBODY]
    except (ValueError, KeyError, TypeError):
        raise S3ClientError("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'") from None
    block = bucket.public_access_block
    if block and _is_true(block.block_public_policy) and any("Condition" not in each for each in public):
        raise _PublicPolicyError(bucket.arn)
    bucket.policy = policy


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"


def judge_bucket_policies() -> None:
    """From now on; a second time it changes nothing."""
    FakeBucket.get_permission = _permission  # type: ignore[method-assign]
    S3Backend.put_bucket_policy = _put_policy  # type: ignore[method-assign]


def index_buckets() -> None:
    """After a restart: moto keeps whose a bucket is beside its backends, and asks itself for ever where it lies."""
    s3_backends.bucket_accounts.clear()
    for account, partitions in list(s3_backends.items()):
        for partition, backend in list(partitions.items()):
            s3_backends.bucket_accounts.update(dict.fromkeys(backend.buckets, (partition, account)))
