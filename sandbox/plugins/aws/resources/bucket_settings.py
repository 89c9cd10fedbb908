"""What a bucket has by resources of their own: versions, encryption, no public access, a policy."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.aws.policies import as_text, same_policy, sorted_json
from sandbox.plugins.aws.resources.buckets import GONE, SECONDS, s3
from sandbox.plugins.framework.constraints import between, json_text, length, model, one_of, unsupported
from sandbox.plugins.framework.entry import Call, Entry
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry, wait_until

_OFF = "Disabled"
_BLOCKS = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}


def _bucket_there(attempt: Callable[[], Any], *more: str) -> Any:
    """A bucket that was made a moment ago is not known everywhere yet."""
    return retry(attempt, lambda error: code(error) in {"NoSuchBucket", "OperationAborted", *more}, seconds=SECONDS)


def _found(ask: Callable[[], Props], *gone: str) -> Props | None:
    try:
        return ask()
    except Exception as error:
        if code(error) in {*GONE, *gone}:
            return None
        raise


def _passing(attempt: Callable[[], Any], *gone: str) -> None:
    _found(lambda: attempt() or {}, *gone)


def _region(call: Call[Aws]) -> Props:
    return {"bucket": call.id, "region": call.region or call.cloud.region}


# Versions


def _status(props: Props) -> str:
    return (props.get("versioningConfiguration") or {}).get("status", "")


def _put_versioning(call: Call[Aws]) -> str:
    """A bucket that never had versions is `Disabled`; nobody can go back to that."""
    client, bucket, wanted = s3(call), call.new["bucket"], _status(call.new)
    if wanted != _OFF:
        configuration = {"Status": wanted}
        _bucket_there(
            lambda: client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=configuration), "InternalError"
        )
        wait_until(
            lambda: client.get_bucket_versioning(Bucket=bucket).get("Status") == wanted,
            seconds=SECONDS,
            what=f"versions of bucket {bucket} to be {wanted}",
        )
    return bucket


def _update_versioning(call: Call[Aws]) -> None:
    _put_versioning(call)


def _read_versioning(call: Call[Aws]) -> Props | None:
    found = _found(lambda: s3(call).get_bucket_versioning(Bucket=call.id))
    if found is None:
        return None
    configuration = {"status": found.get("Status") or _OFF, "mfaDelete": found.get("MFADelete") or ""}
    return {"versioningConfiguration": configuration, **_region(call)}


def _suspend_versioning(call: Call[Aws]) -> None:
    """Versions that are there stay."""
    if _status(call.old) != _OFF:
        suspended = {"Status": "Suspended"}
        _passing(lambda: s3(call).put_bucket_versioning(Bucket=call.id, VersioningConfiguration=suspended))


def _never_back(old: Props, new: Props) -> Iterable[str]:
    """`Disabled` after anything else takes another bucket."""
    was, wanted = _status(old), _status(new)
    return ("versioningConfiguration",) if wanted == _OFF and was not in {"", _OFF} else ()


# Encryption


def _told(rule: Props) -> Props:
    default = rule.get("applyServerSideEncryptionByDefault") or {}
    asked: Props = {"SSEAlgorithm": default.get("sseAlgorithm")}
    if default.get("kmsMasterKeyId"):
        asked["KMSMasterKeyID"] = default["kmsMasterKeyId"]
    told: Props = {"ApplyServerSideEncryptionByDefault": asked} if default else {}
    return told | {"BucketKeyEnabled": bool(rule.get("bucketKeyEnabled"))}


def _put_encryption(call: Call[Aws]) -> str:
    client, bucket = s3(call), call.new["bucket"]
    rules = [_told(rule) for rule in call.new["rules"]]
    _bucket_there(
        lambda: client.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})
    )
    return bucket


def _update_encryption(call: Call[Aws]) -> None:
    _put_encryption(call)


def _read_encryption(call: Call[Aws]) -> Props | None:
    found = _found(
        lambda: s3(call).get_bucket_encryption(Bucket=call.id), "ServerSideEncryptionConfigurationNotFoundError"
    )
    if found is None:
        return None
    rules = found["ServerSideEncryptionConfiguration"]["Rules"]
    return {"rules": [_rule(rule) for rule in rules], **_region(call)}


def _rule(rule: Props) -> Props:
    default = rule.get("ApplyServerSideEncryptionByDefault") or {}
    return {
        "applyServerSideEncryptionByDefault": {
            "sseAlgorithm": default.get("SSEAlgorithm", ""),
            "kmsMasterKeyId": default.get("KMSMasterKeyID", ""),
        },
        "bucketKeyEnabled": rule.get("BucketKeyEnabled", False),
    }


def _delete_encryption(call: Call[Aws]) -> None:
    """S3 goes back to keys of its own."""
    _passing(
        lambda: s3(call).delete_bucket_encryption(Bucket=call.id), "ServerSideEncryptionConfigurationNotFoundError"
    )


# No public access


def _put_block(call: Call[Aws]) -> str:
    client, bucket = s3(call), call.new["bucket"]
    wanted = {theirs: bool(call.new.get(ours)) for ours, theirs in _BLOCKS.items()}
    _bucket_there(
        lambda: client.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=wanted),
    )
    return bucket


def _update_block(call: Call[Aws]) -> None:
    _put_block(call)


def _read_block(call: Call[Aws]) -> Props | None:
    found = _found(lambda: s3(call).get_public_access_block(Bucket=call.id), "NoSuchPublicAccessBlockConfiguration")
    if found is None:
        return None
    block = found["PublicAccessBlockConfiguration"]
    return {**{ours: block.get(theirs, False) for ours, theirs in _BLOCKS.items()}, **_region(call)}


def _delete_block(call: Call[Aws]) -> None:
    if not call.old.get("skipDestroy"):
        _passing(lambda: s3(call).delete_public_access_block(Bucket=call.id), "NoSuchPublicAccessBlockConfiguration")


# What happens to objects as they age


def _put_lifecycle(call: Call[Aws]) -> str:
    client, bucket = s3(call), call.new["bucket"]
    rules = [_aging(rule) for rule in call.new["rules"]]
    _bucket_there(
        lambda: client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
    )
    return bucket


def _aging(rule: Props) -> Props:
    """One rule, of those that are asked for here."""
    told: Props = {"ID": rule["id"], "Status": rule["status"], "Filter": {"Prefix": rule["filter"].get("prefix", "")}}
    if rule.get("expiration"):
        told["Expiration"] = {"Days": int(rule["expiration"]["days"])}
    if rule.get("abortIncompleteMultipartUpload"):
        days = int(rule["abortIncompleteMultipartUpload"]["daysAfterInitiation"])
        told["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
    return told


def _update_lifecycle(call: Call[Aws]) -> None:
    _put_lifecycle(call)


def _read_lifecycle(call: Call[Aws]) -> Props | None:
    found = _found(lambda: s3(call).get_bucket_lifecycle_configuration(Bucket=call.id), "NoSuchLifecycleConfiguration")
    return None if found is None else {"rules": [_aged(rule) for rule in found["Rules"]], **_region(call)}


def _aged(rule: Props) -> Props:
    read: Props = {"id": rule["ID"], "status": rule["Status"], "filter": {"prefix": rule["Filter"].get("Prefix", "")}}
    if "Expiration" in rule:
        read["expiration"] = {"days": rule["Expiration"]["Days"]}
    if "AbortIncompleteMultipartUpload" in rule:
        days = rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
        read["abortIncompleteMultipartUpload"] = {"daysAfterInitiation": days}
    return read


def _delete_lifecycle(call: Call[Aws]) -> None:
    _passing(lambda: s3(call).delete_bucket_lifecycle(Bucket=call.id), "NoSuchLifecycleConfiguration")


# Policy


def _put_policy(call: Call[Aws]) -> str:
    client, bucket = s3(call), call.new["bucket"]
    _bucket_there(lambda: client.put_bucket_policy(Bucket=bucket, Policy=call.new["policy"]), "MalformedPolicy")
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
    found = _found(lambda: client.get_bucket_policy(Bucket=bucket), "NoSuchBucketPolicy")
    return as_text(found["Policy"]) if found else ""


def _read_policy(call: Call[Aws]) -> Props | None:
    policy = _policy(s3(call), call.id)
    return {"policy": sorted_json(policy), **_region(call)} if policy else None


def _delete_policy(call: Call[Aws]) -> None:
    _passing(lambda: s3(call).delete_bucket_policy(Bucket=call.id), "NoSuchBucketPolicy")


_BUCKET = length(1, 63)

ENTRIES = (
    Entry(
        token="aws:s3/bucketVersioning:BucketVersioning",
        replaces=("bucket", "expectedBucketOwner"),
        replaces_when=_never_back,
        computed=("versioningConfiguration.mfaDelete",),
        checks={
            "bucket": _BUCKET,
            "versioningConfiguration.status": one_of("Enabled", "Suspended", _OFF),
            "versioningConfiguration.mfaDelete": unsupported,
            **dict.fromkeys(("expectedBucketOwner", "mfa"), unsupported),
        },
        create=_put_versioning,
        read=_read_versioning,
        update=_update_versioning,
        delete=_suspend_versioning,
    ),
    Entry(
        token="aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        replaces=("bucket", "expectedBucketOwner"),
        checks={
            "bucket": _BUCKET,
            "expectedBucketOwner": unsupported,
            "rules": length(1, 1),
            "rules.applyServerSideEncryptionByDefault.sseAlgorithm": model(
                "s3",
                "PutBucketEncryption",
                "ServerSideEncryptionConfiguration.Rules.[].ApplyServerSideEncryptionByDefault.SSEAlgorithm",
            ),
            "rules.blockedEncryptionTypes": unsupported,
        },
        sets=("rules",),
        create=_put_encryption,
        read=_read_encryption,
        update=_update_encryption,
        delete=_delete_encryption,
    ),
    Entry(
        token="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        engine="PF",
        replaces=("bucket", "expectedBucketOwner"),
        required=("rules",),
        computed=("transitionDefaultMinimumObjectSize",),
        checks={
            "bucket": _BUCKET,
            **dict.fromkeys(("expectedBucketOwner", "transitionDefaultMinimumObjectSize"), unsupported),
            "rules": length(1, 1000),
            "rules.id": length(1, 255),
            "rules.status": one_of("Enabled", _OFF),
            "rules.expiration.days": between(1, 2_147_483_647),
            "rules.abortIncompleteMultipartUpload.daysAfterInitiation": between(1, 2_147_483_647),
            **{
                f"rules.{each}": unsupported
                for each in (
                    *("prefix", "transitions", "noncurrentVersionExpiration", "noncurrentVersionTransitions"),
                    *("expiration.date", "expiration.expiredObjectDeleteMarker", "filter.and", "filter.tag"),
                    *("filter.objectSizeGreaterThan", "filter.objectSizeLessThan"),
                )
            },
        },
        create=_put_lifecycle,
        read=_read_lifecycle,
        update=_update_lifecycle,
        delete=_delete_lifecycle,
    ),
    Entry(
        token="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        replaces=("bucket",),
        defaults=dict.fromkeys(_BLOCKS, False),
        checks={"bucket": _BUCKET},
        create=_put_block,
        read=_read_block,
        update=_update_block,
        delete=_delete_block,
    ),
    Entry(
        token="aws:s3/bucketPolicy:BucketPolicy",
        replaces=("bucket",),
        documents=("policy",),
        checks={"bucket": _BUCKET, "policy": json_text},
        same={"policy": same_policy},
        keeps=("policy",),
        stored={"policy": sorted_json},
        create=_put_policy,
        read=_read_policy,
        update=_update_policy,
        delete=_delete_policy,
    ),
)
