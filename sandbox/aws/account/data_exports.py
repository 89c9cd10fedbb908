"""Data Exports of Billing, a service moto does not have: exports of the bill, and whether they could be written.

Nothing is spent in the sandbox and nothing is delivered by itself: `billing` writes a bill from the invocation records
when it is told to. Exports live in moto's S3 backend, whose buckets they name, and so in its snapshot.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

from moto.s3.models import FakeBucket, s3_backends

from sandbox.aws import trust
from sandbox.aws.account.json_service import REGION, Given, answered, invalid
from sandbox.aws.models.catalogue import PARTITION
from sandbox.aws.refusals import JsonRefusal
from sandbox.settings import served_account

SERVICE = "bcm-data-exports"
STORED_WITH = "s3"
TABLE = "COST_AND_USAGE_REPORT"
WRITER = f"{SERVICE}.amazonaws.com"
# Of CUR 2.0's 125 or so, those that anybody asked for here.
COLUMNS = frozenset(
    {
        *("bill_payer_account_id", "identity_line_item_id", "identity_time_interval", "line_item_blended_cost"),
        *("line_item_currency_code", "line_item_iam_principal", "line_item_line_item_description"),
        *("line_item_line_item_type", "line_item_operation", "line_item_product_code", "line_item_resource_id"),
        *("line_item_unblended_cost", "line_item_usage_account_id", "line_item_usage_amount"),
        *("line_item_usage_end_date", "line_item_usage_start_date", "line_item_usage_type", "pricing_unit"),
        *("product", "resource_tags", "tags"),
    }
)
BILLING_VIEW = "BILLING_VIEW_ARN"
# Table configuration -> what it may be, and the column that is there only with TRUE.
CONFIGURATIONS: dict[str, tuple[frozenset[str], str | None]] = {
    "TIME_GRANULARITY": (frozenset({"HOURLY", "DAILY", "MONTHLY"}), None),
    "INCLUDE_RESOURCES": (frozenset({"TRUE", "FALSE"}), "line_item_resource_id"),
    "INCLUDE_IAM_PRINCIPAL_DATA": (frozenset({"TRUE", "FALSE"}), "line_item_iam_principal"),
    "INCLUDE_SPLIT_COST_ALLOCATION_DATA": (frozenset({"TRUE", "FALSE"}), None),
    "INCLUDE_MANUAL_DISCOUNT_COMPATIBILITY": (frozenset({"TRUE", "FALSE"}), None),
    "INCLUDE_CAPACITY_RESERVATION_DATA": (frozenset({"TRUE", "FALSE"}), None),
}
_QUERY = re.compile(rf"SELECT\s+(?P<columns>[a-z0-9_,\s]+?)\s+FROM\s+{TABLE}\s*", re.IGNORECASE)
_OF_TABLE = 2


def answer(operation: str, region: str, body: bytes) -> bytes:
    """The answer of one call; JsonRefusal where AWS would refuse."""
    return answered(SERVICE, _OPERATIONS, operation, region, body)


def exports() -> dict[str, Given]:
    """By ARN: `Export`, `ResourceTags`, `CreatedAt`, `LastUpdatedAt`."""
    return vars(s3_backends[served_account()][PARTITION]).setdefault("data_exports", {})


def bucket_of(name: str) -> FakeBucket | None:
    return s3_backends[served_account()][PARTITION].buckets.get(name)


def _find(arn: str) -> Given:
    if arn not in exports():
        raise JsonRefusal("ResourceNotFoundException", f"Export not found: {arn}")
    return exports()[arn]


def _create(given: Given) -> Given:
    wanted = given["Export"]
    if any(each["Export"]["Name"] == wanted["Name"] for each in exports().values()):
        raise invalid(f"An export with this name already exists: {wanted['Name']}")
    if len(exports()) >= _OF_TABLE:
        raise JsonRefusal(
            "ServiceQuotaExceededException", f"Account has reached the resource limit of {_OF_TABLE} on {TABLE} table."
        )
    arn = f"arn:{PARTITION}:{SERVICE}:{REGION}:{served_account()}:export/{wanted['Name']}-{uuid4()}"
    _check(wanted, arn)
    now = datetime.now(UTC).isoformat()
    kept = {"Export": wanted | {"ExportArn": arn}, "ResourceTags": given.get("ResourceTags") or [], "CreatedAt": now}
    exports()[arn] = kept | {"LastUpdatedAt": now}
    return {"ExportArn": arn}


def _update(given: Given) -> Given:
    found, wanted = _find(given["ExportArn"]), given["Export"]
    if wanted["Name"] != found["Export"]["Name"]:
        raise invalid("The name of an export cannot change")
    if wanted["DataQuery"].get("TableConfigurations") != found["Export"]["DataQuery"].get("TableConfigurations"):
        raise invalid("The table configurations of an export cannot change")
    _check(wanted, given["ExportArn"])
    found["Export"] = wanted | {"ExportArn": given["ExportArn"]}
    found["LastUpdatedAt"] = datetime.now(UTC).isoformat()
    return {"ExportArn": given["ExportArn"]}


def _check(wanted: Given, arn: str) -> None:
    query = wanted["DataQuery"]
    columns = columns_of(query["QueryStatement"])
    configurations = (query.get("TableConfigurations") or {}).get(TABLE) or {}
    view = f"arn:{PARTITION}:billing::{served_account()}:billingview/primary"
    for name, value in configurations.items():
        if value not in ({view} if name == BILLING_VIEW else CONFIGURATIONS.get(name, ((), None))[0]):
            raise invalid(f"Table configuration is not valid: {name}={value}")
    for name, (_, column) in CONFIGURATIONS.items():
        if column in columns and configurations.get(name) != "TRUE":
            raise invalid(f"Column {column} is not in {TABLE} without {name}")
    place = wanted["DestinationConfigurations"]["S3Destination"]
    bucket = bucket_of(place["S3Bucket"])
    if bucket is None or bucket.region_name != place["S3Region"] or not _may_write(bucket, arn, place["S3Prefix"]):
        raise invalid("S3 bucket permission validation failed")
    output = place["S3OutputConfigurations"]
    if (output["Format"], output["Compression"]) not in {("TEXT_OR_CSV", "GZIP"), ("PARQUET", "PARQUET")}:
        raise invalid(f"Format {output['Format']} cannot be compressed by {output['Compression']}")


def columns_of(statement: str) -> list[str]:
    """Names alone: neither `*` nor what is calculated, which is more than was asked for here."""
    found = _QUERY.fullmatch(statement.strip())
    if not found:
        raise invalid(f"Query statement is not valid: {statement[:200]}")
    columns = [name.strip().lower() for name in found["columns"].split(",")]
    if unknown := [name for name in columns if name not in COLUMNS]:
        raise invalid(f"Query statement is not valid: Column {unknown[0]} cannot be resolved")
    return columns


def _may_write(bucket: FakeBucket, arn: str, prefix: str) -> bool:
    """By what the bucket's policy says of the service, on behalf of this export."""
    if bucket.policy is None:
        return False
    document = json.loads(bucket.policy)
    statements = [
        each
        for each in document["Statement"]
        if each.get("Principal") in ("*", {"Service": WRITER}) or WRITER in (each.get("Principal") or {}).values()
    ]
    context = {"aws:sourceaccount": (served_account(),), "aws:sourcearn": (arn,), "aws:securetransport": ("true",)}
    asked = trust.Request(action="s3:PutObject", resource=f"{bucket.arn}/{prefix}/x", context=context)
    return trust.judge([document | {"Statement": statements}], asked) is trust.Verdict.ALLOWED


