"""A gateway as a service of ECS: what runs, with which rights, and who reaches it. Documents alone.

Sources: ECS developer guide (task definition parameters for Fargate, task execution role, deployment circuit breaker);
Elastic Load Balancing user guide (security policies).
"""

from __future__ import annotations

from typing import Any

from rollout import names
from rollout.access.documents import WRITE_LOG, Document, allow, document
from rollout.account import Account
from rollout.model.gateway import GatewayKind
from rollout.model.gateway_service import GatewayService

CONTAINER, SCRATCH = "gateway", "scratch"
# TLS 1.2 and 1.3 with forward secrecy alone.
TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
# An answer may take ten minutes; a task that is replaced finishes its own, as long as Fargate lets it (two minutes).
IDLE_SECONDS, STOP_SECONDS, DRAIN_SECONDS = 660, 120, 660
POSTGRESQL = 5432
REGISTRY = r".dkr.ecr."
# Of `litellm`, all that `gateway.routes` opens for a load balancer, the usual one first. Of `claude gateway`, its own.
LITELLM_HEALTH, CLAUDE_APPS_HEALTH = ("/health/liveliness", "/ready"), "/healthz"


def execution_policy(account: Account, service: GatewayService) -> Document:
    """What ECS itself may do to start a task: write its log, read its secrets, and pull an image of this account's
    registry. A login to ECR has no resource that IAM knows, and opens nothing by itself."""
    group = account.log_group_arn(names.GATEWAY_LOG_GROUP)
    statements = [allow("OwnLog", WRITE_LOG, [f"{group}:log-stream:*"])]
    if secrets := sorted({_secret(arn) for arn in service.secrets.values()}):
        statements.append(allow("OwnSecrets", ["secretsmanager:GetSecretValue"], secrets))
    if repository := _repository(account, service.image):
        pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        statements.append(allow("OwnImage", pull, [repository]))
        here = {"StringEquals": {"aws:RequestedRegion": account.region}}
        statements.append(allow("RegistryLogin", ["ecr:GetAuthorizationToken"], ["*"], here))
    return document(*statements)


def _secret(arn: str) -> str:
    """Without the key within it, which is no part of the resource."""
    return ":".join(arn.split(":")[:7])


def _repository(account: Account, image: str) -> str | None:
    """None of another account's registry, or of another kind, which lets whoever may pull in by itself."""
    host, _, rest = image.partition("/")
    if not host.startswith(f"{account.id}{REGISTRY}"):
        return None
    region = host.split(".")[3]
    return f"arn:{account.partition}:ecr:{region}:{account.id}:repository/{rest.partition('@')[0]}"


def container_definitions(account: Account, service: GatewayService) -> list[dict[str, Any]]:
    """Nothing of it can be written but a folder that ends with it; no secret is in it, only where each is."""
    return [
        {
            "name": CONTAINER,
            "image": service.image,
            "essential": True,
            "readonlyRootFilesystem": True,
            "privileged": False,
            "linuxParameters": {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}},
            "stopTimeout": STOP_SECONDS,
            "portMappings": [{"containerPort": service.port, "hostPort": service.port, "protocol": "tcp"}],
            "mountPoints": [{"sourceVolume": SCRATCH, "containerPath": "/tmp", "readOnly": False}],  # noqa: S108
            "environment": [{"name": "AWS_REGION", "value": account.region}],
            "secrets": [{"name": name, "valueFrom": arn} for name, arn in sorted(service.secrets.items())],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": names.GATEWAY_LOG_GROUP,
                    "awslogs-region": account.region,
                    "awslogs-stream-prefix": CONTAINER,
                },
            },
        }
    ]


def health_path(kind: GatewayKind, service: GatewayService) -> str:
    usual = LITELLM_HEALTH[0] if kind is GatewayKind.LITELLM else CLAUDE_APPS_HEALTH
    return service.health_path or usual


def ingress(service: GatewayService) -> list[dict[str, Any]]:
    """Whoever is named reaches the load balancer; it alone reaches the task, by their common group."""
    return [
        {
            "description": "Clients, by TLS",
            "protocol": "tcp",
            "from_port": 443,
            "to_port": 443,
            "security_groups": sorted(service.from_security_group_ids),
        },
        {
            "description": "The load balancer",
            "protocol": "tcp",
            "from_port": service.port,
            "to_port": service.port,
            "self": True,
        },
    ]


def egress(service: GatewayService) -> list[dict[str, Any]]:
    """AWS and Okta by TLS, the task, and the database."""
    everywhere = {"description": "AWS and Okta", "protocol": "tcp", "from_port": 443, "to_port": 443}
    found = [
        {**everywhere, "cidr_blocks": ["0.0.0.0/0"]},
        {
            "description": "The task",
            "protocol": "tcp",
            "from_port": service.port,
            "to_port": service.port,
            "self": True,
        },
    ]
    if service.database_security_group_id:
        found.append(
            {
                "description": "Its database",
                "protocol": "tcp",
                "from_port": POSTGRESQL,
                "to_port": POSTGRESQL,
                "security_groups": [service.database_security_group_id],
            }
        )
    return found
