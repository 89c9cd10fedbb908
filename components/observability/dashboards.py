"""What people look at, and the queries they run. Beside the cohorts and built from names, so that they outlive them."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from rollout import names
from rollout.account import Account
from rollout.model.rollout import Rollout
from rollout.observability import dashboards, queries

FOLDER = "Claude Code"


@dataclass(frozen=True, kw_only=True)
class DashboardsArgs:
    account: Account
    rollout: Rollout
    stack: str


class Dashboards(pulumi.ComponentResource):
    """One dashboard of the whole, one of any cohort that has ever been used, and the saved queries."""

    def __init__(self, name: str, args: DashboardsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:Dashboards", name, {}, opts)
        rollout, account, child = args.rollout, args.account, pulumi.ResourceOptions(parent=self)
        shared = not rollout.adopt.meter  # the stack that counts has those of the whole
        bodies = {"fleet": (names.dashboard(), dashboards.fleet(rollout, account))} if shared else {}
        if rollout.logged:
            one = names.cohort_dashboard(None if shared else args.stack)
            bodies["one-cohort"] = one, dashboards.of_one_cohort(rollout, account)
        for which, (called, body) in bodies.items():
            aws.cloudwatch.Dashboard(
                f"{name}-{which}",
                dashboard_name=called,
                dashboard_body=json.dumps(body),
                opts=child,
            )
        for query in queries.saved(rollout) if shared else ():
            log_groups = queries.log_groups(query.source, rollout, rollout.logged)
            aws.cloudwatch.QueryDefinition(
                f"{name}-{query.title.lower().replace(' ', '-')}",
                name=f"{FOLDER}/{query.title}",
                log_group_names=log_groups,
                query_string=query.text,
                opts=child,
            )
