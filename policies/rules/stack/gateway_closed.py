"""A gateway holds everybody's conversations: one image by its digest, reached by TLS and from inside."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, cast

from policies.engine.resources import UNKNOWN, Resource
from policies.engine.rules import Breach, Finding, Later, ResourceRule, Severity
from policies.rules.iam.gateway_role import GATEWAY

DIGEST = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")
# TLS 1.2 and 1.3 with forward secrecy alone (Elastic Load Balancing, security policies).
TLS = re.compile(r"ELBSecurityPolicy-TLS13-1-[23](?:-Res)?(?:-FIPS|-PQ)?-20\d\d-\d\d")
# A secret is named where it is kept, and is no plain variable.
SECRET = re.compile(r"(?i)secret|password|passwd|token|credential|private|database_url|api_?key|master_?key")
Judge = Callable[[Mapping[str, Any]], Iterator[str]]


def _task(props: Mapping[str, Any]) -> Iterator[str]:
    if list(props.get("requiresCompatibilities") or ()) != ["FARGATE"] or props.get("networkMode") != "awsvpc":
        yield "runs not on Fargate alone, with an address of its own"
    try:
        containers: Any = json.loads(props.get("containerDefinitions") or "")
    except ValueError:
        containers = []
    for each in cast("list[dict[str, Any]]", containers) or [{}]:
        if not DIGEST.fullmatch(str(each.get("image"))):
            yield f"runs {each.get('image')}, which is no image by its digest: another could take its place"
        if each.get("readonlyRootFilesystem") is not True or each.get("privileged"):
            yield "can write its own files, or is privileged"
        named = [str(one.get("name")) for one in each.get("environment") or ()]
        for name in filter(SECRET.search, named):
            yield f"has {name} in clear; name the secret under secrets"


def _service(props: Mapping[str, Any]) -> Iterator[str]:
    breaker: Mapping[str, Any] = props.get("deploymentCircuitBreaker") or {}
    network: Mapping[str, Any] = props.get("networkConfiguration") or {}
    if network.get("assignPublicIp"):
        yield "has a public address"
    if not (breaker.get("enable") and breaker.get("rollback")):
        yield "keeps a deployment that never becomes healthy; enable the circuit breaker with rollback"
    if props.get("enableExecuteCommand"):
        yield "lets people run commands in it, beside every conversation"


def _balancer(props: Mapping[str, Any]) -> Iterator[str]:
    if props.get("internal") is not True:
        yield "is reached from the internet"


def _listener(props: Mapping[str, Any]) -> Iterator[str]:
    if props.get("protocol") != "HTTPS" or not TLS.fullmatch(str(props.get("sslPolicy"))):
        yield f"listens by {props.get('protocol')} with {props.get('sslPolicy')}, not by TLS 1.2 or 1.3 alone"


def _group(props: Mapping[str, Any]) -> Iterator[str]:
    for each in cast("list[dict[str, Any]]", props.get("ingress") or ()):
        if any(each.get(key) for key in ("cidrBlocks", "ipv6CidrBlocks", "prefixListIds")):
            yield "lets in addresses; name security groups"
    if not props.get("ingress"):
        yield "says not who is let in"


JUDGES: Final[Mapping[str, Judge]] = {
    "aws:ec2/securityGroup:SecurityGroup": _group,
    "aws:ecs/service:Service": _service,
    "aws:ecs/taskDefinition:TaskDefinition": _task,
    "aws:lb/listener:Listener": _listener,
    "aws:lb/loadBalancer:LoadBalancer": _balancer,
}
# What each must know in a preview, or is put off until it does.
NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "aws:ec2/securityGroup:SecurityGroup": ("ingress",),
    "aws:ecs/service:Service": ("networkConfiguration", "deploymentCircuitBreaker", "enableExecuteCommand"),
    "aws:ecs/taskDefinition:TaskDefinition": ("containerDefinitions",),
    "aws:lb/listener:Listener": ("protocol", "sslPolicy"),
    "aws:lb/loadBalancer:LoadBalancer": ("internal",),
}
# Beside those, what says nothing of who reaches it.
PARTS: Final = frozenset({*JUDGES, "aws:ecs/cluster:Cluster", "aws:lb/targetGroup:TargetGroup"})


def judge(resource: Resource) -> Iterator[Finding]:
    unknown = [key for key in NEEDED[resource.type] if resource.props.get(key) is UNKNOWN]
    if unknown:
        yield from map(Later, unknown)
        return
    yield from map(Breach, JUDGES[resource.type](resource.props))


RULE = ResourceRule(
    name="gateway-is-closed",
    severity=Severity.CRITICAL,
    description=(
        "A gateway runs one image by its digest, can write nothing of its own, has no public address, and is reached "
        "by TLS from named security groups."
    ),
    remediation="Use `components.gateway`.",
    url="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-fargate.html",
    types=set(JUDGES),
    applies=lambda resource: GATEWAY in resource.ancestors,
    judge=judge,
)
