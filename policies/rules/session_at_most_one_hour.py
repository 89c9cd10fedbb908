"""No session outlives an hour: leaving a group is felt only when it ends."""

from __future__ import annotations

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy

ROLE = "aws:iam/role:Role"
SECONDS = 3600


def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
    seconds = args.props.get("maxSessionDuration", SECONDS) if args.resource_type == ROLE else SECONDS
    if isinstance(seconds, int | float) and seconds > SECONDS:
        report(f"sessions of up to {seconds:.0f} s; at most {SECONDS}", None)


session_at_most_one_hour = ResourceValidationPolicy(
    name="session-at-most-one-hour",
    description="A role's sessions last an hour at most.",
    enforcement_level=EnforcementLevel.MANDATORY,
    validate=validate,
)
