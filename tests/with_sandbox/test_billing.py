"""A bill that the sandbox writes from its own records, with faults planted, and what `rollout reconcile` finds."""

from __future__ import annotations

import copy
import json
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cli.billing import billing_export as live
from cli.billing import counted
from cli.terminal.errors import CommandError
from rollout import names
from rollout.account import Account
from rollout.reconcile import billing_export
from rollout.reconcile.books import Month, books
from rollout.reconcile.compare import Cause, Reconciliation, reconciliation
from rollout.usage.records import Tables, structured, usage
from sandbox.aws.account import billing
from sandbox.settings import ACCOUNT_ID, REGION
from sandbox.tests.aws_harness import Aws, serving
from tests.meter.test_usage import RECORD, SONNET
from tests.reconcile.world import ALICE, GRACE, findings, rollout
from tests.with_sandbox.test_plugins_data_exports import BUCKET

NAME = "Claude Sonnet 4.6"
PRICES = {NAME: {kind: float(usd) for kind, usd in SONNET.items()}}
# A day whose end is two days and more ago, so that all of it must be billed.
DAY = datetime.now(UTC) - timedelta(days=4)
MONTH = f"{DAY:%Y-%m}"


@pytest.fixture
def aws(tmp_path: Path) -> Generator[Aws]:
    with serving(tmp_path, lambda: {"keys": []}) as served:
        played(served)
        yield served


def played(aws: Aws) -> None:
    """Two people's day in the invocation log, counted by the meter's own reading, and an export that is empty yet."""
    logs, s3, bedrock = aws.client("logs"), aws.client("s3"), aws.client("bedrock")
    for group, stream in ((names.INVOCATION_LOG_GROUP, "x"), (names.usage_log_group("pilot"), "meter")):
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    config = {"cloudWatchConfig": {"logGroupName": names.INVOCATION_LOG_GROUP, "roleArn": role(aws)}}
    bedrock.put_model_invocation_logging_configuration(loggingConfig=config)
    tables = Tables(
        roles={"claude-code-pilot": "pilot"},
        teams={},
        prices={"sonnet": SONNET},
        profiles={},
        foundations={"anthropic.claude-sonnet-4-6": "sonnet"},
    )
    for number, (person, tokens) in enumerate([(ALICE, 1200), (ALICE, 77), (GRACE, 50_001)]):
        record: dict[str, Any] = copy.deepcopy(RECORD) | {
            "requestId": f"r-{number}",
            "modelId": "anthropic.claude-sonnet-4-6",
        }
        record["timestamp"] = f"{DAY:%Y-%m-%dT%H:%M:%SZ}"
        record["identity"]["arn"] = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/claude-code-pilot/{person}"
        record["input"]["inputTokenCount"] = tokens
        line = structured(usage(record, tables))
        at = int(DAY.timestamp() * 1000)
        for group, stream, said in (
            (names.INVOCATION_LOG_GROUP, "x", record),
            (names.usage_log_group("pilot"), "meter", line),
        ):
            event = {"timestamp": at, "message": json.dumps(said)}
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])
    s3.create_bucket(Bucket=BUCKET)
    here = Account(ACCOUNT_ID, REGION)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(billing_export.bucket_policy(here)))
    output = {"Compression": "GZIP", "Format": "TEXT_OR_CSV", "OutputType": "CUSTOM", "Overwrite": "OVERWRITE_REPORT"}
    place = {"S3Bucket": BUCKET, "S3Prefix": "exports", "S3Region": REGION, "S3OutputConfigurations": output}
    aws.client("bcm-data-exports").create_export(
        Export={
            "Name": names.BILLING_EXPORT,
            "DataQuery": {
                "QueryStatement": billing_export.query(),
                "TableConfigurations": billing_export.table_configurations(),
            },
            "DestinationConfigurations": {"S3Destination": place},
            "RefreshCadence": {"Frequency": "SYNCHRONOUS"},
        }
    )


def role(aws: Aws) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": "bedrock.amazonaws.com"}, "Action": "sts:AssumeRole"}
    write = {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}
    iam = aws.client("iam")
    made = iam.create_role(RoleName="logging", AssumeRolePolicyDocument=said(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="logging", PolicyName="write", PolicyDocument=said(write))
    return str(made)


def said(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def looked(aws: Aws, **planted: Any) -> Reconciliation:
    """What `rollout reconcile` sees of a bill with these faults."""
    billing.write({"month": MONTH, "prices": PRICES, **planted})
    file, here = rollout(), Account(ACCOUNT_ID, REGION)
    assert file.billing_export
    bucket, folder = billing_export.place(file.billing_export, ACCOUNT_ID)
    first = DAY.date().replace(day=1)
    export = live.export_of(aws.client, bucket, folder, first)
    month = Month(first=first, delivered=export.delivered)
    used = counted.counted(aws.client, ["pilot"], first, month.last, lambda _: None)
    return reconciliation(books(file, here, month, used, live.bill(aws.client, export)), datetime.now(UTC))


def test_exactly_the_planted_differences_are_found(aws: Aws) -> None:
    assert looked(aws, tax_percent=8).agrees
    gone = looked(aws, omit=[GRACE])
    assert {(who, cause) for who, *_, cause, _, _ in findings(gone)} == {(GRACE, Cause.NOT_BILLED)}
    assert sum(tokens for *_, tokens in findings(gone)) == -(50_001 + 300 + 5000 + 100)
    dearer = looked(aws, factor={NAME: 1.1})
    assert {cause for *_, cause, _, _ in findings(dearer)} == {Cause.PRICE}
    counted_usd = sum(cell.counted_usd for cell in dearer.cells)
    assert sum((usd for *_, usd, _ in findings(dearer)), Decimal()) == counted_usd / 10


def test_a_month_without_an_export_is_said_and_no_traceback(aws: Aws) -> None:
    with pytest.raises(CommandError, match="AWS writes an export's first files within a day"):
        live.export_of(aws.client, BUCKET, "exports/claude-code-billing", DAY.date().replace(day=1))
