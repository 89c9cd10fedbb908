"""Application load balancers, what they listen by and where they lead to."""

from __future__ import annotations

from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.framework.constraints import between, matches, model, one_of
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry

_SECONDS = 300
_GONE = {"LoadBalancerNotFound", "TargetGroupNotFound", "ListenerNotFound"}
_NAME = matches(
    r"(?!internal-)(?!-)[A-Za-z0-9-]{1,32}(?<!-)", "be 1 to 32 letters, digits and -, and not begin with internal-"
)
# Input -> attribute, which is always text.
_BALANCER = {
    "dropInvalidHeaderFields": "routing.http.drop_invalid_header_fields.enabled",
    "enableDeletionProtection": "deletion_protection.enabled",
    "idleTimeout": "idle_timeout.timeout_seconds",
}
_TARGET = {"deregistrationDelay": "deregistration_delay.timeout_seconds"}
_HEALTH = {
    "healthyThreshold": "HealthyThresholdCount",
    "interval": "HealthCheckIntervalSeconds",
    "path": "HealthCheckPath",
    "timeout": "HealthCheckTimeoutSeconds",
    "unhealthyThreshold": "UnhealthyThresholdCount",
}


def _elb(call: Call[Aws]) -> Any:
    return call.cloud.client("elbv2", call.region)


def _told(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _attributes(names: dict[str, str], new: Props) -> list[Props]:
    return [{"Key": theirs, "Value": _told(new[ours])} for ours, theirs in names.items() if ours in new]


def _known(text: str) -> Any:
    return text == "true" if text in {"true", "false"} else int(text)


def _of(names: dict[str, str], rows: list[Props]) -> Props:
    values = {row["Key"]: row["Value"] for row in rows}
    return {ours: _known(values[theirs]) for ours, theirs in names.items() if theirs in values}


def _one(ask: Any, key: str) -> Props | None:
    try:
        return ask()[key][0]
    except Exception as error:
        if code(error) in _GONE:
            return None
        raise


def _tags(call: Call[Aws]) -> Props:
    [found] = _elb(call).describe_tags(ResourceArns=[call.id])["TagDescriptions"]
    return tags.found(call, tags.mapped_from(found["Tags"]))


def _retag(call: Call[Aws]) -> None:
    elb = _elb(call)
    tags.update(
        call,
        lambda keys: elb.remove_tags(ResourceArns=[call.id], TagKeys=keys),
        lambda changed: elb.add_tags(ResourceArns=[call.id], Tags=tags.listed(changed)),
    )


def _gone(delete: Any) -> None:
    try:
        retry(delete, lambda error: code(error) == "ResourceInUse", seconds=_SECONDS)
    except Exception as error:
        if code(error) not in _GONE:
            raise


# Load balancers


def _create_balancer(call: Call[Aws]) -> str:
    new, elb = call.new, _elb(call)
    made = elb.create_load_balancer(
        Name=new["name"],
        Subnets=new["subnets"],
        SecurityGroups=new.get("securityGroups") or [],
        Scheme="internal" if new.get("internal") else "internet-facing",
        Type=new["loadBalancerType"],
        **({"Tags": tags.listed(new["tagsAll"])} if new.get("tagsAll") else {}),
    )
    call.id = made["LoadBalancers"][0]["LoadBalancerArn"]
    elb.modify_load_balancer_attributes(LoadBalancerArn=call.id, Attributes=_attributes(_BALANCER, new))
    return call.id


def _read_balancer(call: Call[Aws]) -> Props | None:
    elb = _elb(call)
    found = _one(lambda: elb.describe_load_balancers(LoadBalancerArns=[call.id]), "LoadBalancers")
    if found is None:
        return None
    return {
        "arn": call.id,
        "arnSuffix": call.id.partition(":loadbalancer/")[2],
        "name": found["LoadBalancerName"],
        "dnsName": found["DNSName"],
        "zoneId": found.get("CanonicalHostedZoneId"),
        "internal": found["Scheme"] == "internal",
        "loadBalancerType": found["Type"],
        "securityGroups": sorted(found.get("SecurityGroups") or []),
        "subnets": sorted(zone["SubnetId"] for zone in found["AvailabilityZones"]),
        "vpcId": found["VpcId"],
        "region": call.region or call.cloud.region,
        **_of(_BALANCER, elb.describe_load_balancer_attributes(LoadBalancerArn=call.id)["Attributes"]),
        **_tags(call),
    }


def _update_balancer(call: Call[Aws]) -> None:
    elb, new = _elb(call), call.new
    if call.changed("securityGroups"):
        elb.set_security_groups(LoadBalancerArn=call.id, SecurityGroups=new["securityGroups"])
    if call.changed("subnets"):
        elb.set_subnets(LoadBalancerArn=call.id, Subnets=new["subnets"])
    if call.changed(*_BALANCER):
        elb.modify_load_balancer_attributes(LoadBalancerArn=call.id, Attributes=_attributes(_BALANCER, new))
    _retag(call)


# Target groups


def _health(new: Props) -> Props:
    check = new.get("healthCheck") or {}
    return {
        **{theirs: check[ours] for ours, theirs in _HEALTH.items() if ours in check},
        **({"Matcher": {"HttpCode": check["matcher"]}} if check.get("matcher") else {}),
    }


def _create_target(call: Call[Aws]) -> str:
    new, elb = call.new, _elb(call)
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
    elb.modify_target_group_attributes(TargetGroupArn=call.id, Attributes=_attributes(_TARGET, new))
    return call.id


def _read_target(call: Call[Aws]) -> Props | None:
    elb = _elb(call)
    found = _one(lambda: elb.describe_target_groups(TargetGroupArns=[call.id]), "TargetGroups")
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
        **_of(_TARGET, elb.describe_target_group_attributes(TargetGroupArn=call.id)["Attributes"]),
        **_tags(call),
    }


