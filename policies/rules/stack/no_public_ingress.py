"""Nothing here can be reached by everybody, but GitHub's webhook, which reads nothing that is not signed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final, cast

from policies.engine.iam import Statement, bound, many, statements
from policies.engine.resources import UNKNOWN, Resource
from policies.engine.rules import Breach, Finding, Later, ResourceRule, Severity
from policies.rules.iam.gateway_role import GATEWAY
from policies.rules.stack.gateway_closed import PARTS
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
ACCOUNT: Final = re.compile(r"\d{12}")
FULL: Final = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:\d{12}:[^*?]+(?:[:/]\*)?")
OWNER: Final = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:(\d{12}):")
PRINCIPAL: Final = re.compile(r"(?:arn:[a-z-]+:iam::)?(\d{12})(?::root|:role/[^*?]+)?")
WEBHOOK: Final = re.compile(rf"(?:arn:[a-z-]+:lambda:[a-z0-9-]+:\d{{12}}:function:)?{GITHUB_WEBHOOK}")


def _is_full(arn: Any) -> bool:
    """It says whose and what; `*` stands for no more than its last part."""
    return isinstance(arn, str) and bool(FULL.fullmatch(arn))


# What ties a caller to somebody we know.
NARROWING: Final[tuple[tuple[str, Collection[str], Callable[[str], bool]], ...]] = (
    *(
        (key, {"StringEquals"}, lambda value: bool(ACCOUNT.fullmatch(value)))
        for key in ("aws:SourceAccount", "aws:PrincipalAccount")
    ),
    *((key, {"ArnEquals", "ArnLike", "StringEquals"}, _is_full) for key in ("aws:SourceArn", "aws:PrincipalArn")),
    ("aws:PrincipalOrgID", {"StringEquals"}, lambda value: bool(re.fullmatch(r"o-[a-z0-9]{10,32}", value))),
)


def applies(resource: Resource) -> bool:
    kind = resource.type
    if kind in DOCUMENTS:
        return bool(resource.props.get(DOCUMENTS[kind]))
    # Of a gateway, which is reached from inside, `gateway-is-closed` judges.
    of_gateway = GATEWAY in resource.ancestors and kind in PARTS
    return kind in {URL, PERMISSION} or (kind.startswith(DOORS) and not of_gateway)


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
        return
    if not str(principal).endswith(".amazonaws.com"):
        yield Breach(f"{principal} may call it; only services do, of our account")
        return
    source, account = props.get("sourceArn"), props.get("sourceAccount")
    if source is UNKNOWN or account is UNKNOWN:
        yield Later("sourceArn")
    elif (source and not _is_full(source)) or not (source or ACCOUNT.fullmatch(str(account))):
        yield Breach(f"{principal} may call it on behalf of any account; add source_arn")


def _is_the_webhook(function: Any) -> bool:
    """By its name or ARN; a qualifier may be called anything."""
    return isinstance(function, str) and bool(WEBHOOK.fullmatch(function))


def _document(text: Any) -> Iterator[Finding]:
    if text is UNKNOWN:
        yield Later("policy")
        return
    for statement in statements(text):
        if statement.allow and not _is_known(statement):
            yield Breach(
                f"{statement.sid}: {json.dumps(statement.principal)} is allowed {', '.join(statement.actions)}"
            )


def _is_known(statement: Statement) -> bool:
    """A role or the root of the account whose resource it is, or anybody who is bound to a source that is one."""
    if statement.all_but:
        return False
    accounts = {found[1] for resource in statement.resources if (found := OWNER.match(resource))}
    ours = all(found and found[1] in accounts for found in map(PRINCIPAL.fullmatch, _principals(statement.principal)))
    return ours or any(bound(statement, key, operators, holds) for key, operators, holds in NARROWING)


def _principals(principal: Any) -> Iterator[str]:
    if isinstance(principal, dict):
        for kind, value in cast("dict[str, Any]", principal).items():
            yield from many(value) if kind == "AWS" else (f"{kind}:{each}" for each in many(value))
    else:
        yield from many(principal)


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
