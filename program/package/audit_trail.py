"""The logs alone, as one component. No postponed annotations here: the SDK's analyzer reads types, not texts."""

from typing import Any, NotRequired, TypedDict

import pulumi

from components import audit_trail
from components.identity.people import current_account
from components.observability.invocation_logging import InvocationLogging, InvocationLoggingArgs
from program.package.judged import judged
from program.traces import without_stack_traces
from rollout.model.errors import StackFileError
from rollout.observability.logs_kept import logs_alone


class AuditTrailArgs(TypedDict):
    organization: str
    """Becomes the tag `organization` in AWS."""
    cohorts: NotRequired[list[str]]
    """Whose usage has a log: names as in the stack file, such as `pilot`."""
    retention_days: NotRequired[int]
    """Days that log events are kept, one of CloudWatch's values; 90 unless it is given."""
    prompt_text: NotRequired[bool]
    """Whether prompts and answers are written to the invocation log. Off unless somebody decides otherwise."""
    invocation_log_group: NotRequired[str]
    """The log group that Bedrock's invocation logging already writes to; the logging configuration is left alone."""


class AuditTrail(pulumi.ComponentResource):
    """The logs without a rollout: Bedrock's invocation logging of this account and region, its log group, and one of
    usage for each cohort. Protected by the engine and by CloudWatch, and kept even when undeclared. A `Rollout` has its
    own, so a stack has one or the other."""

    invocation_logs: pulumi.Output[str]
    """The name of the log group that Bedrock writes to."""
    usage_logs: pulumi.Output[dict[str, str]]
    """By cohort, the name of its log group."""

    @without_stack_traces()
    def __init__(self, name: str, args: AuditTrailArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude-code:index:AuditTrail", name, {}, opts)
        given = {
            key: value for key, value in args.items() if key in {"organization", "cohorts", "invocation_log_group"}
        }
        logged = {key: value for key, value in args.items() if key in {"retention_days", "prompt_text"}}
        try:
            logs = logs_alone({**given, "logs": logged})
        except StackFileError as error:
            raise pulumi.RunError(str(error)) from None
        child = pulumi.ResourceOptions(parent=self)
        trail = audit_trail.AuditTrail(name, audit_trail.AuditTrailArgs(logs=logs), child)
        account = current_account()
        InvocationLogging(f"{name}-logging", InvocationLoggingArgs(account=account, logs=logs, trail=trail), child)
        done = judged((), pulumi.Output.from_input(None))
        self.invocation_logs = pulumi.Output.all(trail.invocation_log_group, done).apply(lambda known: known[0])
        by_cohort: dict[str, Any] = dict(trail.usage_log_groups)
        self.usage_logs = pulumi.Output.from_input(by_cohort)
        self.register_outputs({"invocation_logs": trail.invocation_log_group, "usage_logs": self.usage_logs})
