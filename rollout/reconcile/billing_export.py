"""The data export of AWS's bill that the program declares: what is in it, where it goes, who may write it.

CUR 2.0 (AWS Data Exports user guide, table `COST_AND_USAGE_REPORT`): one line per day, principal and usage type, with
the caller in `line_item_iam_principal`. Text and gzip, so that Python reads it without more.
"""

from __future__ import annotations

from typing import Any

from rollout import names
from rollout.access.documents import Document, allow, document, no_plain_http
from rollout.account import Account
from rollout.model.billing import BillingExport
from rollout.reconcile.lines import COLUMNS

TABLE = "COST_AND_USAGE_REPORT"
SERVICE = "bcm-data-exports.amazonaws.com"


def query() -> str:
    """The columns that are compared, and no others: what is not exported names nobody. Data Exports takes no `*`."""
    return f"SELECT {', '.join(COLUMNS)} FROM {TABLE}"  # noqa: S608  of constants


def table_configurations() -> dict[str, dict[str, str]]:
    """By the day, since the meter's days are compared; no resources, which would be as many lines as there are profiles
    for no more to see."""
    return {
        TABLE: {
            "TIME_GRANULARITY": "DAILY",
            "INCLUDE_RESOURCES": "FALSE",
            "INCLUDE_IAM_PRINCIPAL_DATA": "TRUE",
            "INCLUDE_SPLIT_COST_ALLOCATION_DATA": "FALSE",
            "INCLUDE_MANUAL_DISCOUNT_COMPATIBILITY": "FALSE",
        }
    }


def output() -> dict[str, str]:
    """Each delivery takes the place of the one before, so that a month is one set of files."""
    return {"compression": "GZIP", "format": "TEXT_OR_CSV", "output_type": "CUSTOM", "overwrite": "OVERWRITE_REPORT"}


def bucket_policy(account: Account) -> Document:
    """Data Exports may write, for an export of this account's of our name alone (AWS Data Exports user guide, setting
    up a bucket); nobody reads or writes without TLS."""
    bucket = account.bucket_arn(names.billing_bucket(account.id))
    source = {
        "StringEquals": {"aws:SourceAccount": account.id},
        "ArnLike": {"aws:SourceArn": account.export_arn(names.BILLING_EXPORT)},
    }
    return document(
        {**allow("Delivery", ["s3:PutObject"], [f"{bucket}/*"], source), "Principal": {"Service": SERVICE}},
        no_plain_http(bucket),
    )


def place(export: BillingExport, account_id: str) -> tuple[str, str]:
    """The bucket, and the folder in it that has `data` and `metadata`."""
    own = f"{names.BILLING_FOLDER}/{names.BILLING_EXPORT}"
    if export.bucket is None:
        return names.billing_bucket(account_id), own
    return export.bucket, f"{export.folder}/{export.name}"


def declared(export: BillingExport | None, *, adopts_meter: bool) -> bool:
    """Whether the program makes it. A stack that adopts the meter has nothing to hold it against."""
    return export is not None and export.bucket is None and not adopts_meter


def export_name(export: BillingExport) -> str:
    return names.BILLING_EXPORT if export.bucket is None else export.name


def destination(account: Account) -> dict[str, Any]:
    return {
        "s3_bucket": names.billing_bucket(account.id),
        "s3_prefix": names.BILLING_FOLDER,
        "s3_region": account.region,
    }
