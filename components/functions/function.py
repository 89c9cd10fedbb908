"""A Lambda function of ours with a role of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from components.functions.attached import attached_policies
from components.functions.function_code import function_code
from rollout import names
from rollout.access.documents import Document, plain_trust_policy
from rollout.access.parts import in_parts

RUNTIME = "python3.13"


@dataclass(frozen=True, kw_only=True)
class FunctionArgs:
    """`files`: paths from the project's folder. `handler`: `package.module.function`. `settings`: no secret.
    `distributions`: installed libraries of pure Python that it takes along."""

    name: str
    description: str
    files: Sequence[str]
    handler: str
    settings: Mapping[str, Any]
    policy: pulumi.Input[Document]
    log_group: pulumi.Input[str]
    tags: Mapping[str, str]
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    distributions: Sequence[str] = ()
    timeout_seconds: int = 60
    memory_mb: int = 256
    reserved_concurrency: int | None = None
    """At most so many at once, taken out of the account's own quota; none shares that with all others."""


class Function(pulumi.ComponentResource):
    """Code, a role that Lambda alone may take, and what it may do; named alike, so that policies can name it first."""

    ready: Sequence[pulumi.Resource]
    """What must be there before anything calls it."""

    def __init__(self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:Function", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            f"{name}-role",
            name=args.name,
            description=args.description,
            assume_role_policy=json.dumps(plain_trust_policy("lambda.amazonaws.com")),
            tags=args.tags,
            opts=child,
        )
        # One that is an output names a resource or two, and never grows.
        kept, parts = in_parts(args.policy) if isinstance(args.policy, dict) else (args.policy, [])
        documents = [(names.work_policy(args.name, number), part) for number, part in enumerate(parts, 1)]
        what = f"More of what the function {args.name} may do"
        attached = list(attached_policies(f"{name}-work", role.name, documents, what, args.tags, self))
        policy = aws.iam.RolePolicy(
            f"{name}-work",
            name="work",
            role=role.name,
            policy=json.dumps(kept) if isinstance(kept, dict) else pulumi.Output.json_dumps(kept),
            # What is said there is no longer said here: first there, so that a right is never away between the two.
            opts=pulumi.ResourceOptions(parent=self, depends_on=attached),
        )
        function = aws.lambda_.Function(
            f"{name}-code",
            name=args.name,
            description=args.description,
            role=role.arn,
            runtime=RUNTIME,
            architectures=["arm64"],
            handler=args.handler,
            code=function_code(args.files, args.settings, args.distributions),
            memory_size=args.memory_mb,
            timeout=args.timeout_seconds,
            reserved_concurrent_executions=args.reserved_concurrency,
            # None rather than an empty one, which AWS forgets and a refresh would miss.
            environment={"variables": dict(args.environment)} if args.environment else None,
            logging_config={"log_format": "Text", "log_group": args.log_group},
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        self.ready = [function, policy]
