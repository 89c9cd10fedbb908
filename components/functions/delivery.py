"""What reads from GitHub how software is delivered: a function, its schedule, its token and what it remembers."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pydantic import SecretStr

from components.audit_trail import AuditTrail
from components.functions.function import Function, FunctionArgs
from components.functions.schedule import DailyArgs, called_daily
from components.functions.secret import keep_secret
from components.functions.table import items_by_id
from rollout import names
from rollout.account import Account
from rollout.model.rollout import Rollout
from rollout.model.success import Github
from rollout.success.collector_input import delivery_policy, delivery_settings, schedule_policy

FILES = (
    "functions/__init__.py",
    "functions/clients.py",
    "functions/delivery.py",
    "functions/delivery_state.py",
    "functions/github_reader.py",
    "functions/log_lines.py",
    "functions/settings.py",
    "rollout/__init__.py",
    "rollout/names.py",
    "rollout/success/__init__.py",
    "rollout/success/github_delivery.py",
    "rollout/success/github_queries.py",
    "rollout/success/metrics.py",
    "rollout/usage/__init__.py",
    "rollout/usage/records.py",
    "rollout/usage/tokens.py",
)
# gidgethub over httpx, and what these two import; not PyJWT, which only a GitHub App would need.
DISTRIBUTIONS = (
    *("gidgethub", "uritemplate"),
    *("httpx", "httpcore", "h11", "anyio", "idna", "certifi", "typing_extensions"),
)
# Lambda's longest; a run ends by itself before, and the next one goes on.
TIMEOUT_SECONDS = 900


@dataclass(frozen=True, kw_only=True)
class DeliveryArgs:
    """`rollout`: with `github`."""

    account: Account
    rollout: Rollout
    stack: str
    trail: AuditTrail


class Delivery(pulumi.ComponentResource):
    """Shared by all cohorts; there where the stack file says where GitHub is."""

    def __init__(self, name: str, args: DeliveryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:Delivery", name, {}, opts)
        self._tags = {"organization": args.rollout.organization.name}
        self._child = pulumi.ResourceOptions(parent=self)
        assert args.rollout.github is not None  # noqa: S101  these two: `rollout.stack_file.success_checks`
        assert args.rollout.github_token is not None  # noqa: S101
        self._collect(name, args, args.rollout.github, args.rollout.github_token)

    def _collect(self, name: str, args: DeliveryArgs, github: Github, token: SecretStr) -> None:
        items_by_id(name, names.DELIVERY, self._tags, self._child)  # not protected: all of it can be read again
        secret, version = keep_secret(f"{name}-token", names.GITHUB_SECRET, token, args.stack, self._tags, self._child)
        function = Function(
            f"{name}-function",
            FunctionArgs(
                name=names.DELIVERY,
                description="Reads from GitHub how software is delivered",
                files=FILES,
                distributions=DISTRIBUTIONS,
                handler="functions.delivery.handler",
                settings=delivery_settings(args.rollout, github),
                policy=secret.arn.apply(lambda arn: delivery_policy(args.account, args.rollout, arn)),
                log_group=args.trail.function_log_groups[names.DELIVERY],
                timeout_seconds=TIMEOUT_SECONDS,
                tags=self._tags,
            ),
            self._child,
        )
        self._schedule(name, args, [*function.ready, version])

    def _schedule(self, name: str, args: DeliveryArgs, after: list[pulumi.Resource]) -> None:
        """Daily, though a week is read once: whatever stopped a run, the next day's goes on."""
        called_daily(
            name,
            DailyArgs(
                account=args.account,
                function=names.DELIVERY,
                schedule=names.DELIVERY,
                role=names.DELIVERY_SCHEDULE_ROLE,
                says="Runs the collector of success metrics",
                role_says="Runs the collector of success metrics",
                may="collect",
                policy=schedule_policy(args.account),
                hour=5,
                minutes=60,
                after=after,
                tags=self._tags,
            ),
            self,
        )
