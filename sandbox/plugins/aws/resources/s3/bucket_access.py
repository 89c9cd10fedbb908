"""Who reaches a bucket: its policy, and the block of public access."""

from __future__ import annotations

from typing import Any

from sandbox.plugins.aws.client import Aws
from sandbox.plugins.aws.policies import as_text, same_policy, sorted_json
from sandbox.plugins.aws.resources.s3.bucket_parts import BUCKET, asked, bucket_there, passing, region
from sandbox.plugins.aws.resources.s3.buckets import SECONDS, s3
from sandbox.plugins.framework.constraints import json_text
from sandbox.plugins.framework.entry import Call, Entry
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import wait_until

_BLOCKS = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}


def _put_block(call: Call[Aws]) -> str:
    client, bucket = s3(call), call.new["bucket"]
    wanted = {theirs: bool(call.new.get(ours)) for ours, theirs in _BLOCKS.items()}
    bucket_there(
        lambda: client.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=wanted),
    )
    return bucket


def _update_block(call: Call[Aws]) -> None:
    _put_block(call)


def _read_block(call: Call[Aws]) -> Props | None:
    found = asked(lambda: s3(call).get_public_access_block(Bucket=call.id), "NoSuchPublicAccessBlockConfiguration")
    if found is None:
        return None
    block = found["PublicAccessBlockConfiguration"]
    return {**{ours: block.get(theirs, False) for ours, theirs in _BLOCKS.items()}, **region(call)}


def _delete_block(call: Call[Aws]) -> None:
    if not call.old.get("skipDestroy"):
        passing(lambda: s3(call).delete_public_access_block(Bucket=call.id), "NoSuchPublicAccessBlockConfiguration")


def _put_policy(call: Call[Aws]) -> str:
    client, bucket = s3(call), call.new["bucket"]
    bucket_there(lambda: client.put_bucket_policy(Bucket=bucket, Policy=call.new["policy"]), "MalformedPolicy")
    wait_until(
        lambda: same_policy(_policy(client, bucket), call.new["policy"]),
        seconds=SECONDS,
        what=f"the policy of bucket {bucket}",
    )
    return bucket


def _update_policy(call: Call[Aws]) -> None:
    _put_policy(call)


def _policy(client: Any, bucket: str) -> str:
    """Nothing where there is none."""
    found = asked(lambda: client.get_bucket_policy(Bucket=bucket), "NoSuchBucketPolicy")
    return as_text(found["Policy"]) if found else ""


def _read_policy(call: Call[Aws]) -> Props | None:
    policy = _policy(s3(call), call.id)
    return {"policy": sorted_json(policy), **region(call)} if policy else None


def _delete_policy(call: Call[Aws]) -> None:
    passing(lambda: s3(call).delete_bucket_policy(Bucket=call.id), "NoSuchBucketPolicy")


ENTRIES = (
    Entry(
        token="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        replaces=("bucket",),
        defaults=dict.fromkeys(_BLOCKS, False),
        checks={"bucket": BUCKET},
        create=_put_block,
        read=_read_block,
        update=_update_block,
        delete=_delete_block,
    ),
    Entry(
        token="aws:s3/bucketPolicy:BucketPolicy",
        replaces=("bucket",),
        documents=("policy",),
        checks={"bucket": BUCKET, "policy": json_text},
        same={"policy": same_policy},
        keeps=("policy",),
        stored={"policy": sorted_json},
        create=_put_policy,
        read=_read_policy,
        update=_update_policy,
        delete=_delete_policy,
    ),
)
