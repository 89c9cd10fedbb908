"""Nothing here can be reached by everybody, but GitHub's webhook, which reads nothing that is not signed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast

from policies.judging.iam import Statement, statements
from policies.judging.resources import UNKNOWN, Resource
from policies.judging.rules import Breach, Finding, Later, ResourceRule, Severity
from rollout.names import GITHUB_WEBHOOK

URL: Final = "aws:lambda/functionUrl:FunctionUrl"
PERMISSION: Final = "aws:lambda/permission:Permission"
# Where each keeps the document that says who may call it.
DOCUMENTS = {
    "aws:secretsmanager/secretPolicy:SecretPolicy": "policy",
    "aws:secretsmanager/secret:Secret": "policy",
    "aws:sns/topic:Topic": "policy",
    "aws:sns/topicPolicy:TopicPolicy": "policy",
    "aws:sqs/queue:Queue": "policy",
    "aws:sqs/queuePolicy:QueuePolicy": "policy",
    "aws:s3/bucketPolicy:BucketPolicy": "policy",
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": "policyDocument",
    "aws:dynamodb/resourcePolicy:ResourcePolicy": "policy",
    "aws:kms/key:Key": "policy",
}
# Front doors that nothing here needs, by how their types begin.
DOORS = tuple(
    f"aws:{service}/"
    for service in (
        "alb",
        "apigateway",
        "apigatewayv2",
        "apprunner",
        "appsync",
        "cloudfront",
        "ec2",
        "elb",
        "lb",
        "lightsail",
    )
)
# What ties a caller to somebody we know.
NARROWING = {"aws:sourceaccount", "aws:sourcearn", "aws:principalorgid", "aws:principalaccount", "aws:principalarn"}


def applies(resource: Resource) -> bool:
    kind = resource.type
    if kind in DOCUMENTS:
        return bool(resource.props.get(DOCUMENTS[kind]))
    return kind in {URL, PERMISSION} or kind.startswith(DOORS)


def judge(resource: Resource) -> Iterator[Finding]:
    if resource.type == URL:
        yield from _url(resource.props)
    elif resource.type == PERMISSION:
        yield from _permission(resource.props)
    elif resource.type in DOCUMENTS:
        yield from _document(resource.props[DOCUMENTS[resource.type]])
    else:
        yield Breach("a front door of its own; only GitHub's webhook is reached from outside")


def _url(props: Any) -> Iterator[Finding]:
    if props.get("authorizationType") != "AWS_IAM" and not _is_the_webhook(props.get("functionName")):
        yield Breach("an address that anybody can call; only GitHub's webhook has one, and checks signatures")


def _permission(props: Any) -> Iterator[Finding]:
    principal: Any = props.get("principal")
    through_url = props.get("functionUrlAuthType") == "NONE" or props.get("invokedViaFunctionUrl") is True
    if principal is UNKNOWN or principal == "*":
        if not (_is_the_webhook(props.get("function")) and through_url):
            yield Breach("everybody may call the function; name a service and its source")
    elif str(principal).endswith(".amazonaws.com") and not (props.get("sourceArn") or props.get("sourceAccount")):
        yield Breach(f"{principal} may call it on behalf of any account; add source_arn")


def _is_the_webhook(function: Any) -> bool:
    return isinstance(function, str) and function.rpartition(":")[2] == GITHUB_WEBHOOK


def _document(text: Any) -> Iterator[Finding]:
    if text is UNKNOWN:
        yield Later("policy")
        return
    for statement in statements(text):
        if statement.allow and _everybody(statement.principal) and not _narrowed(statement):
            yield Breach(f"{statement.sid}: everybody is allowed {', '.join(statement.actions)}")


def _everybody(principal: Any) -> bool:
    if isinstance(principal, dict):
        return any(_everybody(value) for value in cast("dict[str, Any]", principal).values())
    if isinstance(principal, list):
        return any(_everybody(value) for value in cast("list[Any]", principal))
    return principal == "*"


def _narrowed(statement: Statement) -> bool:
    return any(key in NARROWING and "*" not in values for key, values in statement.conditions.items())


RULE = ResourceRule(
    name="no-public-ingress",
    severity=Severity.CRITICAL,
    description="Nobody from outside reaches anything but GitHub's signed webhook.",
    remediation="Let a service call it, by its ARN; what must be public belongs in front of `functions/github.py`.",
    url="https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
    types=None,
    applies=applies,
    judge=judge,
)
