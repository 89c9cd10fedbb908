"""The bucket of all states: nobody outside sees it, it is encrypted under our key, and no state is lost by a write.

The bucket of the bill is as closed; AWS writes it anew each day, and has every line of it anyway."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from policies.engine.resources import UNKNOWN, Resource, Stack
from policies.engine.rules import Breach, Finding, Severity, StackRule
from rollout.names import BILLING_EXPORT

BUCKET: Final = "aws:s3/bucket:Bucket"
BLOCK: Final = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ENCRYPTION: Final = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
VERSIONING: Final = "aws:s3/bucketVersioning:BucketVersioning"
PRIVATE = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def judge(stack: Stack) -> Iterator[Finding]:
    for bucket in stack.of(BUCKET):
        name = bucket.props.get("bucket")
        if not name or name is UNKNOWN:
            yield Breach("its name is not known in a preview; give it plainly", bucket.urn)
            continue
        settings = [r for r in stack.of(BLOCK, ENCRYPTION, VERSIONING) if r.props.get("bucket") == name]
        is_bill = str(name).startswith(f"{BILLING_EXPORT}-")
        yield from (Breach(mistake, bucket.urn) for mistake in (_open if is_bill else _mistakes)(settings))


def _open(settings: list[Resource]) -> Iterator[str]:
    if not any(all(r.props.get(key) is True for key in PRIVATE) for r in settings if r.type == BLOCK):
        yield f"may become public; a BucketPublicAccessBlock with all of {', '.join(PRIVATE)} is missing"


def _mistakes(settings: list[Resource]) -> Iterator[str]:
    yield from _open(settings)
    if not any(_under_a_key(r.props.get("rules")) for r in settings if r.type == ENCRYPTION):
        yield "is not encrypted under a key of ours (aws:kms)"
    if not any(_at(r.props.get("versioningConfiguration"), "status") == "Enabled" for r in settings):
        yield "keeps no versions; a state that was written over would be lost"


def _under_a_key(rules: Any) -> bool:
    defaults = [_at(rule, "applyServerSideEncryptionByDefault") for rule in rules] if isinstance(rules, list) else []  # pyright: ignore
    return bool(defaults) and all(
        _at(each, "sseAlgorithm") == "aws:kms" and bool(_at(each, "kmsMasterKeyId")) for each in defaults
    )


def _at(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None  # pyright: ignore


RULE = StackRule(
    name="state-bucket-is-guarded",
    severity=Severity.CRITICAL,
    description=(
        "A bucket is never public; but for the bill's, it is encrypted under a KMS key that is named and keeps "
        "versions."
    ),
    remediation="Give it the settings that `components/identity/deployment.py` gives the states' bucket.",
    url="https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html",
    judge=judge,
    applies=lambda stack: bool(stack.of(BUCKET)),
)
