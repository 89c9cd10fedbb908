"""A gateway that this program runs, by the real engine: made, nothing left to change, taken away again.

Nothing runs in it: the sandbox has no containers. What is held here is what AWS is told.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollout import names
from sandbox.errors import SandboxError
from tests.engine.world import World
from tests.policies.test_rules import SERVICE

URL = "https://claude.acme.example"
ROLE = f"arn:aws:iam::123456789012:role/{names.GATEWAY_ROLE}"


def placed(world: World) -> dict[str, Any]:
    """Where it runs, as a company's network has it."""
    ec2 = world.aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]
        for number, zone in enumerate("ab")
    ]
    groups = [
        ec2.create_security_group(VpcId=vpc, GroupName=name, Description=name)["GroupId"]
        for name in ("vpn", "database")
    ]
    certificate = world.aws("acm").request_certificate(DomainName="claude.acme.example")["CertificateArn"]
    return {
        **SERVICE,
        "vpc_id": vpc,
        "subnet_ids": [subnet["SubnetId"] for subnet in subnets],
        "from_security_group_ids": groups[:1],
        "database_security_group_id": groups[1],
        "certificate_arn": certificate,
    }


def trust(world: World) -> Any:
    [statement] = world.aws("iam").get_role(RoleName="claude-code-pilot")["Role"]["AssumeRolePolicyDocument"][
        "Statement"
    ]
    return statement


def test_a_gateway_is_made_and_people_come_in_by_it_alone_until_it_is_taken_away(pilot: World) -> None:
    world, service = pilot, placed(pilot)
    assert "Federated" in trust(world)["Principal"]
    with world.stack_file() as config:
        config["claude-code-rollout:gateway"] = {"kind": "litellm", "url": URL, "service": service}
    said = world.pulumi("preview", "--stack", "sandbox")
    assert f"people now reach Bedrock by {URL} alone" in said
    world.up()
    assert trust(world)["Principal"] == {"AWS": ROLE}
    assert all(name == name.lower() for name in trust(world)["Condition"]["StringEquals"]["sts:RoleSessionName"])
    with pytest.raises(SandboxError, match=r"AWS refused the sign-in|AccessDenied|assigned"):
        world.sign_in("alice.chen@acme.example", "pilot")

    ecs, elb = world.aws("ecs"), world.aws("elbv2")
    [found] = ecs.describe_services(cluster=names.GATEWAY_SERVICE, services=[names.GATEWAY_SERVICE])["services"]
    assert (found["desiredCount"], found["launchType"], found["status"]) == (2, "FARGATE", "ACTIVE")
    task = ecs.describe_task_definition(taskDefinition=found["taskDefinition"])["taskDefinition"]
    [container] = task["containerDefinitions"]
    assert (task["taskRoleArn"], container["image"]) == (ROLE, service["image"])
    [balancer] = elb.describe_load_balancers(Names=[names.GATEWAY_SERVICE])["LoadBalancers"]
    assert balancer["Scheme"] == "internal"
    [listener] = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    assert (listener["Protocol"], listener["Port"]) == ("HTTPS", 443)
    right = world.aws("iam").get_role_policy(RoleName=names.GATEWAY_ROLE, PolicyName="task")["PolicyDocument"]
    assert right["Statement"][0]["Resource"] == ["arn:aws:iam::123456789012:role/claude-code-pilot"]
    world.pulumi("preview", "--stack", "sandbox", "--expect-no-changes")
    world.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")

    with world.stack_file() as config:
        config["claude-code-rollout:gateway"]["service"]["image"] = service["image"].replace("a" * 64, "b" * 64)
    world.up()
    [later] = ecs.describe_services(cluster=names.GATEWAY_SERVICE, services=[names.GATEWAY_SERVICE])["services"]
    assert later["taskDefinition"] != found["taskDefinition"]

    with world.stack_file() as config:
        del config["claude-code-rollout:gateway"]
    said = world.pulumi("preview", "--stack", "sandbox")
    assert "sign in to AWS through Okta again" in said
    world.up()
    assert "Federated" in trust(world)["Principal"]
    assert elb.describe_load_balancers()["LoadBalancers"] == []
    with pytest.raises(world.aws("iam").exceptions.NoSuchEntityException):
        world.aws("iam").get_role(RoleName=names.GATEWAY_ROLE)
    groups = world.aws("logs").describe_log_groups(logGroupNamePrefix=names.GATEWAY_LOG_GROUP)["logGroups"]
    assert [group["logGroupName"] for group in groups] == [names.GATEWAY_LOG_GROUP]
    assert json.dumps(groups)
