"""What a preview and a nightly look for drift really ask of AWS, held against the role that workflows preview with."""

from __future__ import annotations

import re
from typing import Any

import botocore.session

from rollout.account import Account
from rollout.names import STACK_TAG
from rollout.pipeline.policies import preview_policies
from sandbox.settings import ACCOUNT_ID, REGION
from tests.engine.world import World

# Allowed to everybody; and actions that are called otherwise than the operation.
FREE = {"sts:GetCallerIdentity"}
ACTIONS = {
    "budgets:DescribeBudget": "budgets:ViewBudget",
    "budgets:DescribeNotificationsForBudget": "budgets:ViewBudget",
    "budgets:DescribeSubscribersForNotification": "budgets:ViewBudget",
}
# As IAM calls a service.
PREFIXES = {"sesv2": "ses", "monitoring": "cloudwatch"}


def action(call: dict[str, Any]) -> str:
    """The IAM action of one call in the sandbox's journal."""
    service, operation = call["service"], call["operation"]
    if " /" in operation:
        operation = _operation(service, *operation.split(" ", 1))
    found = f"{PREFIXES.get(service, service)}:{operation}"
    return ACTIONS.get(found, found)


def _operation(service: str, method: str, path: str) -> str:
    """Of a REST call: the operation whose address it is, the most literal first."""
    model: Any = botocore.session.get_session().get_service_model("sesv2" if service == "ses" else service)
    known = [model.operation_model(name).http | {"name": name} for name in model.operation_names]
    fitting = [
        http
        for http in known
        if http["method"] == method
        and re.fullmatch(
            re.sub(r"\\\{[^}]*\\\}", ".+", re.escape(http["requestUri"].partition("?")[0])), path.rstrip("/")
        )
    ]
    return min(fitting, key=lambda http: http["requestUri"].count("{"))["name"]


def test_a_preview_and_a_look_for_drift_need_only_what_their_role_may(pilot: World) -> None:
    pilot.forget_calls()
    pilot.pulumi("preview", "--stack", "sandbox")
    pilot.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")
    asked = {action(call) for call in pilot.aws_control("/sandbox/calls")} - FREE
    here = Account(ACCOUNT_ID, REGION)
    policies = preview_policies(here, "acme.okta.com", "sandbox")
    allowed = {each for policy in policies for statement in policy["Statement"] for each in statement["Action"]}
    assert len(asked) > 20
    assert asked - allowed == set()
    # A look for drift reads secrets: those that carry the stack's own tag.
    assert "secretsmanager:GetSecretValue" in asked
    secrets = pilot.aws("secretsmanager").list_secrets()["SecretList"]
    assert {next(tag["Value"] for tag in each["Tags"] if tag["Key"] == STACK_TAG) for each in secrets} == {"sandbox"}
