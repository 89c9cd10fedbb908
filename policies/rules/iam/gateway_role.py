"""Whoever has the gateway's role is everybody of every cohort, one at a time; it is nothing else besides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from policies.engine.iam import ROLE, ROLE_POLICY, Statement, each_allow
from policies.engine.resources import UNKNOWN, Resource
from policies.engine.rules import Breach, Finding, ResourceRule, Severity
from rollout.names import COHORT, GATEWAY_ROLE, PREFIX, USAGE_TABLE

GATEWAY: Final = "claude:rollout:GatewayService"
_COHORT = COHORT.pattern.removeprefix("^").removesuffix("$")
COHORT_ROLE = re.compile(rf"arn:[a-z-]+:iam::\d{{12}}:role/{PREFIX}-(?:{_COHORT})")
TABLE = re.compile(rf"arn:[a-z-]+:dynamodb:[a-z0-9-]+:\d{{12}}:table/{USAGE_TABLE}")
READS = {"dynamodb:BatchGetItem", "dynamodb:GetItem"}
STARTS = {
    *("logs:CreateLogStream", "logs:PutLogEvents", "secretsmanager:GetSecretValue"),
    *("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
    "ecr:GetAuthorizationToken",
}


def judge(resource: Resource) -> Iterator[Finding]:
    if resource.type == ROLE:
        if resource.props.get("inlinePolicies"):
            yield Breach("rights that no rule of this pack reads as the gateway's; give it policies of its own")
        return
    role = resource.props.get("role")
    if role is UNKNOWN:
        yield Breach("whose rights these are is not known in a preview; name the role")
        return
    yield from each_allow(resource, _task if role == GATEWAY_ROLE else _start)


def _task(statement: Statement) -> Iterator[str]:
    if statement.actions == ("sts:AssumeRole",) and not statement.excluding:
        others = [each for each in statement.resources if not COHORT_ROLE.fullmatch(each)]
        if others or not statement.resources:
            yield f"takes {', '.join(others) or 'any role'}, which is no cohort's role"
    elif not set(statement.actions) <= READS or not all(map(TABLE.fullmatch, statement.resources)):
        yield f"may {', '.join(statement.actions)}; it takes cohorts' roles, and reads the meter's table"


def _start(statement: Statement) -> Iterator[str]:
    if statement.excluding or not set(statement.actions) <= STARTS:
        yield f"may {', '.join(statement.actions)}, which starting a task does not need"


RULE = ResourceRule(
    name="gateway-takes-cohorts-roles-only",
    severity=Severity.CRITICAL,
    description="The role of a gateway takes roles of cohorts and reads the meter's table; ECS's own starts it.",
    remediation="Use `rollout.gateway.task_policy` and `rollout.gateway.service.execution_policy`.",
    url="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html",
    types={ROLE, ROLE_POLICY},
    applies=lambda resource: GATEWAY in resource.ancestors,
    judge=judge,
)
