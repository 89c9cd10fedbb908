"""Who may change rights: the meter alone, and of rights only the policies that stop somebody for a day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from policies.engine.iam import POLICIES, Statement, bound, each_allow, matches
from policies.engine.rules import ResourceRule, Severity
from policies.engine.workflows import of_program
from policies.rules.iam.gateway_role import GATEWAY
from rollout.names import RESERVED_ROLE, quota_policy, role

# `rollout.usage.meter_input.STOP_FOR_A_DAY`, said a second time on purpose.
QUOTA_ACTIONS = {
    *("iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListPolicyVersions"),
    *("iam:CreatePolicyVersion", "iam:DeletePolicyVersion"),
}
QUOTAS = re.compile(
    r"arn:[a-z-]+:iam::\d{12}:policy/" + quota_policy("COHORT", 1)[:-1].replace("COHORT", "[a-z0-9]+") + r"\d+"
)
# By which the meter knows whose sessions a role's are, and what IAM decides of them: it reads, and changes nothing.
READS_OF_ROLE = {"iam:GetRole", "iam:SimulatePrincipalPolicy"}
COHORT_ROLES = re.compile(
    rf"arn:[a-z-]+:iam::\d{{12}}:role/({role('')}[a-z0-9]+"
    rf"|aws-reserved/sso\.amazonaws\.com/\*{RESERVED_ROLE}{role('')}[a-z0-9]+_\*)"
)
# Whose role it is that a policy is attached to, where Identity Center has named it.
READS_OF_POLICY = {"iam:ListEntitiesForPolicy"}
COHORT_POLICIES = re.compile(rf"arn:[a-z-]+:iam::\d{{12}}:policy/{role('')}[a-z0-9]+-(stop|quota-\d+)")
SERVICE = re.compile(r"[a-z0-9-]+\.amazonaws\.com")
PREFIXES = ("iam:", "sts:", "organizations:", "sso:")


def judge(statement: Statement) -> Iterator[str]:
    acting = [action for action in statement.actions if any(matches(action, prefix) for prefix in PREFIXES)]
    passing = {action for action in acting if action == "iam:PassRole"}
    if passing and not bound(
        statement, "iam:PassedToService", {"StringEquals"}, lambda to: bool(SERVICE.fullmatch(to))
    ):
        yield "iam:PassRole without iam:PassedToService of one service: any could be given the role"
    others = [action for action in acting if action not in passing]
    to_quotas = all(QUOTAS.fullmatch(resource) for resource in statement.resources)
    of_roles = all(COHORT_ROLES.fullmatch(resource) for resource in statement.resources)
    of_policies = all(COHORT_POLICIES.fullmatch(resource) for resource in statement.resources)
    known = QUOTA_ACTIONS if to_quotas else READS_OF_ROLE if of_roles else set[str]()
    known = {*known, *(READS_OF_POLICY if of_policies else ())}
    unknown = [action for action in others if action not in known]
    # A whole wildcard is `named-actions`' to report.
    if unknown := [action for action in unknown if "*" not in action]:
        yield f"may change or take rights: {', '.join(unknown)}"


def _judge(of_gateway: bool, statement: Statement) -> Iterator[str]:
    # Which roles a gateway takes, `gateway-takes-cohorts-roles-only` says.
    if not (of_gateway and statement.actions == ("sts:AssumeRole",)):
        yield from judge(statement)


RULE = ResourceRule(
    name="iam-changes",
    severity=Severity.CRITICAL,
    description=(
        "Nothing here may change rights or take a role, but for the meter's policies that stop for a day, and for a "
        "gateway."
    ),
    remediation="Leave rights to the program; a function that must pass a role names it and the service.",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
    types=POLICIES,
    applies=of_program,  # to a workflow `workflow-rights-are-ours` applies
    judge=lambda resource: each_allow(resource, partial(_judge, GATEWAY in resource.ancestors)),
)
