"""A gateway that this program runs itself: a service of ECS on Fargate behind an internal load balancer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from rollout.model.base import Part
from rollout.model.fields import Number, Shape

ImageByDigest = Annotated[
    str,
    Shape(
        r"[a-z0-9][a-z0-9.-]{0,252}(?::[0-9]{1,5})?(?:/[a-z0-9][a-z0-9._-]{0,127}){1,8}@sha256:[0-9a-f]{64}",
        "an image by its digest, such as 111122223333.dkr.ecr.us-east-1.amazonaws.com/gateway@sha256:<64 hex digits>",
    ),
]
VpcId = Annotated[str, Shape(r"vpc-[0-9a-f]{8,17}", "the id of a VPC (vpc-<hex digits>)")]
SubnetId = Annotated[str, Shape(r"subnet-[0-9a-f]{8,17}", "the id of a subnet (subnet-<hex digits>)")]
SecurityGroupId = Annotated[str, Shape(r"sg-[0-9a-f]{8,17}", "the id of a security group (sg-<hex digits>)")]
CertificateArn = Annotated[
    str,
    Shape(
        r"arn:aws:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]{36}",
        "the ARN of a certificate (arn:aws:acm:<region>:<account>:certificate/<id>)",
    ),
]
SecretArn = Annotated[
    str,
    Shape(
        r"arn:aws:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]{1,512}-[A-Za-z0-9]{6}(?::[A-Za-z0-9_]{1,128}::)?",
        "the ARN of a secret in Secrets Manager, or of a key within it (…:secret:<name>-<6 characters>:<key>::)",
    ),
]
HealthPath = Annotated[str, Shape(r"/[A-Za-z0-9/_.-]{0,199}", "a path such as /healthz (it begins with /)")]
VariableName = Annotated[
    str, Shape(r"[A-Z][A-Z0-9_]{0,63}", "a variable's name (capitals, digits and _, a letter first)")
]
# Fargate takes these pairs, in units of 1/1024 of a processor and in MiB (ECS developer guide, task size).
MEMORY = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4097, 1024)),
    1024: tuple(range(2048, 8193, 1024)),
    2048: tuple(range(4096, 16385, 1024)),
    4096: tuple(range(8192, 30721, 1024)),
}


class GatewayService(Part):
    """Which image runs, where, and who reaches it. Its role and its rights are this program's."""

    image: ImageByDigest
    """What `rollout gateway` wrote, built into an image by you: a digest is one configuration, and no other."""
    vpc_id: VpcId
    """Where it runs."""
    subnet_ids: Annotated[tuple[SubnetId, ...], Field(min_length=2, max_length=6)]
    """Private ones of that VPC, in two zones at least, from which AWS and Okta are reached."""
    certificate_arn: CertificateArn
    """Of the host in `url`."""
    from_security_group_ids: Annotated[tuple[SecurityGroupId, ...], Field(min_length=1, max_length=10)]
    """Who reaches it, such as the VPN's: members of these security groups, and nobody else."""
    database_security_group_id: SecurityGroupId | None = None
    """Of the PostgreSQL that `claude_apps` keeps its sessions in; it has to let the gateway in by itself."""
    secrets: Mapping[VariableName, SecretArn] = {}
    """What it reads from Secrets Manager at its start, by variable: the app's secret, the database's address. Never
    the secret itself."""
    desired_count: Annotated[int, Field(ge=1, le=20), Number] = 2
    """How many run at once."""
    cpu: Literal[256, 512, 1024, 2048, 4096] = 512
    """Of each, in 1/1024 of a processor."""
    memory: Annotated[int, Field(ge=512, le=30720), Number] = 1024
    """Of each, in MiB; Fargate takes certain pairs with `cpu`."""
    port: Annotated[int, Field(ge=1024, le=65535), Number] = 8080
    """Where it listens, without TLS, for the load balancer alone."""
    health_path: HealthPath | None = None
    """What it answers with 200 while it is well; unless you say otherwise /healthz of `claude_apps`, and
    /health/liveliness of `litellm`."""
