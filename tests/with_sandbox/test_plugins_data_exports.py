"""Exports of the bill, and how long their bucket keeps them, behave as `pulumi-aws` has them."""

from __future__ import annotations

import copy
import json
from typing import Any

import grpc
import pytest

from rollout.account import Account
from rollout.reconcile import billing_export
from sandbox.plugins.framework.values import Props
from sandbox.settings import ACCOUNT_ID, REGION
from sandbox.tests.cloud_harness import Cloud
from sandbox.tests.plugins.plugin_harness import Engine, Refused, kinds, said

EXPORT = "aws:bcmdata/export:Export"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
HERE = Account(ACCOUNT_ID, REGION)
BUCKET = f"claude-code-billing-{ACCOUNT_ID}"
RULE: Props = {"id": "kept", "status": "Enabled", "filter": {"prefix": ""}, "expiration": {"days": 400}}
AGING: Props = {"bucket": BUCKET, "rules": [RULE | {"abortIncompleteMultipartUpload": {"daysAfterInitiation": 7}}]}


def wanted(**changes: Any) -> Props:
    """As the component declares it, with `changes` at `query`, `configured`, `place` or `output`."""
    output = {"compression": "GZIP", "format": "TEXT_OR_CSV", "outputType": "CUSTOM", "overwrite": "OVERWRITE_REPORT"}
    place = {"s3Bucket": BUCKET, "s3Prefix": "exports", "s3Region": REGION}
    configured = billing_export.table_configurations()["COST_AND_USAGE_REPORT"] | changes.get("configured", {})
    query = {
        "queryStatement": changes.get("query", billing_export.query()),
        "tableConfigurations": {"COST_AND_USAGE_REPORT": configured},
    }
    destination = {**place, **changes.get("place", {}), "s3OutputConfigurations": [output | changes.get("output", {})]}
    return {
        "export": {
            "name": changes.get("name", "claude-code-billing"),
            "dataQueries": [query],
            "destinationConfigurations": [{"s3Destinations": [destination]}],
            "refreshCadences": [{"frequency": "SYNCHRONOUS"}],
        }
    }


@pytest.fixture
def s3(cloud: Cloud) -> Any:
    """With the bucket, and what the component lets in."""
    client = cloud.aws.client("s3")
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(billing_export.bucket_policy(HERE)))
    return client


@pytest.mark.usefixtures("s3")
def test_an_export_lives(engine: Engine, cloud: Cloud) -> None:
    made = engine.create(EXPORT, "bill", wanted() | {"tags": {"organization": "acme"}})
    assert made.id.startswith(f"arn:aws:bcm-data-exports:us-east-1:{ACCOUNT_ID}:export/claude-code-billing-")
    assert made.outputs["arn"] == made.id
    same = wanted() | {"tags": {"organization": "acme"}}
    assert kinds(engine.changes(made, same)) == {}
    narrower = wanted(query="SELECT line_item_usage_type FROM COST_AND_USAGE_REPORT")
    assert not engine.changes(made, narrower).replaces
    changed = engine.update(made, narrower)
    exports = cloud.aws.client("bcm-data-exports")
    found = exports.get_export(ExportArn=made.id)["Export"]
    assert found["DataQuery"]["QueryStatement"] == "SELECT line_item_usage_type FROM COST_AND_USAGE_REPORT"
    assert exports.list_tags_for_resource(ResourceArn=made.id)["ResourceTags"] == []
    for other in (wanted(name="another"), wanted(configured={"TIME_GRANULARITY": "HOURLY"})):
        assert list(engine.changes(changed, other).replaces) == ["export"]
    engine.delete(changed)
    with pytest.raises(exports.exceptions.ResourceNotFoundException):
        exports.get_export(ExportArn=made.id)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"query": "SELECT * FROM COST_AND_USAGE_REPORT"}, "Query statement is not valid"),
        ({"query": "SELECT line_item_nothing FROM COST_AND_USAGE_REPORT"}, "line_item_nothing cannot be resolved"),
        ({"configured": {"INCLUDE_IAM_PRINCIPAL_DATA": "FALSE"}}, "not in COST_AND_USAGE_REPORT without INCLUDE_IAM"),
        ({"configured": {"TIME_GRANULARITY": "WEEKLY"}}, "Table configuration is not valid"),
        ({"place": {"s3Bucket": "somebody-elses"}}, "S3 bucket permission validation failed"),
        ({"name": "another"}, "S3 bucket permission validation failed"),
        ({"output": {"compression": "PARQUET"}}, "cannot be compressed by PARQUET"),
    ],
)
@pytest.mark.usefixtures("s3")
def test_aws_refuses_what_it_could_not_deliver(engine: Engine, changes: Props, reason: str) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        engine.create(EXPORT, "bill", wanted(**changes))
    assert reason in said(refused.value)


def test_values_the_provider_refuses_are_refused_before_any_call(planner: Engine) -> None:
    wrong = wanted(output={"overwrite": "NEVER"})
    with pytest.raises(Refused) as refused:
        planner.check(EXPORT, "bill", wrong)
    assert "must be one of CREATE_NEW_REPORT" in str(refused.value.failures)
    with pytest.raises(Refused) as refused:
        planner.check(LIFECYCLE, "bill", {"bucket": BUCKET, "rules": [RULE | {"status": "On"}]})
    assert "must be one of Enabled" in str(refused.value.failures)


def test_a_buckets_lifecycle_lives(engine: Engine, s3: Any) -> None:
    made = engine.create(LIFECYCLE, "aging", AGING)
    assert kinds(engine.changes(made, AGING)) == {}
    shorter = copy.deepcopy(AGING)
    shorter["rules"][0]["expiration"]["days"] = 90
    changed = engine.update(made, shorter)
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert (rule["Expiration"]["Days"], rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]) == (90, 7)
    engine.delete(changed)
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)