def _get(given: Given) -> Given:
    found = _find(given["ExportArn"])
    status = {"StatusCode": "HEALTHY", "CreatedAt": found["CreatedAt"], "LastUpdatedAt": found["LastUpdatedAt"]}
    return {"Export": found["Export"], "ExportStatus": status}


def _delete(given: Given) -> Given:
    _find(given["ExportArn"])
    del exports()[given["ExportArn"]]
    return {"ExportArn": given["ExportArn"]}


def _tag(given: Given) -> Given:
    found = _find(given["ResourceArn"])
    tags = {tag["Key"]: tag["Value"] for tag in [*found["ResourceTags"], *given["ResourceTags"]]}
    found["ResourceTags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    return {}


def _untag(given: Given) -> Given:
    found = _find(given["ResourceArn"])
    found["ResourceTags"] = [tag for tag in found["ResourceTags"] if tag["Key"] not in given["ResourceTagKeys"]]
    return {}


def _list_tags(given: Given) -> Given:
    return {"ResourceTags": _find(given["ResourceArn"])["ResourceTags"]}


_OPERATIONS: dict[str, Callable[[Given], Given]] = {
    "CreateExport": _create,
    "UpdateExport": _update,
    "GetExport": _get,
    "DeleteExport": _delete,
    "TagResource": _tag,
    "UntagResource": _untag,
    "ListTagsForResource": _list_tags,
}
