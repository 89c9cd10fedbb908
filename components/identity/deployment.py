"""What workflows need in an account: a bucket for states, a key for their secrets, a role to preview and one to deploy.

Of the bootstrap stack alone: whoever may change these may change everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_aws as aws

from components.billing.closed_bucket import closed
from rollout import names
from rollout.access.documents import Document, document, no_plain_http
from rollout.account import Account
from rollout.pipeline.bootstrap import Bootstrap
from rollout.pipeline.policies import (
    decrypt_state,
    deploy_policies,
    on_call_policy,
    on_call_trust,
    preview_policies,
    read_state,
    use_key,
    workflow_trust,
    write_state,
)
from rollout.pipeline.rights import environments

# Of a session of a workflow; the longest job takes 45 minutes.
SESSION_SECONDS = 3600
KEY_DELETION_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class DeploymentArgs:
    account: Account
    bootstrap: Bootstrap


class Deployment(pulumi.ComponentResource):
    """A workflow's identity is its repository and environment; no key of anybody is kept at GitHub."""

    backend_url: pulumi.Output[str]
    secrets_provider: pulumi.Output[str]
    roles: Mapping[str, pulumi.Output[str]]
    """ARNs by environment."""
    on_call_role: pulumi.Output[str] | None

    def __init__(self, name: str, args: DeploymentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:Deployment", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._kept = pulumi.ResourceOptions(parent=self, protect=True)
        # The owner at GitHub: this stack knows no other name of the organization.
        self._tags = {"organization": args.bootstrap.repository.partition("/")[0]}
        bucket = self._bucket(key := self._key())
        after: list[pulumi.Resource] = []
        if not args.bootstrap.issuer_arn:
            after.append(
                aws.iam.OpenIdConnectProvider(
                    f"{name}-github",
                    url=f"https://{names.WORKFLOW_ISSUER}",
                    client_id_lists=["sts.amazonaws.com"],
                    tags=self._tags,
                    opts=self._child,
                )
            )
        self.roles = {}
        deploys = deploy_policies(args.account, args.bootstrap.okta_domain, args.bootstrap.center)
        for stack in args.bootstrap.stacks:
            preview, deploy = environments(stack)
            # A preview must decrypt its state's secrets: the engine cannot do without.
            read, write = read_state(args.account, stack), write_state(args.account, stack)
            previews = preview_policies(args.account, args.bootstrap.okta_domain, stack, args.bootstrap.center)
            for environment, policies, own, opens in (
                (preview, previews, read, partial(decrypt_state, args.account, stack)),
                (deploy, deploys, write, use_key),
            ):
                role = self._role(environment, policies, after)
                self._state_of(environment, role, own, key.arn.apply(opens))
                self.roles[environment] = role.arn
        self.on_call_role = self._on_call() if args.bootstrap.on_call_principal_arns else None
        self.backend_url = pulumi.Output.concat("s3://", bucket.bucket, "?region=", args.account.region)
        self.secrets_provider = pulumi.Output.concat(
            "awskms://alias/", names.STATE_KEY, "?region=", args.account.region
        )
        self.register_outputs({"backend_url": self.backend_url})

    def _key(self) -> aws.kms.Key:
        key = aws.kms.Key(
            f"{self._name}-secrets",
            description="Secrets in the states of claude-code-rollout, and the states themselves",
            enable_key_rotation=True,
            deletion_window_in_days=KEY_DELETION_DAYS,
            tags=self._tags,
            opts=self._kept,
        )
        aws.kms.Alias(
            f"{self._name}-alias", name=f"alias/{names.STATE_KEY}", target_key_id=key.key_id, opts=self._child
        )
        return key

    def _bucket(self, key: aws.kms.Key) -> aws.s3.Bucket:
        name, child = self._name, self._child
        bucket = aws.s3.Bucket(
            f"{name}-states",
            bucket=names.state_bucket(self._args.account.id),
            tags=self._tags,
            opts=self._kept,
        )
        aws.s3.BucketVersioning(
            f"{name}-versions",
            bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=child,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=bucket.bucket,
            rules=[
                {
                    "apply_server_side_encryption_by_default": {
                        "sse_algorithm": "aws:kms",
                        "kms_master_key_id": key.arn,
                    },
                    "bucket_key_enabled": True,
                }
            ],
            opts=child,
        )
        block = closed(name, bucket.bucket, child)
        arn = self._args.account.bucket_arn(names.state_bucket(self._args.account.id))
        aws.s3.BucketPolicy(
            f"{name}-encrypted-transport",
            bucket=bucket.bucket,
            policy=pulumi.Output.json_dumps(document(no_plain_http(arn))),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[block]),
        )
        return bucket

    def _role(self, environment: str, policies: Sequence[Document], after: Sequence[pulumi.Resource]) -> aws.iam.Role:
        args = self._args
        role = aws.iam.Role(
            f"{self._name}-{environment}",
            name=names.workflow_role(environment),
            description=f"Workflows of {args.bootstrap.repository} in environment {environment}",
            assume_role_policy=pulumi.Output.json_dumps(
                workflow_trust(args.account, args.bootstrap.repository, environment)
            ),
            max_session_duration=SESSION_SECONDS,
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=after),
        )
        for number, policy in enumerate(policies, 1):
            made = aws.iam.Policy(
                f"{self._name}-{environment}-{number}",
                name=f"{names.workflow_role(environment)}-{number}",
                policy=pulumi.Output.json_dumps(policy),
                tags=self._tags,
                opts=self._child,
            )
            aws.iam.RolePolicyAttachment(
                f"{self._name}-{environment}-{number}-attached",
                role=role.name,
                policy_arn=made.arn,
                opts=self._child,
            )
        return role

    def _on_call(self) -> pulumi.Output[str]:
        args = self._args
        role = aws.iam.Role(
            f"{self._name}-on-call",
            name=names.ON_CALL_ROLE,
            description="Whoever is on call: may deny the cohorts' roles everything, and nothing else",
            assume_role_policy=pulumi.Output.json_dumps(on_call_trust(args.bootstrap.on_call_principal_arns)),
            max_session_duration=SESSION_SECONDS,
            tags=self._tags,
            opts=self._child,
        )
        aws.iam.RolePolicy(
            f"{self._name}-on-call-cut",
            name="cut",
            role=role.name,
            policy=pulumi.Output.json_dumps(on_call_policy(args.account, args.bootstrap.center)),
            opts=self._child,
        )
        return role.arn

    def _state_of(
        self,
        environment: str,
        role: aws.iam.Role,
        statements: Sequence[Document],
        opens: pulumi.Output[list[Document]],
    ) -> None:
        policy = opens.apply(lambda opens: document(*statements, *opens))
        aws.iam.RolePolicy(
            f"{self._name}-{environment}-state",
            name="state",
            role=role.name,
            policy=pulumi.Output.json_dumps(policy),
            opts=self._child,
        )
