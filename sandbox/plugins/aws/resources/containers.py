"""Clusters and task definitions of ECS. Nothing runs here: there are no containers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws, code, says
from sandbox.plugins.framework.constraints import json_text, matches, model
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.errors import Failure
from sandbox.plugins.framework.values import Props

NAME = matches(r"[A-Za-z0-9_-]{1,255}", "be letters, digits, _ and -")


def ecs_client(call: Call[Aws]) -> Any:
    return call.cloud.client("ecs", call.region)


def listed_tags(call: Call[Aws]) -> Props:
    made = tags.listed(call.new.get("tagsAll"), "key", "value")
    return {"tags": made} if made else {}


def found_tags(call: Call[Aws], rows: list[dict[str, str]] | None) -> Props:
    return tags.found(call, tags.mapped_from(rows or [], "key", "value"))


def retag(call: Call[Aws], arn: str) -> None:
    ecs = ecs_client(call)
    tags.update(
        call,
        lambda keys: ecs.untag_resource(resourceArn=arn, tagKeys=keys),
        lambda changed: ecs.tag_resource(resourceArn=arn, tags=tags.listed(changed, "key", "value")),
    )


# Clusters


def _create_cluster(call: Call[Aws]) -> str:
    return ecs_client(call).create_cluster(clusterName=call.new["name"], **listed_tags(call))["cluster"]["clusterArn"]


def _read_cluster(call: Call[Aws]) -> Props | None:
    found = ecs_client(call).describe_clusters(clusters=[call.id], include=["TAGS"])["clusters"]
    if not found or found[0]["status"] == "INACTIVE":
        return None
    known = {"arn": found[0]["clusterArn"], "name": found[0]["clusterName"], "region": call.region or call.cloud.region}
    return {**known, **found_tags(call, found[0].get("tags"))}


def _delete_cluster(call: Call[Aws]) -> None:
    try:
        ecs_client(call).delete_cluster(cluster=call.id)
    except Exception as error:
        if code(error) != "ClusterNotFoundException":
            raise


# Task definitions


def _create_task(call: Call[Aws]) -> str:
    new = call.new
    wanted: Props = {
        "family": new["family"],
        "containerDefinitions": json.loads(new["containerDefinitions"]),
        "requiresCompatibilities": new.get("requiresCompatibilities"),
        "networkMode": new.get("networkMode"),
        "cpu": new.get("cpu"),
        "memory": new.get("memory"),
        "taskRoleArn": new.get("taskRoleArn"),
        "executionRoleArn": new.get("executionRoleArn"),
        "volumes": [{"name": each["name"]} for each in new.get("volumes") or []],
    }
    made = ecs_client(call).register_task_definition(
        **{key: value for key, value in wanted.items() if value}, **listed_tags(call)
    )
    call.told["arn"] = made["taskDefinition"]["taskDefinitionArn"]
    return new["family"]


def _read_task(call: Call[Aws]) -> Props | None:
    """By its ARN, since a family has many; one that was taken back counts as gone."""
    arn = call.told.get("arn") or call.old.get("arn") or call.id
    try:
        answer = ecs_client(call).describe_task_definition(taskDefinition=arn, include=["TAGS"])
    except Exception as error:
        if says(error, "ClientException", "Unable to describe task definition") or code(error) == "ClientException":
            return None
        raise
    found = answer["taskDefinition"]
    if found["status"] != "ACTIVE":
        return None
    arn = found["taskDefinitionArn"]
    return {
        "arn": arn,
        "arnWithoutRevision": arn.rpartition(":")[0],
        "revision": found["revision"],
        "family": found["family"],
        "containerDefinitions": json.dumps(found["containerDefinitions"], sort_keys=True),
        "requiresCompatibilities": found.get("requiresCompatibilities") or None,
        "networkMode": found.get("networkMode"),
        "cpu": found.get("cpu"),
        "memory": found.get("memory"),
        "taskRoleArn": found.get("taskRoleArn"),
        "executionRoleArn": found.get("executionRoleArn"),
        "volumes": [{"name": each["name"]} for each in found.get("volumes") or []],
        "region": call.region or call.cloud.region,
        **found_tags(call, answer.get("tags")),
    }


def _delete_task(call: Call[Aws]) -> None:
    """Taken back, and kept by ECS: a service that still runs it goes on."""
    ecs_client(call).deregister_task_definition(taskDefinition=call.old["arn"])


def _same_containers(one: Any, other: Any) -> bool:
    """As ECS keeps them: what is empty is as if it were not there, and the order of names means nothing."""
    try:
        return _plain(json.loads(one)) == _plain(json.loads(other))
    except (TypeError, ValueError):
        return one == other


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if inner not in ([], {}, None, False, 0)}
    if isinstance(value, list):
        return sorted((_plain(each) for each in value), key=lambda each: json.dumps(each, sort_keys=True))
    return value


def _task_rules(inputs: Props) -> Iterable[Failure]:
    text = inputs.get("containerDefinitions")
    if isinstance(text, str):
        try:
            rows = json.loads(text)
        except ValueError:
            return
        for number, each in enumerate(rows if isinstance(rows, list) else [{}]):
            if missing := [key for key in ("name", "image") if not each.get(key)]:
                yield Failure(f"containerDefinitions[{number}].{missing[0]}", "is required")
    if "FARGATE" in (inputs.get("requiresCompatibilities") or ()):
        for key in ("cpu", "memory", "executionRoleArn"):
            if key not in inputs:
                yield Failure(key, "is required for Fargate")


ENTRIES = (
    Entry(
        token="aws:ecs/cluster:Cluster",
        replaces=("name",),
        autoname=AutoName(),
        checks={"name": NAME},
        tags=True,
        create=_create_cluster,
        read=_read_cluster,
        update=lambda call: retag(call, call.id),
        delete=_delete_cluster,
    ),
    Entry(
        token="aws:ecs/taskDefinition:TaskDefinition",
        replaces=(
            *("family", "containerDefinitions", "requiresCompatibilities", "networkMode", "cpu", "memory"),
            *("taskRoleArn", "executionRoleArn", "volumes"),
        ),
        checks={
            "family": NAME,
            "containerDefinitions": json_text,
            "networkMode": model("ecs", "RegisterTaskDefinition", "networkMode"),
        },
        rules=(_task_rules,),
        same={"containerDefinitions": _same_containers},
        keeps=("containerDefinitions",),
        sets=("requiresCompatibilities", "volumes"),
        tags=True,
        create=_create_task,
        read=_read_task,
        update=lambda call: retag(call, call.old["arn"]),
        delete=_delete_task,
    ),
)
