"""A stack of two cohorts behind a gateway, deployed; and what the gateway itself is in AWS and Okta."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollout import names
from sandbox.settings import ACCOUNT_ID
from tests.engine.world import STACK, World

URL = "https://claude.acme.example"
ROLE = "claude-gateway"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/{ROLE}"
ALICE, SAMIRA = "alice.chen@acme.example", "samira.nasser@acme.example"
SECOND = {
    "level": "active",
    "models": ["haiku"],
    "members": {
        SAMIRA: {"name": "Samira Nasser", "team": "data", "seniority": "senior", "role": "Engineering Manager"}
    },
}
# What a person types in Okta's console (docs/gateway.md).
GROUPS = f"aws_{ACCOUNT_ID}_claude-code-.*|Claude-Code-Users"


def behind_a_gateway(world: World, **changes: Any) -> None:
    """Declares it; `changes`: further keys of the stack file."""
    with world.stack_file() as config:
        config["claude-code-rollout:gateway"] = {"kind": "claude_apps", "url": URL, "role_arn": ROLE_ARN}
        config["claude-code-rollout:cohorts"]["second"] = SECOND
        for key, value in changes.items():
            config[f"claude-code-rollout:{key}"] = value


def gateways_role(world: World) -> None:
    """What a company makes for it: a task's role that may assume the cohorts' roles and do nothing else."""
    iam = world.aws("iam")
    task = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=_document(task))
    roles = [f"arn:aws:iam::{ACCOUNT_ID}:role/claude-code-{cohort}" for cohort in ("pilot", "second")]
    may = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": roles}
    iam.put_role_policy(RoleName=ROLE, PolicyName="cohorts", PolicyDocument=_document(may))


def _task(world: World) -> dict[str, Any]:
    """As ECS gives it to the task, by another way."""
    return world.aws("sts").assume_role(RoleArn=ROLE_ARN, RoleSessionName="task")["Credentials"]


def in_name_of(world: World, name: str, role_arn: str) -> dict[str, Any]:
    """A session of a cohort's role that the gateway asks for."""
    sts = world.aws_as(_task(world), "sts")
    return sts.assume_role(RoleArn=role_arn, RoleSessionName=name)["Credentials"]


def level_item(world: World, cohort: str) -> dict[str, Any] | None:
    """What LiteLLM's hook reads of a cohort; None where there is nothing."""
    key = {"id": {"S": names.gateway_item(cohort)}}
    return world.aws("dynamodb").get_item(TableName=names.USAGE_TABLE, Key=key).get("Item")


def task_credentials(world: World) -> dict[str, str]:
    found = _task(world)
    return {
        "AWS_ACCESS_KEY_ID": found["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
        "AWS_SESSION_TOKEN": found["SessionToken"],
    }


def groups_claim(world: World) -> str:
    """Set on the gateway's app, as in Okta's console; the app's secret."""
    label = f"claude-code-gateway-{ACCOUNT_ID}"
    [app] = [each for each in world.okta("/api/v1/apps?limit=200") if each["label"] == label]
    claim = {"issuerMode": "ORG_URL", "valueType": "GROUPS", "groupFilterType": "REGEX", "name": "groups"}
    world.okta(f"/api/v1/internal/apps/{app['id']}/settings/oauth/idToken", "POST", {**claim, "value": GROUPS})
    return app["credentials"]["oauthClient"]["client_secret"]


@dataclass(frozen=True)
class Files:
    """What `rollout gateway` wrote."""

    gateway: str
    limits: list[dict[str, Any]]


def emitted(world: World, folder: Path) -> Files:
    ended = world.command("gateway", "--stack", STACK, "--out", str(folder))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    lines = (folder / "spend-limits.jsonl").read_text(encoding="utf-8").splitlines()
    return Files((folder / "gateway.yaml").read_text(encoding="utf-8"), [json.loads(line) for line in lines])


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
