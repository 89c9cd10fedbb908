"""A secret of the stack file, kept where a function can read it."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws
from pydantic import SecretStr

from rollout import names

# How long a deleted one can be had back; meanwhile its name is taken.
RECOVERY_DAYS = 7


def keep_secret(
    name: str, secret: str, value: SecretStr, stack: str, tags: Mapping[str, str], opts: pulumi.ResourceOptions
) -> tuple[aws.secretsmanager.Secret, aws.secretsmanager.SecretVersion]:
    """`secret`: its name in AWS. `stack`: whose it is. What it is stays encrypted in Pulumi's state."""
    container = aws.secretsmanager.Secret(
        name, name=secret, recovery_window_in_days=RECOVERY_DAYS, tags={**tags, names.STACK_TAG: stack}, opts=opts
    )
    version = aws.secretsmanager.SecretVersion(
        f"{name}-value",
        secret_id=container.id,
        secret_string=pulumi.Output.secret(value.get_secret_value()),
        opts=opts,
    )
    return container, version
