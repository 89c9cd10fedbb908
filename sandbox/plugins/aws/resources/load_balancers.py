"""Application load balancers, and what they have in common with what they lead to."""

from __future__ import annotations

from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.framework.constraints import between, matches, one_of
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry

_SECONDS = 300
_GONE = {"LoadBalancerNotFound", "TargetGroupNotFound", "ListenerNotFound"}
NAME = matches(
    r"(?!internal-)(?!-)[A-Za-z0-9-]{1,32}(?<!-)", "be 1 to 32 letters, digits and -, and not begin with internal-"
)
# Input -> attribute, which is always text.
_BALANCER = {
    "dropInvalidHeaderFields": "routing.http.drop_invalid_header_fields.enabled",
    "enableDeletionProtection": "deletion_protection.enabled",
    "idleTimeout": "idle_timeout.timeout_seconds",
}


def elb_client(call: Call[Aws]) -> Any:
    return call.cloud.client("elbv2", call.region)


def _told(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def attributes(names: dict[str, str], new: Props) -> list[Props]:
    return [{"Key": theirs, "Value": _told(new[ours])} for ours, theirs in names.items() if ours in new]


def _known(text: str) -> Any:
    return text == "true" if text in {"true", "false"} else int(text)


def of_attributes(names: dict[str, str], rows: list[Props]) -> Props:
    values = {row["Key"]: row["Value"] for row in rows}
    return {ours: _known(values[theirs]) for ours, theirs in names.items() if theirs in values}


def one(ask: Any, key: str) -> Props | None:
    try:
        return ask()[key][0]
    except Exception as error:
        if code(error) in _GONE:
            return None
        raise


def found_tags(call: Call[Aws]) -> Props:
    [found] = elb_client(call).describe_tags(ResourceArns=[call.id])["TagDescriptions"]
    return tags.found(call, tags.mapped_from(found["Tags"]))


def retag(call: Call[Aws]) -> None:
    elb = elb_client(call)
    tags.update(
        call,
        lambda keys: elb.remove_tags(ResourceArns=[call.id], TagKeys=keys),
        lambda changed: elb.add_tags(ResourceArns=[call.id], Tags=tags.listed(changed)),
    )


def until_gone(delete: Any) -> None:
    try:
        retry(delete, lambda error: code(error) == "ResourceInUse", seconds=_SECONDS)
    except Exception as error:
        if code(error) not in _GONE:
            raise


# Load balancers


def _create_balancer(call: Call[Aws]) -> str:
    new, elb = call.new, elb_client(call)
    made = elb.create_load_balancer(
        Name=new["name"],
        Subnets=new["subnets"],
        SecurityGroups=new.get("securityGroups") or [],
        Scheme="internal" if new.get("internal") else "internet-facing",
        Type=new["loadBalancerType"],
        **({"Tags": tags.listed(new["tagsAll"])} if new.get("tagsAll") else {}),
    )
    call.id = made["LoadBalancers"][0]["LoadBalancerArn"]
    elb.modify_load_balancer_attributes(LoadBalancerArn=call.id, Attributes=attributes(_BALANCER, new))
    return call.id


def _read_balancer(call: Call[Aws]) -> Props | None:
    elb = elb_client(call)
    found = one(lambda: elb.describe_load_balancers(LoadBalancerArns=[call.id]), "LoadBalancers")
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
        **of_attributes(_BALANCER, elb.describe_load_balancer_attributes(LoadBalancerArn=call.id)["Attributes"]),
        **found_tags(call),
    }


def _update_balancer(call: Call[Aws]) -> None:
    elb, new = elb_client(call), call.new
    if call.changed("securityGroups"):
        elb.set_security_groups(LoadBalancerArn=call.id, SecurityGroups=new["securityGroups"])
    if call.changed("subnets"):
        elb.set_subnets(LoadBalancerArn=call.id, Subnets=new["subnets"])
    if call.changed(*_BALANCER):
        elb.modify_load_balancer_attributes(LoadBalancerArn=call.id, Attributes=attributes(_BALANCER, new))
    retag(call)


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
        checks={"name": NAME, "idleTimeout": between(1, 4000), "loadBalancerType": one_of("application")},
        sets=("securityGroups", "subnets"),
        tags=True,
        create=_create_balancer,
        read=_read_balancer,
        update=_update_balancer,
        delete=lambda call: until_gone(lambda: elb_client(call).delete_load_balancer(LoadBalancerArn=call.id)),
    ),
)
