"""AWS's bill of a month, as an export has put it into a bucket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, cast

from botocore.exceptions import ClientError

from cli.live.aws import Clients
from cli.terminal.errors import CommandError
from rollout.reconcile.lines import Line, lines

FILES_AT_MOST = 2000
MANIFEST_AT_MOST = 4 * 1024 * 1024
ABSENT = frozenset({"NoSuchKey", "NoSuchBucket", "404"})


class NotWrittenError(CommandError):
    """AWS has written nothing of that month, or there is no such bucket."""


@dataclass(frozen=True, kw_only=True)
class Export:
    """`files`: keys in the bucket. `delivered`: when AWS wrote the manifest, which comes last."""

    bucket: str
    files: tuple[str, ...]
    delivered: datetime


def export_of(clients: Clients, bucket: str, folder: str, month: date) -> Export:
    """The newest delivery of a month, by its manifest. CommandError where it cannot be read, NotWrittenError where
    there is none."""
    period = f"BILLING_PERIOD={month:%Y-%m}"
    key = f"{folder}/metadata/{period}/{folder.rpartition('/')[2]}-Manifest.json"
    try:
        answer = clients("s3").get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in ABSENT:
            raise
        raise NotWrittenError(
            f"s3://{bucket}/{key}: not there. AWS writes an export's first files within a day, and nothing of the "
            "months before it was made; see `billing_export` of the stack file for another bucket"
        ) from None
    text = answer["Body"].read(MANIFEST_AT_MOST + 1)
    files = tuple(_files(text, f"s3://{bucket}/{key}", bucket, f"{folder}/data/{period}/"))
    return Export(bucket=bucket, files=files, delivered=cast("datetime", answer["LastModified"]).astimezone(UTC))


def _files(text: bytes, where: str, bucket: str, folder: str) -> Iterator[str]:
    """The manifest's `dataFiles`, each a key or an address in S3."""
    try:
        found: object = json.loads(text) if len(text) <= MANIFEST_AT_MOST else None
    except (ValueError, RecursionError):
        found = None
    said: object = cast("dict[str, object]", found).get("dataFiles") if isinstance(found, dict) else None
    if not isinstance(said, list):
        raise CommandError(f"{where}: no manifest of an export: a list dataFiles is missing")
    files = cast("list[object]", said)
    if len(files) > FILES_AT_MOST:
        raise CommandError(f"{where}: names {len(files):,} files; more than {FILES_AT_MOST:,} are not read")
    for each in files:
        key = str(each).removeprefix(f"s3://{bucket}/")
        if not key.startswith(folder):
            raise CommandError(f"{where}: names a file of another folder: {key[:200]!a}")
        if not key.endswith(".csv.gz"):
            raise CommandError(f"{where}: not text under gzip: {key[:200]!a}; export as TEXT_OR_CSV with GZIP")
        yield key


def bill(clients: Clients, export: Export) -> Iterator[Line]:
    """Its lines, while they come. ExportError for what cannot be read."""
    for key in export.files:
        body: Any = clients("s3").get_object(Bucket=export.bucket, Key=key)["Body"]
        yield from lines(body, f"s3://{export.bucket}/{key}")
