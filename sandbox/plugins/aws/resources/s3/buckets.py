"""S3 buckets. What belongs to a bucket but is declared apart is in `bucket_access` and `bucket_objects`."""

from __future__ import annotations

import secrets
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.framework.constraints import every, excludes, length, matches, unsupported
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.errors import PluginError
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import wait_until

SECONDS = 120
GONE = {"NoSuchBucket", "404"}
# Where CreateBucket answers a second time as if it had made the bucket (S3 API reference).
_SILENT_REGION = "us-east-1"
# S3 user guide, "General purpose bucket naming rules".
NAME = every(
    length(3, 63),
    matches(r"[a-z0-9][a-z0-9.-]*[a-z0-9]", "be lower-case letters, digits, dots and hyphens"),
    excludes(r"\.\.|^xn--|^sthree-|-s3alias$|--ol-s3$|--x-s3$|^\d+\.\d+\.\d+\.\d+$", "be a form that S3 reserves"),
)
# Deprecated since each has a resource of its own; whoever gives one here and there has two owners of one thing.
_DECLARED_APART = (
    *("accelerationStatus", "acl", "corsRules", "grants", "lifecycleRules", "logging", "objectLockConfiguration"),
    *("policy", "replicationConfiguration", "requestPayer", "serverSideEncryptionConfiguration", "versioning"),
    "website",
)


def s3(call: Call[Aws]) -> Any:
    return call.cloud.client("s3", call.region)


def exists(client: Any, bucket: str) -> bool:
    try:
        client.head_bucket(Bucket=bucket)
    except Exception as error:
        if code(error) in GONE:
            return False
        raise
    return True


def _create(call: Call[Aws]) -> str:
    client, new = s3(call), call.new
    name = new.get("bucket") or f"{new['bucketPrefix']}{secrets.token_hex(13)}"
    region = call.region or call.cloud.region
    wanted: Props = {"ObjectLockEnabledForBucket": True} if new.get("objectLockEnabled") else {}
    if region != _SILENT_REGION:
        wanted["CreateBucketConfiguration"] = {"LocationConstraint": region}
    elif exists(client, name):
        raise PluginError(f"creating S3 Bucket ({name}): BucketAlreadyExists")
    client.create_bucket(Bucket=name, **wanted)
    call.id = name
    wait_until(lambda: exists(client, name), seconds=SECONDS, what=f"bucket {name}")
    if new.get("tagsAll"):
        client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags.listed(new["tagsAll"])})
    return name


def _tags(client: Any, bucket: str) -> dict[str, str]:
    try:
        return tags.mapped_from(client.get_bucket_tagging(Bucket=bucket)["TagSet"])
    except Exception as error:
        if code(error) == "NoSuchTagSet":
            return {}
        raise


def _read(call: Call[Aws]) -> Props | None:
    client, name = s3(call), call.id
    if not exists(client, name):
        return None
    region = client.get_bucket_location(Bucket=name).get("LocationConstraint") or _SILENT_REGION
    return {
        "arn": f"arn:{call.cloud.partition}:s3:::{name}",
        "bucket": name,
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegion": region,
        "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
        "objectLockEnabled": bool(call.new.get("objectLockEnabled") or call.old.get("objectLockEnabled")),
        "region": call.region or call.cloud.region,
        **tags.found(call, _tags(client, name)),
    }


def _update(call: Call[Aws]) -> None:
    """S3 sets all tags of a bucket at once."""
    client = s3(call)
    if call.changed("tagsAll"):
        if call.new.get("tagsAll"):
            client.put_bucket_tagging(Bucket=call.id, Tagging={"TagSet": tags.listed(call.new["tagsAll"])})
        else:
            client.delete_bucket_tagging(Bucket=call.id)


def _delete(call: Call[Aws]) -> None:
    """One that holds anything, old versions included, is refused unless `forceDestroy` was set by an earlier update."""
    client = s3(call)
    try:
        client.delete_bucket(Bucket=call.id)
    except Exception as error:
        if code(error) in GONE:
            return
        if code(error) != "BucketNotEmpty" or not call.old.get("forceDestroy"):
            raise
        _empty(client, call.id)
        client.delete_bucket(Bucket=call.id)
    wait_until(lambda: not exists(client, call.id), seconds=SECONDS, what=f"bucket {call.id} to be gone")


def _empty(client: Any, bucket: str) -> None:
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
        if objects:
            client.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})


ENTRIES = (
    Entry(
        token="aws:s3/bucket:Bucket",
        replaces=("bucket", "bucketPrefix", "objectLockEnabled"),
        autoname=AutoName(field="bucket", longest=63, unless="bucketPrefix", lower=True),
        defaults={"forceDestroy": False},
        computed=("objectLockEnabled", *_DECLARED_APART),
        checks={
            "bucket": NAME,
            "bucketPrefix": length(0, 37),
            "bucketNamespace": unsupported,
            **dict.fromkeys(_DECLARED_APART, unsupported),
        },
        tags=True,
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
