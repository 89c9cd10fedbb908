"""AWS's own bill by person, day and model: a bucket and the export that is written to it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.billing.closed_bucket import closed
from rollout import names
from rollout.account import Account
from rollout.model.billing import BillingExport as Wanted
from rollout.model.rollout import Rollout
from rollout.reconcile import billing_export

# What AWS began and did not end to write.
UNFINISHED_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class BillingExportArgs:
    """`rollout`: with `billing_export`, and no bucket in it."""

    account: Account
    rollout: Rollout


class BillingExport(pulumi.ComponentResource):
    """Shared by all cohorts; there where the stack file asks for it. Turned off, it takes its files along: AWS keeps
    the bill itself, and these name people."""

    def __init__(self, name: str, args: BillingExportArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:BillingExport", name, {}, opts)
        assert args.rollout.billing_export is not None  # noqa: S101  `billing_export.declared`
        self._tags = {"organization": args.rollout.organization.name}
        written = self._bucket(name, args.account, args.rollout.billing_export)
        aws.bcmdata.Export(
            f"{name}-export",
            export=aws.bcmdata.ExportExportArgs(
                name=names.BILLING_EXPORT,
                description="What rollout reconcile holds the meter of claude-code-rollout against",
                data_queries=[
                    aws.bcmdata.ExportExportDataQueryArgs(
                        query_statement=billing_export.query(),
                        table_configurations=billing_export.table_configurations(),
                    )
                ],
                destination_configurations=[
                    aws.bcmdata.ExportExportDestinationConfigurationArgs(
                        s3_destinations=[
                            aws.bcmdata.ExportExportDestinationConfigurationS3DestinationArgs(
                                **billing_export.destination(args.account),
                                s3_output_configurations=[
                                    aws.bcmdata.ExportExportDestinationConfigurationS3DestinationS3OutputConfigurationArgs(
                                        **billing_export.output()
                                    )
                                ],
                            )
                        ]
                    )
                ],
                refresh_cadences=[aws.bcmdata.ExportExportRefreshCadenceArgs(frequency="SYNCHRONOUS")],
            ),
            tags=self._tags,
            # AWS tries the bucket's policy when the export is made.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[written]),
        )

    def _bucket(self, name: str, account: Account, wanted: Wanted) -> pulumi.Resource:
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(
            f"{name}-bucket",
            bucket=names.billing_bucket(account.id),
            force_destroy=True,
            tags=self._tags,
            opts=child,
        )
        # Not under a key of ours: Data Exports would need a right on it, and AWS has every line of it anyway.
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=bucket.bucket,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=child,
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=bucket.bucket,
            rules=[
                {
                    "id": "kept",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "expiration": {"days": wanted.keep_days},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": UNFINISHED_DAYS},
                }
            ],
            opts=child,
        )
        block = closed(name, bucket.bucket, child)
        return aws.s3.BucketPolicy(
            f"{name}-delivery",
            bucket=bucket.bucket,
            policy=pulumi.Output.json_dumps(billing_export.bucket_policy(account)),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[block]),
        )
