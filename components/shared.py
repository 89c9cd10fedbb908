"""What there is once per stack, whatever the cohorts are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.audit_trail import AuditTrail, AuditTrailArgs
from components.billing.billing_export import BillingExport, BillingExportArgs
from components.billing.cost_anomalies import CostAnomalies, CostAnomaliesArgs
from components.billing.monthly_budget import MonthlyBudget, MonthlyBudgetArgs
from components.functions.announcer import Announcer, AnnouncerArgs
from components.functions.audiences import Audiences, AudiencesArgs
from components.functions.delivery import Delivery, DeliveryArgs
from components.functions.github_webhook import GithubWebhook, GithubWebhookArgs
from components.functions.mac_findings import MacFindings, MacFindingsArgs
from components.functions.meter import Meter, MeterArgs
from components.gates import Gates, GatesArgs
from components.gateway import GatewayService, GatewayServiceArgs
from components.identity.federation import Federation, FederationArgs
from components.identity.workflow_issuer import WorkflowIssuer, WorkflowIssuerArgs
from components.macs import MacServer, mac_server
from components.observability.alarms import Alarms, AlarmsArgs
from components.observability.dashboards import Dashboards, DashboardsArgs
from components.observability.findings import Findings, FindingsArgs
from components.observability.invocation_logging import InvocationLogging, InvocationLoggingArgs
from rollout.account import Account
from rollout.incidents.cut_record import Record
from rollout.model.rollout import Rollout
from rollout.observability.alarms import standing_alarms
from rollout.observability.logs_kept import logs_of
from rollout.reconcile import billing_export
from rollout.success.gates import Gate


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Each is a component at the top of the stack, so that taking a cohort takes none of them."""

    federation: Federation | None
    """None while Okta does not answer: then only AWS is changed."""
    workflows: WorkflowIssuer | None
    """GitHub, where any machine is a workflow; it does not wait for Okta."""
    trail: AuditTrail
    audiences: Audiences
    announcer: Announcer
    meter: Meter
    github_webhook: GithubWebhook
    gateway: GatewayService | None
    """What people's requests go through, where this program runs it."""
    macs: MacServer | None
    """Jamf Pro; none where the stack file names none."""


def declare_shared(
    rollout: Rollout,
    account: Account,
    stack: str,
    okta_answers: bool,
    record: Record,
    passed: Sequence[Gate],
    opts: pulumi.ResourceOptions | None = None,
) -> Shared:
    """`record`: of cuts, as this update leaves it. `passed`: gates, as judged. `opts`: of each component; their parent,
    where the whole is a component itself."""
    logs = logs_of(rollout, record)
    trail = AuditTrail("audit-trail", AuditTrailArgs(logs=logs), opts)
    InvocationLogging("logging", InvocationLoggingArgs(account=account, logs=logs, trail=trail), opts)
    audiences = Audiences("audiences", AudiencesArgs(account=account, rollout=rollout), opts)
    Alarms(
        "alarms",
        AlarmsArgs(
            account=account,
            audiences=audiences,
            alarms=standing_alarms(rollout),
            tags={"organization": rollout.organization.name},
        ),
        opts,
    )
    Findings("findings", FindingsArgs(account=account, rollout=rollout, trail=trail), opts)
    workflows = None
    if rollout.has_workflows:
        workflows = WorkflowIssuer("workflows", WorkflowIssuerArgs(account=account, rollout=rollout), opts)
    if passed:
        Gates("gates", GatesArgs(rollout=rollout, gates=passed), opts)
    if rollout.github:
        Delivery("delivery", DeliveryArgs(account=account, rollout=rollout, stack=stack, trail=trail), opts)
    if billing_export.declared(rollout.billing_export, adopts_meter=rollout.adopt.meter):
        BillingExport("billing-export", BillingExportArgs(account=account, rollout=rollout), opts)
    MonthlyBudget("budget", MonthlyBudgetArgs(rollout=rollout), opts)
    if rollout.budgets.anomaly_usd is not None:
        CostAnomalies("anomalies", CostAnomaliesArgs(account=account, rollout=rollout, audiences=audiences), opts)
    Dashboards("dashboards", DashboardsArgs(account=account, rollout=rollout, stack=stack), opts)
    meter = Meter(
        "meter",
        MeterArgs(account=account, rollout=rollout, trail=trail, audiences=audiences, record=record, stack=stack),
        opts,
    )
    MacFindings(
        "mac-findings",
        MacFindingsArgs(account=account, rollout=rollout, trail=trail, record=record, after=meter.counting),
        opts,
    )
    gateway = None
    if rollout.gateway and rollout.gateway.service:
        service = rollout.gateway.service
        asked = GatewayServiceArgs(account=account, rollout=rollout, service=service, trail=trail)
        gateway = GatewayService("gateway", asked, opts)
    federation = FederationArgs(account=account, rollout=rollout)
    return Shared(
        federation=Federation("federation", federation, opts) if okta_answers else None,
        workflows=workflows,
        trail=trail,
        gateway=gateway,
        macs=mac_server(rollout, opts),
        audiences=audiences,
        announcer=Announcer(
            "announcer",
            AnnouncerArgs(account=account, rollout=rollout, stack=stack, trail=trail, audiences=audiences),
            opts,
        ),
        meter=meter,
        github_webhook=GithubWebhook(
            "github-webhook",
            GithubWebhookArgs(account=account, rollout=rollout, stack=stack, trail=trail),
            opts,
        ),
    )
