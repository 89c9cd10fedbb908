"""What becomes of a bucket's objects: versions, encryption, and what happens as they age."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.plugins.aws.client import Aws
from sandbox.plugins.aws.resources.s3.bucket_parts import BUCKET, asked, bucket_there, passing, region
from sandbox.plugins.aws.resources.s3.buckets import SECONDS, s3
from sandbox.plugins.framework.constraints import between, length, model, one_of, unsupported
from sandbox.plugins.framework.entry import Call, Entry
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import wait_until

_OFF = "Disabled"


def _status(props: Props) -> str:
    return (props.get("versioningConfiguration") or {}).get("status", "")


def _put_versioning(call: Call[Aws]) -> str:
    """A bucket that never had versions is `Disabled`; nobody can go back to that."""
    client, bucket, wanted = s3(call), call.new["bucket"], _status(call.new)
    if wanted != _OFF:
        configuration = {"Status": wanted}
        bucket_there(
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
    found = asked(lambda: s3(call).get_bucket_versioning(Bucket=call.id))
    if found is None:
        return None
    configuration = {"status": found.get("Status") or _OFF, "mfaDelete": found.get("MFADelete") or ""}
    return {"versioningConfiguration": configuration, **region(call)}


def _suspend_versioning(call: Call[Aws]) -> None:
    """Versions that are there stay."""
    if _status(call.old) != _OFF:
        suspended = {"Status": "Suspended"}
        passing(lambda: s3(call).put_bucket_versioning(Bucket=call.id, VersioningConfiguration=suspended))


def _never_back(old: Props, new: Props) -> Iterable[str]:
    """`Disabled` after anything else takes another bucket."""
    was, wanted = _status(old), _status(new)
    return ("versioningConfiguration",) if wanted == _OFF and was not in {"", _OFF} else ()


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
    bucket_there(
        lambda: client.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})
    )
    return bucket


def _update_encryption(call: Call[Aws]) -> None:
    _put_encryption(call)


def _read_encryption(call: Call[Aws]) -> Props | None:
    found = asked(
        lambda: s3(call).get_bucket_encryption(Bucket=call.id), "ServerSideEncryptionConfigurationNotFoundError"
    )
    if found is None:
        return None
    rules = found["ServerSideEncryptionConfiguration"]["Rules"]
    return {"rules": [_rule(rule) for rule in rules], **region(call)}


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
    passing(lambda: s3(call).delete_bucket_encryption(Bucket=call.id), "ServerSideEncryptionConfigurationNotFoundError")


def _put_lifecycle(call: Call[Aws]) -> str:
    client, bucket = s3(call), call.new["bucket"]
    rules = [_aging(rule) for rule in call.new["rules"]]
    bucket_there(
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
    found = asked(lambda: s3(call).get_bucket_lifecycle_configuration(Bucket=call.id), "NoSuchLifecycleConfiguration")
    return None if found is None else {"rules": [_aged(rule) for rule in found["Rules"]], **region(call)}


def _aged(rule: Props) -> Props:
    read: Props = {"id": rule["ID"], "status": rule["Status"], "filter": {"prefix": rule["Filter"].get("Prefix", "")}}
    if "Expiration" in rule:
        read["expiration"] = {"days": rule["Expiration"]["Days"]}
    if "AbortIncompleteMultipartUpload" in rule:
        days = rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
        read["abortIncompleteMultipartUpload"] = {"daysAfterInitiation": days}
    return read


def _delete_lifecycle(call: Call[Aws]) -> None:
    passing(lambda: s3(call).delete_bucket_lifecycle(Bucket=call.id), "NoSuchLifecycleConfiguration")


ENTRIES = (
    Entry(
        token="aws:s3/bucketVersioning:BucketVersioning",
        replaces=("bucket", "expectedBucketOwner"),
        replaces_when=_never_back,
        computed=("versioningConfiguration.mfaDelete",),
        checks={
            "bucket": BUCKET,
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
            "bucket": BUCKET,
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
            "bucket": BUCKET,
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
)
