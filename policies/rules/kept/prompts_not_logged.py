"""Invocation logging carries no prompts and answers, or masks credentials where somebody decided that it does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from policies.engine.resources import UNKNOWN, Resource, Stack
from policies.engine.rules import Breach, Finding, Severity, StackRule

LOGGING: Final = "aws:bedrockmodel/invocationLoggingConfiguration:InvocationLoggingConfiguration"
PROTECTION: Final = "aws:cloudwatch/logDataProtectionPolicy:LogDataProtectionPolicy"
# Each is true unless it is switched off (aws-provider.md 4).
SWITCHES = tuple(f"{kind}DataDeliveryEnabled" for kind in ("text", "image", "embedding", "video"))


def judge(stack: Stack) -> Iterator[Finding]:
    protected = {str(policy.props.get("logGroupName")) for policy in stack.of(PROTECTION) if _masks(policy)}
    for resource in stack.of(LOGGING):
        given: Any = resource.props.get("loggingConfig") or {}
        # Not known is not off.
        on = SWITCHES if given is UNKNOWN else [key for key in SWITCHES if given.get(key, True) is not False]
        target: Any = None if given is UNKNOWN else given.get("cloudwatchConfig")
        log_group: Any = target.get("logGroupName") if target and target is not UNKNOWN else None
        if on and str(log_group) not in protected:
            yield Breach(f"prompts would be logged, with no data protection: {', '.join(on)}", resource.urn)
        elif on and _to_s3(given):
            yield Breach(f"prompts would go to S3, where nothing is masked: {', '.join(on)}", resource.urn)


def _to_s3(given: Mapping[str, Any]) -> bool:
    # What is too large for CloudWatch goes to S3 too.
    target: Any = given.get("cloudwatchConfig")
    return bool(given.get("s3Config") or (target and target.get("largeDataDeliveryS3Config")))


def _masks(policy: Resource) -> bool:
    """It has an operation that puts asterisks in place of what it finds; one that only counts masks nothing."""
    text: Any = policy.props.get("policyDocument")
    try:
        document: Any = json.loads(text) if isinstance(text, str) else {}
        return any(
            "MaskConfig" in each.get("Operation", {}).get("Deidentify", {}) and bool(each.get("DataIdentifier"))
            for each in document.get("Statement", ())
        )
    except (ValueError, AttributeError, TypeError):
        return False


RULE = StackRule(
    name="prompts-are-not-logged",
    severity=Severity.CRITICAL,
    description="Bedrock's log says who, which model and how many tokens; prompts only with a data protection policy.",
    remediation="Set logs.prompt_text: false, or let `components.observability.findings` protect the log group.",
    url="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data.html",
    applies=lambda stack: bool(stack.of(LOGGING)),
    judge=judge,
)
