"""Services of ECS: how many tasks of which definition, in which network, behind which load balancer."""

from __future__ import annotations

from sandbox.plugins.aws.client import PROPAGATION_SECONDS, Aws, code, says
from sandbox.plugins.aws.resources.containers import NAME, ecs_client, found_tags, listed_tags, retag
from sandbox.plugins.framework.constraints import between, model
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry


def _network(new: Props) -> Props:
    given = new.get("networkConfiguration") or {}
    return {
        "awsvpcConfiguration": {
            "subnets": given["subnets"],
            "securityGroups": given.get("securityGroups") or [],
            "assignPublicIp": "ENABLED" if given.get("assignPublicIp") else "DISABLED",
        }
    }


def _deployment(new: Props) -> Props:
    return {
        "maximumPercent": new["deploymentMaximumPercent"],
        "minimumHealthyPercent": new["deploymentMinimumHealthyPercent"],
        **(
            {"deploymentCircuitBreaker": new["deploymentCircuitBreaker"]} if new.get("deploymentCircuitBreaker") else {}
        ),
    }


def _create_service(call: Call[Aws]) -> str:
    new = call.new
    made = retry(
        lambda: ecs_client(call).create_service(
            serviceName=new["name"],
            cluster=new["cluster"],
            taskDefinition=new["taskDefinition"],
            desiredCount=new["desiredCount"],
            launchType=new["launchType"],
            networkConfiguration=_network(new),
            deploymentConfiguration=_deployment(new),
            loadBalancers=new.get("loadBalancers") or [],
            healthCheckGracePeriodSeconds=new.get("healthCheckGracePeriodSeconds", 0),
            enableExecuteCommand=new.get("enableExecuteCommand", False),
            **listed_tags(call),
        ),
        lambda error: says(error, "InvalidParameterException", "does not have an associated load balancer"),
        seconds=PROPAGATION_SECONDS,
    )
    return made["service"]["serviceArn"]


def _read_service(call: Call[Aws]) -> Props | None:
    cluster = call.new.get("cluster") or call.old.get("cluster")
    try:
        rows = ecs_client(call).describe_services(cluster=cluster, services=[call.id], include=["TAGS"])["services"]
    except Exception as error:
        if code(error) == "ClusterNotFoundException":
            return None
        raise
    if not rows or rows[0]["status"] == "INACTIVE":
        return None
    found = rows[0]
    known: Props = {
        "arn": found["serviceArn"],
        "name": found["serviceName"],
        "cluster": found["clusterArn"],
        "taskDefinition": found["taskDefinition"],
        "desiredCount": found["desiredCount"],
        "launchType": found["launchType"],
        "region": call.region or call.cloud.region,
        **found_tags(call, found.get("tags")),
    }
    # moto answers with less than ECS: what it leaves out keeps its last known value.
    if network := (found.get("networkConfiguration") or {}).get("awsvpcConfiguration"):
        known["networkConfiguration"] = {
            "subnets": sorted(network["subnets"]),
            "securityGroups": sorted(network.get("securityGroups") or []),
            "assignPublicIp": network.get("assignPublicIp") == "ENABLED",
        }
    return known


def _update_service(call: Call[Aws]) -> None:
    """A new task definition, or another number of tasks, is a deployment of ECS's own."""
    new = call.new
    ecs_client(call).update_service(
        cluster=new["cluster"],
        service=call.id,
        taskDefinition=new["taskDefinition"],
        desiredCount=new["desiredCount"],
        networkConfiguration=_network(new),
        deploymentConfiguration=_deployment(new),
    )
    retag(call, call.id)


def _delete_service(call: Call[Aws]) -> None:
    ecs, cluster = ecs_client(call), call.old["cluster"]
    try:
        ecs.update_service(cluster=cluster, service=call.id, desiredCount=0)
        ecs.delete_service(cluster=cluster, service=call.id, force=True)
    except Exception as error:
        if code(error) not in {"ServiceNotFoundException", "ClusterNotFoundException", "ServiceNotActiveException"}:
            raise


ENTRIES = (
    Entry(
        token="aws:ecs/service:Service",
        replaces=("name", "cluster", "launchType", "loadBalancers"),
        autoname=AutoName(),
        defaults={"deploymentMaximumPercent": 200, "deploymentMinimumHealthyPercent": 100, "desiredCount": 0},
        checks={
            "name": NAME,
            "desiredCount": between(0, 10_000),
            "healthCheckGracePeriodSeconds": between(0, 2147483647),
            "launchType": model("ecs", "CreateService", "launchType"),
        },
        sets=("loadBalancers", "networkConfiguration.subnets", "networkConfiguration.securityGroups"),
        tags=True,
        create=_create_service,
        read=_read_service,
        update=_update_service,
        delete=_delete_service,
    ),
)
