"""What an application load balancer listens by, and the target groups that it leads to."""

from __future__ import annotations

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws
from sandbox.plugins.aws.resources.load_balancers import (
    NAME,
    attributes,
    elb_client,
    found_tags,
    of_attributes,
    one,
    retag,
    until_gone,
)
from sandbox.plugins.framework.constraints import between, matches, model, one_of
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.values import Props

# Input -> attribute, which is always text.
_TARGET = {"deregistrationDelay": "deregistration_delay.timeout_seconds"}
_HEALTH = {
    "healthyThreshold": "HealthyThresholdCount",
    "interval": "HealthCheckIntervalSeconds",
    "path": "HealthCheckPath",
    "timeout": "HealthCheckTimeoutSeconds",
    "unhealthyThreshold": "UnhealthyThresholdCount",
}

# Target groups


def _health(new: Props) -> Props:
    check = new.get("healthCheck") or {}
    return {
        **{theirs: check[ours] for ours, theirs in _HEALTH.items() if ours in check},
        **({"Matcher": {"HttpCode": check["matcher"]}} if check.get("matcher") else {}),
    }


def _create_target(call: Call[Aws]) -> str:
    new, elb = call.new, elb_client(call)
    made = elb.create_target_group(
        Name=new["name"],
        Protocol=new["protocol"],
        Port=new["port"],
        VpcId=new["vpcId"],
        TargetType=new["targetType"],
        **_health(new),
        **({"Tags": tags.listed(new["tagsAll"])} if new.get("tagsAll") else {}),
    )
    call.id = made["TargetGroups"][0]["TargetGroupArn"]
    elb.modify_target_group_attributes(TargetGroupArn=call.id, Attributes=attributes(_TARGET, new))
    return call.id


def _read_target(call: Call[Aws]) -> Props | None:
    elb = elb_client(call)
    found = one(lambda: elb.describe_target_groups(TargetGroupArns=[call.id]), "TargetGroups")
    if found is None:
        return None
    wanted = call.old.get("healthCheck") or call.new.get("healthCheck") or {}
    check = {ours: found[theirs] for ours, theirs in _HEALTH.items() if theirs in found and ours in wanted}
    if "matcher" in wanted:
        check["matcher"] = (found.get("Matcher") or {}).get("HttpCode")
    return {
        "arn": call.id,
        "arnSuffix": call.id.rpartition(":")[2],
        "name": found["TargetGroupName"],
        "protocol": found["Protocol"],
        "port": found["Port"],
        "vpcId": found["VpcId"],
        "targetType": found["TargetType"],
        "healthCheck": check,
        "region": call.region or call.cloud.region,
        **of_attributes(_TARGET, elb.describe_target_group_attributes(TargetGroupArn=call.id)["Attributes"]),
        **found_tags(call),
    }


def _update_target(call: Call[Aws]) -> None:
    elb = elb_client(call)
    if call.changed("healthCheck"):
        elb.modify_target_group(TargetGroupArn=call.id, **_health(call.new))
    if call.changed(*_TARGET):
        elb.modify_target_group_attributes(TargetGroupArn=call.id, Attributes=attributes(_TARGET, call.new))
    retag(call)


# Listeners


def _listened(new: Props) -> Props:
    return {
        "Protocol": new["protocol"],
        "Port": new["port"],
        "DefaultActions": [
            {"Type": each["type"], "TargetGroupArn": each["targetGroupArn"]} for each in new["defaultActions"]
        ],
        **({"SslPolicy": new["sslPolicy"]} if new.get("sslPolicy") else {}),
        **({"Certificates": [{"CertificateArn": new["certificateArn"]}]} if new.get("certificateArn") else {}),
    }


def _create_listener(call: Call[Aws]) -> str:
    new = call.new
    more = {"Tags": tags.listed(new["tagsAll"])} if new.get("tagsAll") else {}
    made = elb_client(call).create_listener(LoadBalancerArn=new["loadBalancerArn"], **_listened(new), **more)
    return made["Listeners"][0]["ListenerArn"]


def _read_listener(call: Call[Aws]) -> Props | None:
    found = one(lambda: elb_client(call).describe_listeners(ListenerArns=[call.id]), "Listeners")
    if found is None:
        return None
    return {
        "arn": call.id,
        "loadBalancerArn": found["LoadBalancerArn"],
        "protocol": found["Protocol"],
        "port": found["Port"],
        "sslPolicy": found.get("SslPolicy"),
        "certificateArn": next((each["CertificateArn"] for each in found.get("Certificates") or []), None),
        "defaultActions": [
            {"type": each["Type"], "targetGroupArn": each["TargetGroupArn"]} for each in found["DefaultActions"]
        ],
        "region": call.region or call.cloud.region,
        **found_tags(call),
    }


def _update_listener(call: Call[Aws]) -> None:
    if call.changed("protocol", "port", "sslPolicy", "certificateArn", "defaultActions"):
        elb_client(call).modify_listener(ListenerArn=call.id, **_listened(call.new))
    retag(call)


ENTRIES = (
    Entry(
        token="aws:lb/targetGroup:TargetGroup",
        replaces=("name", "namePrefix", "port", "protocol", "targetType", "vpcId"),
        autoname=AutoName(longest=32),
        defaults={"deregistrationDelay": 300, "targetType": "instance"},
        computed=("healthCheck",),
        checks={
            "name": NAME,
            "deregistrationDelay": between(0, 3600),
            "port": between(1, 65535),
            "protocol": model("elbv2", "CreateTargetGroup", "Protocol"),
            "targetType": model("elbv2", "CreateTargetGroup", "TargetType"),
        },
        tags=True,
        create=_create_target,
        read=_read_target,
        update=_update_target,
        delete=lambda call: until_gone(lambda: elb_client(call).delete_target_group(TargetGroupArn=call.id)),
    ),
    Entry(
        token="aws:lb/listener:Listener",
        replaces=("loadBalancerArn",),
        defaults={"protocol": "HTTP"},
        computed=("sslPolicy",),
        checks={
            "port": between(1, 65535),
            "protocol": one_of("HTTP", "HTTPS"),
            "certificateArn": matches(r"arn:aws[a-z-]*:(acm|iam):.+", "be the ARN of a certificate"),
        },
        tags=True,
        create=_create_listener,
        read=_read_listener,
        update=_update_listener,
        delete=lambda call: until_gone(lambda: elb_client(call).delete_listener(ListenerArn=call.id)),
    ),
)
