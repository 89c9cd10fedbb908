"""IAM policy documents, as plain data (domain 3.2). No wildcard stands alone in any Allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollout import names
from rollout.account import Account
from rollout.config import Model

Document = dict[str, Any]

WRITE_LOG = ["logs:CreateLogStream", "logs:PutLogEvents"]
DISCOVER = "bedrock:GetInferenceProfile"
INVOKE = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]


def invoke_policy(
    account: Account, models: Mapping[str, Model], profile_arns: Mapping[str, str], reporter: str | None = None
) -> Document:
    """What a cohort may call: its own profiles, and the models behind them only through these.

    `models`: by label, what the cohort may use now. `profile_arns`: of the same labels. `GetInferenceProfile` lets
    Claude Code choose the request's shape and price it rightly. `reporter`: the cohort, where its commit guards write
    to the findings log.
    """
    arns = [profile_arns[label] for label in models]
    statements: list[Document] = [
        {"Sid": "CohortProfiles", "Effect": "Allow", "Action": [*INVOKE, DISCOVER], "Resource": arns},
        {
            "Sid": "ModelsOnlyThroughProfile",
            "Effect": "Allow",
            "Action": INVOKE,
            "Resource": sorted({arn for model in models.values() for arn in account.foundation_model_arns(model)}),
            "Condition": {"ArnEquals": {"bedrock:InferenceProfileArn": arns}},
        },
    ]
    if reporter:
        stream = account.log_stream_arn(names.FINDINGS_LOG_GROUP, names.guard_stream(reporter))
        statements.append(allow("ReportFindings", ["logs:PutLogEvents"], [stream]))
    return {"Version": "2012-10-17", "Statement": statements}


def boundary(
    account: Account, models: Mapping[str, Model], profile_arns: Mapping[str, str], reports: bool = False
) -> Document:
    """The most that a cohort's role may ever do, whatever is attached to it: the meter writes one of its policies.

    Grants nothing. Whom a model is called through, and which commit guards' stream is written to, is narrowed by
    `invoke_policy`; here it is left to the account's own, and nothing has a Sid, so that twenty models fit.
    `reports`: whether commit guards report.
    """
    arns = [profile_arns[label] for label in models]
    behind = sorted({arn for model in models.values() for arn in account.foundation_model_arns(model)})
    through = {"ArnLike": {"bedrock:InferenceProfileArn": account.bedrock("application-inference-profile/*")}}
    statements: list[Document] = [
        {"Effect": "Allow", "Action": [*INVOKE, DISCOVER], "Resource": arns},
        {"Effect": "Allow", "Action": INVOKE, "Resource": behind, "Condition": through},
    ]
    if reports:
        streams = account.log_stream_arn(names.FINDINGS_LOG_GROUP, names.guard_stream("*"))
        statements.append({"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": streams})
    return document(*statements)


def logging_trust_policy(account: Account) -> Document:
    """Bedrock itself, and only on behalf of this account (Bedrock user guide, model invocation logging)."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "BedrockOfThisAccount",
                "Effect": "Allow",
                "Principal": {"Service": "bedrock.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": account.id},
                    "ArnLike": {"aws:SourceArn": account.bedrock("*")},
                },
            }
        ],
    }


def logging_policy(account: Account, log_group: str) -> Document:
    """The one stream that Bedrock writes invocation records to."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "WriteInvocationLog",
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": f"{account.log_group_arn(log_group)}:log-stream:aws/bedrock/modelinvocations",
            }
        ],
    }


def allow(
    sid: str, actions: Sequence[str], resources: Sequence[str], condition: Mapping[str, object] | None = None
) -> Document:
    statement: Document = {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    return {**statement, "Condition": dict(condition)} if condition else statement


def document(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def plain_trust_policy(service: str) -> Document:
    """A service that passes no source when it assumes a role: Lambda (developer guide, execution role), Amazon Q."""
    return document(
        {"Sid": "Service", "Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    )


def write_own_log(account: Account, function: str) -> Document:
    """A function's log streams have names that Lambda invents: the one place where a name is left open."""
    group = account.log_group_arn(names.function_log_group(function))
    return allow("OwnLog", WRITE_LOG, [f"{group}:log-stream:*"])