def _update_target(call: Call[Aws]) -> None:
    elb = _elb(call)
    if call.changed("healthCheck"):
        elb.modify_target_group(TargetGroupArn=call.id, **_health(call.new))
    if call.changed(*_TARGET):
        elb.modify_target_group_attributes(TargetGroupArn=call.id, Attributes=_attributes(_TARGET, call.new))
    _retag(call)


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
    made = _elb(call).create_listener(LoadBalancerArn=new["loadBalancerArn"], **_listened(new), **more)
    return made["Listeners"][0]["ListenerArn"]


def _read_listener(call: Call[Aws]) -> Props | None:
    found = _one(lambda: _elb(call).describe_listeners(ListenerArns=[call.id]), "Listeners")
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
        **_tags(call),
    }


def _update_listener(call: Call[Aws]) -> None:
    if call.changed("protocol", "port", "sslPolicy", "certificateArn", "defaultActions"):
        _elb(call).modify_listener(ListenerArn=call.id, **_listened(call.new))
    _retag(call)


ENTRIES = (
    Entry(
        token="aws:lb/loadBalancer:LoadBalancer",
        replaces=("name", "namePrefix", "internal", "loadBalancerType"),
        autoname=AutoName(longest=32),
        defaults={
            "dropInvalidHeaderFields": False,
            "enableDeletionProtection": False,
            "idleTimeout": 60,
            "internal": False,
            "loadBalancerType": "application",
        },
        computed=("securityGroups",),
        checks={"name": _NAME, "idleTimeout": between(1, 4000), "loadBalancerType": one_of("application")},
        sets=("securityGroups", "subnets"),
        tags=True,
        create=_create_balancer,
        read=_read_balancer,
        update=_update_balancer,
        delete=lambda call: _gone(lambda: _elb(call).delete_load_balancer(LoadBalancerArn=call.id)),
    ),
    Entry(
        token="aws:lb/targetGroup:TargetGroup",
        replaces=("name", "namePrefix", "port", "protocol", "targetType", "vpcId"),
        autoname=AutoName(longest=32),
        defaults={"deregistrationDelay": 300, "targetType": "instance"},
        computed=("healthCheck",),
        checks={
            "name": _NAME,
            "deregistrationDelay": between(0, 3600),
            "port": between(1, 65535),
            "protocol": model("elbv2", "CreateTargetGroup", "Protocol"),
            "targetType": model("elbv2", "CreateTargetGroup", "TargetType"),
        },
        tags=True,
        create=_create_target,
        read=_read_target,
        update=_update_target,
        delete=lambda call: _gone(lambda: _elb(call).delete_target_group(TargetGroupArn=call.id)),
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
        delete=lambda call: _gone(lambda: _elb(call).delete_listener(ListenerArn=call.id)),
    ),
)
