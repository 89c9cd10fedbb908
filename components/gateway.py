"""A gateway that this program runs: a service on Fargate, behind a load balancer that only named groups reach."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.audit_trail import AuditTrail
from rollout import names
from rollout.account import Account
from rollout.gateway import service as documents
from rollout.gateway.task_policy import task_policy
from rollout.model.gateway_service import GatewayService as Declared
from rollout.model.rollout import Rollout
from rollout.notices.documents import service_trust_policy

TASKS = "ecs-tasks.amazonaws.com"


@dataclass(frozen=True, kw_only=True)
class GatewayServiceArgs:
    account: Account
    rollout: Rollout
    service: Declared
    trail: AuditTrail


class GatewayService(pulumi.ComponentResource):
    """Roles, cluster, task, load balancer. `role`: what the task runs with, which cohorts' roles trust: there before
    them, since IAM refuses to trust what is not there."""

    role: aws.iam.Role
    address: pulumi.Output[str]
    """Of the load balancer, which the name in `url` has to lead to."""

    def __init__(self, name: str, args: GatewayServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:GatewayService", name, {}, opts)
        self._name, self._args, self._child = name, args, pulumi.ResourceOptions(parent=self)
        self._tags = {"organization": args.rollout.organization.name}
        self.role = self._role("task", names.GATEWAY_ROLE, "What the gateway does in people's names")
        policies: list[pulumi.Resource] = []
        if may := task_policy(args.rollout, args.account):
            policies.append(self._policy("task", self.role, may))
        start = self._role("start", names.GATEWAY_START_ROLE, "Starts the gateway: its image, its secrets, its log")
        policies.append(self._policy("start", start, documents.execution_policy(args.account, args.service)))
        group = self._security_group()
        balancer = aws.lb.LoadBalancer(
            f"{name}-balancer",
            name=names.GATEWAY_SERVICE,
            internal=True,
            load_balancer_type="application",
            subnets=sorted(args.service.subnet_ids),
            security_groups=[group.id],
            idle_timeout=documents.IDLE_SECONDS,
            drop_invalid_header_fields=True,
            tags=self._tags,
            opts=self._child,
        )
        target, listener = self._listener(balancer)
        self._service(self._task(start), group, target, [listener, *policies])
        self.address = balancer.dns_name
        self.register_outputs({"role_arn": self.role.arn, "address": self.address})

    def _role(self, what: str, called: str, description: str) -> aws.iam.Role:
        return aws.iam.Role(
            f"{self._name}-{what}-role",
            name=called,
            description=description,
            assume_role_policy=json.dumps(service_trust_policy(self._args.account, TASKS)),
            max_session_duration=3600,
            tags=self._tags,
            opts=self._child,
        )

    def _policy(self, what: str, role: aws.iam.Role, document: Mapping[str, Any]) -> aws.iam.RolePolicy:
        return aws.iam.RolePolicy(
            f"{self._name}-{what}", name=what, role=role.name, policy=json.dumps(document), opts=self._child
        )

    def _security_group(self) -> aws.ec2.SecurityGroup:
        service = self._args.service
        return aws.ec2.SecurityGroup(
            f"{self._name}-group",
            name=names.GATEWAY_SERVICE,
            description="Claude Code's gateway: its load balancer and its tasks",
            vpc_id=service.vpc_id,
            ingress=[aws.ec2.SecurityGroupIngressArgs(**each) for each in documents.ingress(service)],
            egress=[aws.ec2.SecurityGroupEgressArgs(**each) for each in documents.egress(service)],
            tags=self._tags,
            opts=self._child,
        )

    def _listener(self, balancer: aws.lb.LoadBalancer) -> tuple[aws.lb.TargetGroup, aws.lb.Listener]:
        service, gateway = self._args.service, self._args.rollout.gateway
        assert gateway  # noqa: S101  its service is this one
        target = aws.lb.TargetGroup(
            f"{self._name}-target",
            name=names.GATEWAY_SERVICE,
            target_type="ip",
            protocol="HTTP",
            port=service.port,
            vpc_id=service.vpc_id,
            deregistration_delay=documents.DRAIN_SECONDS,
            health_check=aws.lb.TargetGroupHealthCheckArgs(
                path=documents.health_path(gateway.kind, service),
                matcher="200",
                interval=15,
                timeout=5,
                healthy_threshold=2,
                unhealthy_threshold=3,
            ),
            tags=self._tags,
            opts=self._child,
        )
        listener = aws.lb.Listener(
            f"{self._name}-listener",
            load_balancer_arn=balancer.arn,
            port=443,
            protocol="HTTPS",
            ssl_policy=documents.TLS_POLICY,
            certificate_arn=service.certificate_arn,
            default_actions=[aws.lb.ListenerDefaultActionArgs(type="forward", target_group_arn=target.arn)],
            tags=self._tags,
            opts=self._child,
        )
        return target, listener

    def _task(self, start: aws.iam.Role) -> aws.ecs.TaskDefinition:
        account, service = self._args.account, self._args.service
        return aws.ecs.TaskDefinition(
            f"{self._name}-definition",
            family=names.GATEWAY_SERVICE,
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(service.cpu),
            memory=str(service.memory),
            task_role_arn=self.role.arn,
            execution_role_arn=start.arn,
            container_definitions=json.dumps(documents.container_definitions(account, service)),
            volumes=[aws.ecs.TaskDefinitionVolumeArgs(name=documents.SCRATCH)],
            tags=self._tags,
            opts=self._child,
        )

    def _service(
        self,
        task: aws.ecs.TaskDefinition,
        group: aws.ec2.SecurityGroup,
        target: aws.lb.TargetGroup,
        first: list[pulumi.Resource],
    ) -> None:
        """Whatever of a new one does not become healthy is rolled back by ECS itself, and people notice nothing."""
        service = self._args.service
        cluster = aws.ecs.Cluster(
            f"{self._name}-cluster", name=names.GATEWAY_SERVICE, tags=self._tags, opts=self._child
        )
        aws.ecs.Service(
            f"{self._name}-service",
            name=names.GATEWAY_SERVICE,
            cluster=cluster.arn,
            task_definition=task.arn,
            launch_type="FARGATE",
            desired_count=service.desired_count,
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            deployment_circuit_breaker=aws.ecs.ServiceDeploymentCircuitBreakerArgs(enable=True, rollback=True),
            health_check_grace_period_seconds=60,
            enable_execute_command=False,
            network_configuration=aws.ecs.ServiceNetworkConfigurationArgs(
                subnets=sorted(service.subnet_ids), security_groups=[group.id], assign_public_ip=False
            ),
            load_balancers=[
                aws.ecs.ServiceLoadBalancerArgs(
                    target_group_arn=target.arn, container_name=documents.CONTAINER, container_port=service.port
                )
            ],
            tags=self._tags,
            # Its log is there before it, or its first lines are lost.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*first, self._args.trail]),
        )
