"""Where GitHub says that it found a credential: a function behind an address of its own."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pydantic import SecretStr

from components.audit_trail import AuditTrail
from components.functions.function import Function, FunctionArgs
from components.functions.secret import keep_secret
from rollout import names
from rollout.account import Account
from rollout.leaks.github_webhook import CONCURRENCY, PUBLIC, TIMEOUT_SECONDS, webhook_policy, webhook_settings
from rollout.model.rollout import Rollout

FILES = (
    "functions/__init__.py",
    "functions/clients.py",
    "functions/github.py",
    "functions/log_lines.py",
    "functions/settings.py",
    "rollout/__init__.py",
    "rollout/leaks/__init__.py",
    "rollout/leaks/github_alerts.py",
)


@dataclass(frozen=True, kw_only=True)
class GithubWebhookArgs:
    account: Account
    rollout: Rollout
    stack: str
    trail: AuditTrail


class GithubWebhook(pulumi.ComponentResource):
    """The one thing here that anybody can reach: what is not signed with the stack's secret is refused unread."""

    url: pulumi.Output[str] | None = None
    """None where no secret is set."""

    def __init__(self, name: str, args: GithubWebhookArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:GithubWebhook", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        secret = args.rollout.github_webhook_secret
        if secret is not None and args.rollout.takes_github_alerts:
            self.url = self._open(name, args, secret)

    def _open(self, name: str, args: GithubWebhookArgs, secret: SecretStr) -> pulumi.Output[str]:
        tags = {"organization": args.rollout.organization.name}
        container, version = keep_secret(
            f"{name}-secret", names.GITHUB_WEBHOOK_SECRET, secret, args.stack, tags, self._child
        )
        function = Function(
            f"{name}-function",
            FunctionArgs(
                name=names.GITHUB_WEBHOOK,
                description="Writes down where GitHub found a credential",
                files=FILES,
                handler="functions.github.handler",
                settings=webhook_settings(),
                policy=container.arn.apply(lambda arn: webhook_policy(args.account, arn)),
                log_group=args.trail.function_log_groups[names.GITHUB_WEBHOOK],
                timeout_seconds=TIMEOUT_SECONDS,
                reserved_concurrency=CONCURRENCY,
                tags=tags,
            ),
            self._child,
        )
        # The plug-in adds the like by itself, once; declared, a refresh sees that somebody took one away.
        permissions = [
            aws.lambda_.Permission(
                f"{name}-{statement}",
                statement_id=statement,
                function=names.GITHUB_WEBHOOK,
                principal="*",
                **permission,
                opts=pulumi.ResourceOptions(parent=self, depends_on=function.ready),
            )
            for statement, permission in PUBLIC.items()
        ]
        address = aws.lambda_.FunctionUrl(
            f"{name}-url",
            function_name=names.GITHUB_WEBHOOK,
            authorization_type="NONE",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*function.ready, *permissions, version]),
        )
        return address.function_url
