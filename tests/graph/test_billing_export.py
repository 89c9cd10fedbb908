"""The export of AWS's bill: there where the stack file asks for it, closed, and by person."""

from __future__ import annotations

import json
from typing import Any

from tests import recording, stacks
from tests.registrations import Recorded

EXPORT, POLICY = "aws:bcmdata/export:Export", "aws:s3/bucketPolicy:BucketPolicy"
NAME = "claude-code-billing-123456789012"


def recorded(**said: Any) -> Recorded:
    return recording.run(stacks.config(stacks.small() | said))


def test_nothing_is_exported_unless_it_is_asked_for() -> None:
    for found in (
        recorded(),
        recorded(billing_export={"bucket": "acme-billing"}),
        recorded(billing_export={}, adopt={"meter": True}),
    ):
        assert not found.of(EXPORT)
        assert not [each for each in found.order if each.type.startswith("aws:s3/")]


def test_the_bill_goes_by_day_and_person_to_a_bucket_of_the_accounts_own() -> None:
    found = recorded(billing_export={"keep_days": 90})
    (export,) = found.of(EXPORT)
    said = export.inputs["export"]
    (query,) = said["dataQueries"]
    assert "line_item_iam_principal" in query["queryStatement"]
    configured = query["tableConfigurations"]["COST_AND_USAGE_REPORT"]
    assert (configured["INCLUDE_IAM_PRINCIPAL_DATA"], configured["TIME_GRANULARITY"]) == ("TRUE", "DAILY")
    (place,) = said["destinationConfigurations"][0]["s3Destinations"]
    assert (place["s3Bucket"], place["s3Region"]) == (NAME, "us-east-1")
    assert place["s3OutputConfigurations"] == [
        {"compression": "GZIP", "format": "TEXT_OR_CSV", "outputType": "CUSTOM", "overwrite": "OVERWRITE_REPORT"}
    ]
    (policy,) = found.of(POLICY)
    assert policy.urn in export.depends_on
    (aging,) = found.of("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
    assert aging.inputs["rules"][0]["expiration"] == {"days": 90}


def test_only_aws_may_write_the_bill_for_this_accounts_export_alone() -> None:
    (policy,) = recorded(billing_export={}).of(POLICY)
    (write, plain) = json.loads(policy.inputs["policy"])["Statement"]
    assert write["Principal"] == {"Service": "bcm-data-exports.amazonaws.com"}
    assert (write["Action"], write["Resource"]) == (["s3:PutObject"], [f"arn:aws:s3:::{NAME}/*"])
    assert write["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:bcm-data-exports:us-east-1:123456789012:export/claude-code-billing-*"},
    }
    assert plain["Effect"] == "Deny"
