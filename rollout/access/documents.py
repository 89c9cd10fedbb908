"""IAM policy documents, as plain data (domain 3.2). No wildcard stands alone in any Allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rollout import names
from rollout.account import Account
from rollout.iam_limits import MANAGED_CHARACTERS, characters
from rollout.model.models import Model

Document = dict[str, Any]

WRITE_LOG = ["logs:CreateLogStream", "logs:PutLogEvents"]
DISCOVER = "bedrock:GetInferenceProfile"
# No right to write a log or a metric: whoever has one chooses figures that others believe.
REPORT = "sqs:SendMessage"
# Any temporary session may ask for another of its own, by what is known of it (botocore 1.44.8); were its issue time
# new, it would outlive a Deny of older sessions.
RENEW = "sts:GetScopedCredentials"
READ_USAGE = "dynamodb:GetItem"
# The one item whose key is the caller's own id: of a role's session the role's id, a colon, and the session's name,
# which the identity provider signs. An empty set of keys would fulfil `ForAllValues`, so there must be one.
OWN_ITEM = {
    "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": names.own_usage("${aws:userid}")},
    "Null": {"dynamodb:LeadingKeys": "false"},
}
INVOKE = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]


def invoke_policy(
    account: Account, models: Mapping[str, Model], profile_arns: Mapping[str, str], metered: bool = False
) -> Document:
    """What a cohort may call: its own profiles, and the models behind them only through these.

    `models`: by label, what the cohort may use now. `profile_arns`: of the same labels. `GetInferenceProfile` lets
    Claude Code choose the request's shape and price it rightly. `metered`: whether this stack has a meter: commit
    guards send findings, and each person reads what the meter wrote down for their own session.
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
    if metered:
        statements += _beside_models(account)
    return {"Version": "2012-10-17", "Statement": statements}


def _beside_models(account: Account) -> list[Document]:
    """Without a Sid or a list of one, so that twenty models fit."""
    queue, table = account.queue_arn(names.MAC_FINDINGS), account.table_arn(names.USAGE_TABLE)
    return [
        {"Effect": "Allow", "Action": REPORT, "Resource": queue},
        {"Effect": "Allow", "Action": READ_USAGE, "Resource": table, "Condition": OWN_ITEM},
    ]


def boundary(
    account: Account, models: Mapping[str, Model], profile_arns: Mapping[str, str], metered: bool = False
) -> Document:
    """The most that a cohort's role may ever do, whatever is attached to it: the meter writes one of its policies.

    Grants nothing. Whom a model is called through is narrowed by `invoke_policy`; here it is left to the account's
    own, and nothing has a Sid, so that twenty models fit; where their names do not, a maker's global ones are one
    pattern (`Account.bounding_model_arns`). `metered`: as there. The Deny holds whatever a later policy allows.
    """
    exact = _boundary(account, models, profile_arns, account.foundation_model_arns, metered)
    if characters(exact) <= MANAGED_CHARACTERS:
        return exact
    return _boundary(account, models, profile_arns, account.bounding_model_arns, metered)


def _boundary(
    account: Account,
    models: Mapping[str, Model],
    profile_arns: Mapping[str, str],
    model_arns: Callable[[Model], list[str]],
    metered: bool,
) -> Document:
    arns = [profile_arns[label] for label in models]
    behind = sorted({arn for model in models.values() for arn in model_arns(model)})
    through = {"ArnLike": {"bedrock:InferenceProfileArn": account.bedrock("application-inference-profile/*")}}
    statements: list[Document] = [
        {"Effect": "Allow", "Action": [*INVOKE, DISCOVER], "Resource": arns},
        {"Effect": "Allow", "Action": INVOKE, "Resource": behind, "Condition": through},
    ]
    statements.append({"Effect": "Deny", "Action": RENEW, "Resource": "*"})
    if metered:
        statements += _beside_models(account)
    return document(*statements)


def no_plain_http(bucket_arn: str) -> Document:
    """A statement of a bucket's policy: nobody reads or writes without TLS."""
    return {
        "Sid": "EncryptedTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


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
