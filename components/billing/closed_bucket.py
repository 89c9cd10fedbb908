"""What keeps a bucket from ever being public, whoever writes its policy or its objects' lists."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws


def closed(name: str, bucket: pulumi.Input[str], opts: pulumi.ResourceOptions) -> aws.s3.BucketPublicAccessBlock:
    """A policy of the bucket waits for it."""
    return aws.s3.BucketPublicAccessBlock(
        f"{name}-private",
        bucket=bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=opts,
    )
