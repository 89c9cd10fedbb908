"""A bill, written into each export's bucket out of the invocation records: what AWS would charge for them, with faults
to be found.

Asked for by `POST /sandbox/billing`: `{"month": "2026-11", "prices": {"Claude Sonnet 5.5": {"input": 2, "output": 10,
"cache_read": 0.1, "cache_write": 2.5}}, "omit": ["alice@acme.example"], "factor": {"Claude Sonnet 5.5": 1.1},
"tax_percent": 8}`. Prices are USD per million tokens, by the model's name; `omit` leaves people out; `factor` makes a
model dearer.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, cast

from moto.bedrock.models import bedrock_backends
from moto.logs.models import logs_backends
from moto.s3.models import s3_backends

from sandbox.aws.account import data_exports
from sandbox.aws.models.catalogue import MODELS, PARTITION
from sandbox.aws.models.profiles import Profiles
from sandbox.settings import REGION, served_account

# Part of a usage type -> where a record has the tokens.
_COUNTS = {
    "input-tokens": ("input", "inputTokenCount", "input"),
    "output-tokens": ("output", "outputTokenCount", "output"),
    "cache-read-input-tokens": ("input", "cacheReadInputTokenCount", "cache_read"),
    "cache-write-input-tokens": ("input", "cacheWriteInputTokenCount", "cache_write"),
}
Row = dict[str, str]


def write(payload: Any) -> dict[str, int]:
    """How many lines each export, by its name, has of the month now. ValueError for what cannot be priced."""
    if not isinstance(payload, dict) or not {"month", "prices"} <= payload.keys():
        raise ValueError("must be an object with month and prices")
    asked = cast("Mapping[str, Any]", payload)
    rows = list(_rows(asked))
    for export in data_exports.exports().values():
        _deliver(export["Export"], asked["month"], rows)
    return {export["Export"]["Name"]: len(rows) for export in data_exports.exports().values()}


def _rows(asked: Mapping[str, Any]) -> Iterator[Row]:
    used: Counter[tuple[str, str, str, str]] = Counter()
    for record in _records():
        person = record["identity"]["arn"].rpartition("/")[2]
        if record["timestamp"].startswith(asked["month"]) and person not in asked.get("omit", ()):
            for word, (part, field, _) in _COUNTS.items():
                tokens = (record.get(part) or {}).get(field) or 0
                used[record["timestamp"][:10], record["identity"]["arn"], _model(record["modelId"]), word] += tokens
    total = Decimal()
    for (day, principal, model, word), tokens in sorted(used.items()):
        if tokens:
            price = Decimal(str(asked["prices"][model][_COUNTS[word][2]]))
            usd = price * Decimal(str(asked.get("factor", {}).get(model, 1))) * tokens / 1_000_000
            total += usd
            family, version = model.removeprefix("Claude ").rsplit(" ", 1)
            kind = f"USE1-Claude{version}{family}-{word}"
            yield _row(day, "Usage", kind, Decimal(tokens) / 1000, usd, model) | {"line_item_iam_principal": principal}
    if asked.get("tax_percent"):
        tax = total * Decimal(str(asked["tax_percent"])) / 100
        yield _row(f"{asked['month']}-01", "Tax", "", Decimal(), tax, "Claude")


def _row(day: str, type_: str, usage_type: str, amount: Decimal, usd: Decimal, model: str) -> Row:
    return {
        "line_item_usage_start_date": f"{day}T00:00:00.000Z",
        "line_item_usage_account_id": served_account(),
        "line_item_line_item_type": type_,
        "line_item_usage_type": usage_type,
        "line_item_usage_amount": f"{amount:f}",
        "line_item_unblended_cost": f"{usd:.10f}",
        "line_item_currency_code": "USD",
        "line_item_line_item_description": f"{model} on Amazon Bedrock",
        "pricing_unit": "1K tokens",
        "product": json.dumps({"product_name": f"{model} (Amazon Bedrock Edition)"}),
    }


def _records() -> Iterator[Mapping[str, Any]]:
    account = served_account()
    config = bedrock_backends[account][REGION].get_model_invocation_logging_configuration() or {}
    group = logs_backends[account][REGION].groups.get((config.get("cloudWatchConfig") or {}).get("logGroupName", ""))
    for stream in list(group.streams.values()) if group else ():
        yield from (json.loads(event.message) for event in list(stream.events))


def _model(model_id: str) -> str:
    """The name of what an invocation led to, also through an application's profile."""
    profile = Profiles(bedrock_backends[served_account()][REGION]).get(model_id)
    model = (profile.models[0] if profile else model_id).rpartition("/")[2]
    if model not in MODELS:
        raise ValueError(f"no model of the catalogue, and no profile that is there: {model_id}")
    return MODELS[model]


def _deliver(export: Mapping[str, Any], month: str, rows: list[Row]) -> None:
    place = export["DestinationConfigurations"]["S3Destination"]
    columns = data_exports.columns_of(export["DataQuery"]["QueryStatement"])
    text = io.StringIO()
    csv.writer(text).writerows([columns, *([row.get(name, "") for name in columns] for row in rows)])
    folder, name = f"{place['S3Prefix']}/{export['Name']}", export["Name"]
    key = f"{folder}/data/BILLING_PERIOD={month}/{name}-00001.csv.gz"
    manifest = {"exportName": name, "dataFiles": [f"s3://{place['S3Bucket']}/{key}"]}
    backend = s3_backends[served_account()][PARTITION]
    backend.put_object(place["S3Bucket"], key, gzip.compress(text.getvalue().encode()))
    where = f"{folder}/metadata/BILLING_PERIOD={month}/{name}-Manifest.json"
    backend.put_object(place["S3Bucket"], where, json.dumps(manifest).encode())
