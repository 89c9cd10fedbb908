"""Security groups of a VPC, with their rules inline."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.framework.constraints import excludes, length, matches
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.errors import Failure
from sandbox.plugins.framework.values import UNKNOWN, Props
from sandbox.plugins.framework.waiting import retry

_SECONDS = 300
_ANY = {"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}
_KINDS = ("ingress", "egress")
# Input -> where EC2 keeps it within a rule.
_RANGES = {
    "cidrBlocks": ("IpRanges", "CidrIp"),
    "ipv6CidrBlocks": ("Ipv6Ranges", "CidrIpv6"),
    "prefixListIds": ("PrefixListIds", "PrefixListId"),
    "securityGroups": ("UserIdGroupPairs", "GroupId"),
}


def _ec2(call: Call[Aws]) -> Any:
    return call.cloud.client("ec2", call.region)


def _permission(rule: Props, own: str) -> Props:
    described = {"Description": rule["description"]} if rule.get("description") else {}
    made: Props = {"IpProtocol": rule["protocol"], "FromPort": rule["fromPort"], "ToPort": rule["toPort"]}
    for name, (kind, key) in _RANGES.items():
        sources = [*(rule.get(name) or ()), *([own] if name == "securityGroups" and rule.get("self") else ())]
        if sources:
            made[kind] = [{key: each, **described} for each in sources]
    return made


def _rule(permission: Props, own: str) -> Props:
    """As the inputs word it: what a rule has none of is left out."""
    found: Props = {
        "protocol": permission["IpProtocol"],
        "fromPort": permission.get("FromPort", 0),
        "toPort": permission.get("ToPort", 0),
    }
    descriptions: set[str] = set()
    for name, (kind, key) in _RANGES.items():
        rows = permission.get(kind) or []
        descriptions |= {row["Description"] for row in rows if row.get("Description")}
        values = [row[key] for row in rows]
        if name == "securityGroups" and own in values:
            found["self"] = True
        if others := sorted(value for value in values if value != own):
            found[name] = others
    return {**found, **({"description": descriptions.pop()} if len(descriptions) == 1 else {})}


def _change(call: Call[Aws], kind: str, gone: list[Props], new: list[Props]) -> None:
    ec2 = _ec2(call)
    if gone:
        revoke = ec2.revoke_security_group_ingress if kind == "ingress" else ec2.revoke_security_group_egress
        revoke(GroupId=call.id, IpPermissions=[_permission(rule, call.id) for rule in gone])
    if new:
        authorize = ec2.authorize_security_group_ingress if kind == "ingress" else ec2.authorize_security_group_egress
        authorize(GroupId=call.id, IpPermissions=[_permission(rule, call.id) for rule in new])


def _create(call: Call[Aws]) -> str:
    new = call.new
    specification = [{"ResourceType": "security-group", "Tags": tags.listed(new.get("tagsAll"))}]
    made = _ec2(call).create_security_group(
        GroupName=new["name"],
        Description=new["description"],
        VpcId=new["vpcId"],
        **({"TagSpecifications": specification} if new.get("tagsAll") else {}),
    )
    call.id = made["GroupId"]
    # EC2 lets a new group send everywhere; the official plug-in takes that away first.
    _change(call, "egress", [_ANY], [])
    for kind in _KINDS:
        _change(call, kind, [], new.get(kind) or [])
    return call.id


def _found(call: Call[Aws]) -> Props | None:
    try:
        return _ec2(call).describe_security_groups(GroupIds=[call.id])["SecurityGroups"][0]
    except Exception as error:
        if code(error) == "InvalidGroup.NotFound":
            return None
        raise


def _read(call: Call[Aws]) -> Props | None:
    found = _found(call)
    if found is None:
        return None
    owner = found["OwnerId"]
    arn = f"arn:{call.cloud.partition}:ec2:{call.region or call.cloud.region}:{owner}:security-group/{call.id}"
    return {
        "arn": found.get("SecurityGroupArn", arn),
        "name": found["GroupName"],
        "description": found["Description"],
        "vpcId": found["VpcId"],
        "ownerId": owner,
        "ingress": [_rule(each, call.id) for each in found["IpPermissions"]],
        "egress": [_rule(each, call.id) for each in found["IpPermissionsEgress"]],
        "region": call.region or call.cloud.region,
        **tags.found(call, tags.mapped_from(found.get("Tags", []))),
    }


def _update(call: Call[Aws]) -> None:
    ec2 = _ec2(call)
    for kind in _KINDS:
        old, new = call.old.get(kind) or [], call.new.get(kind) or []
        _change(call, kind, [rule for rule in old if rule not in new], [rule for rule in new if rule not in old])
    tags.update(
        call,
        lambda keys: ec2.delete_tags(Resources=[call.id], Tags=[{"Key": key} for key in keys]),
        lambda changed: ec2.create_tags(Resources=[call.id], Tags=tags.listed(changed)),
    )


def _delete(call: Call[Aws]) -> None:
    """What still uses it, such as a load balancer that is going, holds it for a while."""
    try:
        retry(
            lambda: _ec2(call).delete_security_group(GroupId=call.id),
            lambda error: code(error) in {"DependencyViolation", "InvalidGroup.InUse"},
            seconds=_SECONDS,
        )
    except Exception as error:
        if code(error) != "InvalidGroup.NotFound":
            raise


def _rules(inputs: Props) -> Iterable[Failure]:
    for kind in _KINDS:
        rows = inputs.get(kind)
        for number, rule in enumerate(rows if isinstance(rows, list) else []):
            if rule is UNKNOWN or not isinstance(rule, dict):
                continue
            if missing := [key for key in ("protocol", "fromPort", "toPort") if key not in rule]:
                yield Failure(f"{kind}[{number}].{missing[0]}", "is required")
            elif not any(rule.get(key) for key in (*_RANGES, "self")):
                yield Failure(f"{kind}[{number}]", "names nobody: cidrBlocks, securityGroups, prefixListIds or self")


ENTRIES = (
    Entry(
        token="aws:ec2/securityGroup:SecurityGroup",
        replaces=("name", "namePrefix", "description", "vpcId"),
        autoname=AutoName(),
        defaults={"description": "Managed by Pulumi", "revokeRulesOnDelete": False},
        computed=("vpcId", "ingress", "egress"),
        checks={
            "name": excludes(r"^sg-", "begin with sg-"),
            "description": length(0, 255),
            "vpcId": matches(r"vpc-[0-9a-f]+", "be the id of a VPC"),
        },
        rules=(_rules,),
        sets=("ingress", "egress"),
        tags=True,
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
