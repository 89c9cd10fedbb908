"""No Allow reaches everything, and none reaches a foundation model but through an inference profile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy

POLICIES = {"aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy"}
THROUGH = "bedrock:InferenceProfileArn"


def allows(document: str) -> Iterator[dict[str, Any]]:
    found: Any = json.loads(document)["Statement"]
    for statement in cast("list[dict[str, Any]]", found if isinstance(found, list) else [found]):
        if statement["Effect"] == "Allow":
            yield statement


def texts(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
    # A document that is not known yet is judged when it is: in the update, and on exported state.
    document = args.props.get("policy") if args.resource_type in POLICIES else None
    if not isinstance(document, str):
        return
    for statement in allows(document):
        name = statement.get("Sid", "a statement without Sid")
        resources = texts(statement.get("Resource", "*"))
        if "*" in resources or "*" in texts(statement.get("Action", "*")):
            report(f"{name}: an Allow of * ; name the resources and actions", None)
        conditions = [key for operator in statement.get("Condition", {}).values() for key in operator]
        if any(":foundation-model/" in resource for resource in resources) and THROUGH not in conditions:
            report(
                f"{name}: foundation models without the condition {THROUGH}; deleting a profile would end nothing", None
            )


no_bare_wildcard = ResourceValidationPolicy(
    name="no-bare-wildcard",
    description="An Allow names its resources; models are reached only through inference profiles.",
    enforcement_level=EnforcementLevel.MANDATORY,
    validate=validate,
)
