"""Invocation logging carries no prompts and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy

LOGGING = "aws:bedrockmodel/invocationLoggingConfiguration:InvocationLoggingConfiguration"
# Each is true unless it is switched off (aws-provider.md 4).
SWITCHES = tuple(f"{kind}DataDeliveryEnabled" for kind in ("text", "image", "embedding", "video"))


def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
    if args.resource_type != LOGGING:
        return
    given = cast("Mapping[str, Any]", args.props.get("loggingConfig") or {})
    on = [switch for switch in SWITCHES if given.get(switch, True) is not False]
    if on:
        report(f"prompts would be logged: {', '.join(on)}; set logs.prompt_text: false", None)


prompt_text_off = ResourceValidationPolicy(
    name="prompt-text-off",
    description="Bedrock's invocation log holds who, what model and how many tokens, never prompts and answers.",
    enforcement_level=EnforcementLevel.MANDATORY,
    validate=validate,
)
