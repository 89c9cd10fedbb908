"""The key under which all states lie is a new one each year."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine.resources import Resource
from policies.engine.rules import Breach, Finding, ResourceRule, Severity

KEY: Final = "aws:kms/key:Key"


def judge(resource: Resource) -> Iterator[Finding]:
    if resource.props.get("enableKeyRotation") is not True:
        yield Breach("its material is never renewed: enable_key_rotation is not True")


RULE = ResourceRule(
    name="state-key-rotates",
    severity=Severity.MEDIUM,
    description="A KMS key is rotated by AWS.",
    remediation="Set enable_key_rotation=True.",
    url="https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html",
    types={KEY},
    judge=judge,
)
