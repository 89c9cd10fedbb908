"""GitHub as a provider of identity in this account, for machines that are workflows."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.identity.people import reason
from rollout import names
from rollout.access.federation import WORKFLOW_AUDIENCE, workflow_provider_arn
from rollout.account import Account
from rollout.model.rollout import Rollout


@dataclass(frozen=True, kw_only=True)
class WorkflowIssuerArgs:
    account: Account
    rollout: Rollout


class WorkflowIssuer(pulumi.ComponentResource):
    """Once per account: whom a workflow's token is from, and for. Which workflow gets which role, each role says."""

    provider: pulumi.Resource | None = None
    """None where it is adopted."""

    def __init__(self, name: str, args: WorkflowIssuerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:WorkflowIssuer", name, {}, opts)
        if args.rollout.adopt.github_provider:
            _require_audience(args.rollout, args.account)
        else:
            self.provider = aws.iam.OpenIdConnectProvider(
                f"{name}-github",
                url=f"https://{names.WORKFLOW_ISSUER}",
                client_id_lists=[WORKFLOW_AUDIENCE],
                tags={"organization": args.rollout.organization.name},
                # An account has one, so others may have come to trust it: it stays when our last machine goes.
                opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
            )
        self.register_outputs({"provider_arn": workflow_provider_arn(args.account)})


def _require_audience(rollout: Rollout, account: Account) -> None:
    """Refuse an adopted provider by which no token of a workflow would be taken, before anything is declared. Not asked
    while an incident is open: it must not stop access from being cut."""
    if rollout.incident_open:
        return
    arn = workflow_provider_arn(account)
    try:
        found = aws.iam.get_open_id_connect_provider(arn=arn)
    except Exception as error:  # the SDK has no class for what a provider refuses
        # The pipeline's roles may not look at what lets them in. One that is not there, IAM refuses in the role.
        pulumi.log.info(f"adopt.github_provider: its audiences are not known: {reason(str(error))}")
        return
    if WORKFLOW_AUDIENCE not in found.client_id_lists:
        text = f"adopt.github_provider: {arn} has not {WORKFLOW_AUDIENCE} among its audiences; add it there"
        raise pulumi.RunError(text)
