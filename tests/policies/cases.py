"""For each rule one change of a compliant stack that trips it, and no other; and one value that is not known yet."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from policies.engine.resources import UNKNOWN
from policies.engine.rules import Verdict
from rollout.access.gateway_trust import CAPITALS
from rollout.names import WORKFLOW_ISSUER

Props = dict[str, Any]
Change = Callable[[Props], None]


@dataclass(frozen=True, kw_only=True)
class Case:
    """`on`: the resource that is changed, or with `kind` one that is added under it. `unknown`: the change that leaves
    something unknown, and what the rule makes of that; none where nothing can be. `not_of`: a resource that the rule
    does not concern; of rules on the stack: `empty`."""

    rule: str
    stack: str = "pilot"
    on: str
    kind: str | None = None
    change: Change | None = None
    protect: bool | None = None
    unknown: Change | None = None
    means: Verdict = Verdict.BREACH
    not_of: str = "empty"


def put(path: str, value: Any) -> Change:
    def change(props: Props) -> None:
        *way, last = path.split(".")
        for key in way:
            props = props[key]
        if value is None:
            props.pop(last, None)
        else:
            props[last] = value if value in (UNKNOWN, [UNKNOWN]) else copy.deepcopy(value)

    return change


def statement(number: int, key: str = "policy", **changes: Any) -> Change:
    """Of the document under `key`, one statement changed; a change to None takes the key out."""

    def change(props: Props) -> None:
        document = json.loads(props[key])
        document["Statement"][number].update(changes)
        document["Statement"][number] = {k: v for k, v in document["Statement"][number].items() if v is not None}
        props[key] = json.dumps(document)

    return change


def without_statement(number: int) -> Change:
    def change(props: Props) -> None:
        document = json.loads(props["policy"])
        del document["Statement"][number]
        props["policy"] = json.dumps(document)

    return change


def roster(**changes: Any) -> Change:
    """Of what the component registered; it stands in no input."""
    return lambda props: props["standing"]["roster"].update(changes) if "standing" in props else None


def queue_policy(said: Props) -> str:
    """One Allow on a queue of our own account."""
    queue = "arn:aws:sqs:us-east-1:123456789012:queue"
    return json.dumps({"Statement": {"Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": queue, **said}})


MODEL = "arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet-4-6"
LATER = Verdict.LATER
POLICY_LATER: dict[str, Any] = {"unknown": put("policy", UNKNOWN), "means": LATER}
OF_A_TOPIC: dict[str, Any] = {"not_of": "audiences-engineering"}
BOOTSTRAP: dict[str, Any] = {"stack": "bootstrap"}
GITHUB = "token.actions.githubusercontent.com"


def github(**equals: str) -> dict[str, Any]:
    """The condition of a workflow's trust, with other values."""
    right = {"aud": "sts.amazonaws.com", "sub": "repo:acme/claude-code-rollout:environment:prod"}
    return {"StringEquals": {f"{GITHUB}:{key}": value for key, value in {**right, **equals}.items()}}


MACHINES: dict[str, Any] = {"stack": "machines"}


def machine(**equals: str | None) -> dict[str, Any]:
    """The condition of the second machine of `ci`, which is a workflow, with other values; None takes one out."""
    right = {
        f"{GITHUB}:aud": "sts.amazonaws.com",
        f"{GITHUB}:sub": "repo:acme/payments:environment:review",
        "sts:RoleSessionName": "nightly-review",
    }
    keys = {"aud": f"{GITHUB}:aud", "sub": f"{GITHUB}:sub", "name": "sts:RoleSessionName"}
    changed = {**right, **{keys[key]: value for key, value in equals.items()}}
    return {"StringEquals": {key: value for key, value in changed.items() if value is not None}}


def of_machine(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "rule": "trust-is-named",
        "on": "ci-access-role",
        "change": statement(number, "assumeRolePolicy", **changes),
        **MACHINES,
    }


GATEWAY_ROLE = "arn:aws:iam::123456789012:role/claude-gateway"


def by_gateway(on: str, rule: str = "trust-is-named", **changes: Any) -> Case:
    return Case(rule=rule, on=f"{on}-access-role", change=statement(0, "assumeRolePolicy", **changes), stack="gateway")


def called(operator: str, *names: str, **more: Any) -> dict[str, Any]:
    return {operator: {"sts:RoleSessionName": list(names)}, **more}


IN_SERVICE: dict[str, Any] = {"stack": "gateway-service", "not_of": "meter-function-role"}


def container(**changes: Any) -> Change:
    def change(props: Props) -> None:
        [only] = json.loads(props["containerDefinitions"])
        props["containerDefinitions"] = json.dumps([{**only, **changes}])

    return change


def closed(on: str, change: Change, unknown: str | None = None) -> Case:
    later: dict[str, Any] = {"unknown": put(unknown, UNKNOWN), "means": Verdict.LATER} if unknown else {}
    return Case(rule="gateway-is-closed", on=f"gateway-{on}", change=change, **later, **IN_SERVICE)


def takes(on: str, number: int, **changes: Any) -> Case:
    rule = "gateway-takes-cohorts-roles-only"
    return Case(rule=rule, on=f"gateway-{on}", change=statement(number, **changes), **IN_SERVICE)


CASES = [
    closed("definition", container(image="acme/gateway:latest"), "containerDefinitions"),
    closed("definition", container(readonlyRootFilesystem=False)),
    closed("definition", container(privileged=True)),
    closed("definition", container(environment=[{"name": "DATABASE_URL", "value": "postgres://a:b@c/d"}])),
    closed("definition", put("networkMode", "bridge")),
    closed("service", put("networkConfiguration.assignPublicIp", True), "networkConfiguration"),
    closed("service", put("deploymentCircuitBreaker", None)),
    closed("service", put("enableExecuteCommand", True)),
    closed("balancer", put("internal", False), "internal"),
    closed("listener", put("sslPolicy", "ELBSecurityPolicy-2016-08"), "sslPolicy"),
    closed("listener", put("protocol", "HTTP")),
    closed("group", put("ingress", [{"cidrBlocks": ["10.0.0.0/8"], "fromPort": 443}]), "ingress"),
    takes("task", 0, Resource=["arn:aws:iam::123456789012:role/admin"]),
    takes("task", 1, Action=["dynamodb:PutItem"]),
    takes("task", 1, Resource=["arn:aws:dynamodb:us-east-1:123456789012:table/other"]),
    takes("start", 0, Action=["logs:CreateLogStream", "sqs:SendMessage"]),
    by_gateway("pilot", Condition=None),
    by_gateway("pilot", Condition=called("StringEqualsIgnoreCase", "alice.chen@acme.example")),
    by_gateway("pilot", Condition=called("StringLike", "alice.chen@acme.example")),
    by_gateway("pilot", Condition=called("StringEquals", "*@acme.example")),
    by_gateway("pilot", Condition=called("StringEqualsIfExists", "alice.chen@acme.example")),
    by_gateway("large", Condition=called("StringLike", "*@acme.example")),
    by_gateway("large", Condition=called("StringLike", "*@*", **called("StringNotLike", *CAPITALS))),
    by_gateway("large", Condition=called("StringLike", "*@acme.example", **called("StringNotLike", "*A*"))),
    by_gateway("pilot", Action=["sts:AssumeRole", "sts:TagSession"]),
    by_gateway("pilot", "trusts-our-federation", Principal={"AWS": f"{GATEWAY_ROLE}2"}),
    by_gateway(
        "pilot",
        "trusts-our-federation",
        Principal={"Federated": "arn:aws:iam::123456789012:saml-provider/claude-code-okta"},
        Action="sts:AssumeRoleWithSAML",
        Condition={"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
    ),
    Case(**of_machine(1, Condition=machine(sub="repo:acme/payments:*"))),
    Case(**of_machine(1, Condition=machine(sub="repo:acme/payments:pull_request"))),
    Case(**of_machine(1, Condition=machine(sub="repo:*/payments:environment:review"))),
    Case(**of_machine(1, Condition=machine(sub=None))),
    Case(**of_machine(1, Condition={"StringLike": machine()["StringEquals"]})),
    Case(**of_machine(1, Condition={"StringEqualsIfExists": machine()["StringEquals"]})),
    Case(**of_machine(1, Condition=machine(aud=None))),
    Case(**of_machine(1, Condition=machine(name=None))),
    Case(**of_machine(1, Condition=machine(name="nightly-*"))),
    Case(**of_machine(1, Action="sts:*")),
    Case(**of_machine(0, Principal={"AWS": "*"})),
    Case(**of_machine(0, Principal={"AWS": "arn:aws:iam::123456789012:root"})),
    Case(**of_machine(0, Principal={"AWS": "arn:aws:iam::123456789012:role/claude-code-pilot"})),
    Case(**of_machine(0, Principal={"AWS": "arn:aws:iam::123456789012:role/Rollout-Gateway"})),
    Case(**of_machine(0, Condition=None)),
    Case(
        rule="machines-are-told-apart",
        on="release-access-role",
        change=statement(0, "assumeRolePolicy", Condition=machine(name="notes-writer")),
        **MACHINES,
    ),
    Case(
        rule="machines-are-told-apart",
        on="release-access-role",
        change=statement(
            0, "assumeRolePolicy", Condition=machine(sub="repo:acme/payments:ref:refs/tags/v1", name="nightly-review")
        ),
        **MACHINES,
    ),
    Case(
        rule="no-bare-wildcard",
        on="pilot-access-invoke",
        change=statement(0, Resource="*"),
        **POLICY_LATER,
        **OF_A_TOPIC,
    ),
    Case(rule="no-bare-wildcard", on="pilot-access-invoke", change=statement(1, Condition=None)),
    Case(
        rule="no-bare-wildcard",
        on="pilot-access-invoke",
        change=statement(1, Condition={"ArnEqualsIfExists": {"bedrock:InferenceProfileArn": [MODEL]}}),
    ),
    Case(
        rule="no-bare-wildcard", on="meter-function-work", change=statement(0, Resource=None, NotResource="arn:aws:x")
    ),
    Case(
        rule="no-bare-wildcard",
        on="pilot-access-invoke",
        change=statement(1, Condition={"ArnLike": {"bedrock:InferenceProfileArn": "arn:*"}}),
    ),
    Case(
        rule="no-bare-wildcard",
        on="pilot-access-invoke",
        change=statement(1, Condition={"ArnLike": {"bedrock:InferenceProfileArn": "**"}}),
    ),
    Case(
        rule="no-bare-wildcard",
        on="pilot-access-invoke",
        change=statement(
            1,
            Condition={
                "ArnLike": {
                    "bedrock:InferenceProfileArn": "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/*"
                }
            },
        ),
    ),
    Case(
        rule="no-bare-wildcard",
        on="pilot-access-invoke",
        change=statement(
            0, Resource="arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-sonnet-4-6"
        ),
    ),
    Case(
        rule="iam-changes",
        on="announcer-send",
        change=statement(5, Condition={"StringLike": {"iam:PassedToService": "*"}}),
    ),
    Case(
        rule="iam-changes",
        on="announcer-send",
        change=statement(5, Condition={"StringNotEqualsIfExists": {"iam:PassedToService": "ec2.amazonaws.com"}}),
    ),
    Case(
        rule="trust-is-named",
        on="logging-role",
        change=statement(0, "assumeRolePolicy", Condition={"StringNotEquals": {"aws:SourceAccount": "123456789012"}}),
    ),
    Case(
        rule="trust-is-named",
        on="logging-role",
        change=statement(0, "assumeRolePolicy", Condition={"StringLike": {"aws:SourceAccount": "*"}}),
    ),
    Case(
        rule="trust-is-named",
        on="logging-role",
        change=statement(
            0, "assumeRolePolicy", Condition={"StringEqualsIfExists": {"aws:SourceAccount": "123456789012"}}
        ),
    ),
    Case(rule="trust-is-named", on="meter-function-role", change=statement(0, "assumeRolePolicy", Action="sts:*")),
    Case(
        rule="trust-is-named",
        on="meter-function-role",
        change=statement(0, "assumeRolePolicy", Principal={"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]}),
    ),
    Case(
        rule="trust-is-named",
        on="meter-function-role",
        change=statement(0, "assumeRolePolicy", Principal=None, NotPrincipal={"Service": "lambda.amazonaws.com"}),
    ),
    Case(
        rule="cohort-role-has-a-boundary",
        on="pilot-access-role",
        change=put("permissionsBoundary", "arn:aws:iam::aws:policy/AdministratorAccess"),
    ),
    Case(
        rule="own-policies-only",
        on="pilot-access",
        kind="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        change=put("policyArn", "arn:aws:iam::123456789012:policy/administrators-of-old"),
    ),
    Case(
        rule="own-policies-only",
        on="pilot-access",
        kind="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        change=put("policyArn", "arn:aws:iam::123456789012:policy/claude-code-pilot-boundary"),
    ),
    Case(rule="no-public-ingress", on="meter-permission", change=put("principal", "999999999999")),
    Case(
        rule="no-public-ingress",
        on="meter-denials-permission",
        change=put("sourceArn", "*"),
        unknown=put("sourceArn", UNKNOWN),
        means=LATER,
    ),
    Case(
        rule="no-public-ingress",
        on="github-webhook-through-address",
        change=put("function", "claude-code-meter:claude-code-github-webhook"),
    ),
    Case(
        rule="no-public-ingress",
        on="audiences",
        kind="aws:sqs/queuePolicy:QueuePolicy",
        change=put("policy", queue_policy({"NotPrincipal": {"AWS": "arn:aws:iam::123456789012:root"}})),
    ),
    Case(
        rule="no-public-ingress",
        on="audiences",
        kind="aws:sqs/queuePolicy:QueuePolicy",
        change=put("policy", queue_policy({"Principal": {"AWS": "999999999999"}})),
    ),
    Case(
        rule="no-public-ingress",
        on="audiences",
        kind="aws:sqs/queuePolicy:QueuePolicy",
        change=put(
            "policy",
            queue_policy({"Principal": "*", "Condition": {"StringNotEquals": {"aws:SourceAccount": "123456789012"}}}),
        ),
    ),
    Case(
        rule="no-public-ingress",
        on="audiences",
        kind="aws:sqs/queuePolicy:QueuePolicy",
        change=put(
            "policy",
            queue_policy(
                {
                    "Principal": "*",
                    "Condition": {"ArnLikeIfExists": {"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:t"}},
                }
            ),
        ),
    ),
    Case(
        rule="no-public-ingress",
        on="audiences",
        kind="aws:sqs/queuePolicy:QueuePolicy",
        change=put("policy", queue_policy({"Principal": "*", "Condition": {"ArnLike": {"aws:SourceArn": "arn:*"}}})),
    ),
    Case(
        rule="prompts-are-not-logged",
        stack="prompts",
        on="logging-configuration",
        change=put("loggingConfig.s3Config", {"bucketName": "prompts"}),
    ),
    Case(
        rule="prompts-are-not-logged",
        stack="prompts",
        on="findings-protection",
        change=put("policyDocument", "{}"),
    ),
    Case(
        rule="known-types",
        on="meter",
        kind="aws:kms/keyPolicy:KeyPolicy",
        change=put("policy", "{}"),
        not_of="pilot-membership-group",
    ),
    Case(
        rule="known-types",
        on="meter",
        kind="aws:iam/userPolicyAttachment:UserPolicyAttachment",
        change=put("user", "u"),
    ),
    Case(rule="known-types", on="meter", kind="aws:cloudformation/stack:Stack", change=put("name", "s")),
    Case(
        rule="functions-keep-to-their-work",
        on="meter-function-work",
        change=statement(0, Action="lambda:UpdateFunctionCode"),
        **POLICY_LATER,
        **OF_A_TOPIC,
    ),
    Case(
        rule="functions-keep-to-their-work",
        on="announcer-send",
        change=statement(0, Action=["sqs:SendMessage", "kms:PutKeyPolicy"]),
    ),
    Case(rule="named-actions", on="announcer-send", change=statement(0, Action="sqs:*"), **POLICY_LATER, **OF_A_TOPIC),
    Case(
        rule="named-resources",
        on="announcer-send",
        change=statement(0, Resource="arn:aws:sqs:us-east-1:123456789012:*"),
        **POLICY_LATER,
        **OF_A_TOPIC,
    ),
    Case(
        rule="named-resources",
        on="pilot-access-invoke",
        change=statement(2, Resource="arn:aws:sqs:us-east-1:123456789012:claude-code-*"),
    ),
    Case(
        rule="iam-changes",
        on="meter-function-work",
        change=statement(0, Action="iam:PutRolePolicy"),
        **POLICY_LATER,
        **OF_A_TOPIC,
    ),
    Case(rule="iam-changes", on="meter-function-work", change=statement(0, Action="iam:GetRole")),
    Case(rule="iam-changes", on="meter-function-work", change=statement(0, Action="iam:SimulatePrincipalPolicy")),
    Case(rule="iam-changes", on="announcer-send", change=statement(5, Condition=None)),
    Case(
        rule="logs-cannot-be-deleted",
        on="logging-write",
        change=statement(0, Action="logs:DeleteLogGroup"),
        **POLICY_LATER,
        **OF_A_TOPIC,
    ),
    Case(
        rule="own-policies-only",
        on="pilot-access",
        kind="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        change=put("policyArn", "arn:aws:iam::aws:policy/PowerUserAccess"),
        unknown=put("policyArn", UNKNOWN),
        means=LATER,
        **OF_A_TOPIC,
    ),
    Case(
        rule="no-lasting-keys",
        on="pilot-access",
        kind="aws:iam/accessKey:AccessKey",
        change=put("user", "ci"),
        **OF_A_TOPIC,
    ),
    Case(
        rule="trust-is-named",
        on="pilot-access-role",
        change=statement(0, "assumeRolePolicy", Condition=None),
        unknown=put("assumeRolePolicy", UNKNOWN),
        **OF_A_TOPIC,
    ),
    Case(
        rule="trust-is-named",
        on="pilot-access-role",
        stack="oidc",
        change=statement(
            0, "assumeRolePolicy", Condition={"StringEquals": {"acme.okta.com:aud": "claude-code-123456789012-pilot"}}
        ),
    ),
    Case(
        rule="trust-is-named",
        on="meter-function-role",
        change=statement(0, "assumeRolePolicy", Principal={"AWS": "arn:aws:iam::999999999999:root"}),
    ),
    Case(rule="trust-is-named", on="logging-role", change=statement(0, "assumeRolePolicy", Condition=None)),
    Case(
        rule="session-at-most-one-hour",
        on="pilot-access-role",
        change=put("maxSessionDuration", 3601.0),
        unknown=put("maxSessionDuration", UNKNOWN),
        **OF_A_TOPIC,
    ),
    Case(
        rule="session-at-most-one-hour",
        on="federation-aws",
        change=put("appSettingsJson", '{"sessionDuration": 43200}'),
        unknown=put("appSettingsJson", UNKNOWN),
        means=LATER,
    ),
    Case(
        rule="cohort-role-has-a-boundary",
        on="pilot-access-role",
        change=put("permissionsBoundary", None),
        unknown=put("permissionsBoundary", UNKNOWN),
        means=LATER,
        not_of="meter-function-role",
    ),
    Case(
        rule="no-public-ingress",
        on="github-webhook-url",
        change=put("functionName", "claude-code-meter"),
        unknown=put("functionName", UNKNOWN),
        **OF_A_TOPIC,
    ),
    Case(
        rule="no-public-ingress", on="meter-permission", change=put("principal", "*"), unknown=put("principal", UNKNOWN)
    ),
    Case(rule="no-public-ingress", on="github-webhook-through-address", change=put("invokedViaFunctionUrl", None)),
    Case(rule="no-public-ingress", on="meter-denials-permission", change=put("sourceArn", None)),
    Case(
        rule="no-public-ingress",
        on="audiences",
        kind="aws:sns/topicPolicy:TopicPolicy",
        change=put("policy", '{"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sns:Publish"}}'),
        unknown=put("policy", UNKNOWN),
        means=LATER,
    ),
    Case(rule="no-public-ingress", on="meter", kind="aws:apigatewayv2/api:Api", change=put("name", "x")),
    Case(
        rule="no-secret-in-clear",
        on="meter-function-code",
        change=put("environment", {"variables": {"SLACK_TOKEN": "xoxb-1234567890"}}),
        unknown=put("environment", UNKNOWN),
        means=Verdict.COMPLIANT,  # nothing can be read there by anybody yet
    ),
    Case(
        rule="encrypted-at-rest",
        on="meter-uncounted",
        change=put("sqsManagedSseEnabled", False),
        unknown=put("sqsManagedSseEnabled", UNKNOWN),
        **OF_A_TOPIC,
    ),
    Case(
        rule="log-groups-protected",
        on="audit-trail-pilot-usage",
        protect=False,
        unknown=put("retentionInDays", UNKNOWN),
        **OF_A_TOPIC,
    ),
    Case(
        rule="logs-have-deletion-protection",
        on="audit-trail-pilot-usage",
        change=put("deletionProtectionEnabled", False),
        unknown=put("deletionProtectionEnabled", UNKNOWN),
        means=Verdict.LATER,
    ),
    Case(
        rule="logs-have-deletion-protection", on="audit-trail-findings", change=put("deletionProtectionEnabled", None)
    ),
    Case(rule="kept-is-protected", on="federation-saml", protect=False, not_of="pilot-membership-group"),
    Case(rule="kept-is-protected", on="federation-umbrella", protect=False),
    Case(rule="kept-is-protected", on="meter-table", protect=False, not_of="announcer-table"),
    Case(rule="rollback-is-not-blocked", on="pilot-access-role", protect=True, **OF_A_TOPIC),
    Case(
        rule="alarms-reach-somebody",
        on="pilot-alarms-pilot-throttled",
        change=put("alarmActions", []),
        unknown=put("alarmActions", [UNKNOWN]),
        **OF_A_TOPIC,
    ),
    Case(
        rule="cost-tags",
        on="pilot-sonnet",
        change=put("tags.cohort", None),
        unknown=put("tags", UNKNOWN),
        not_of="federation-saml",
    ),
    Case(
        rule="names-fit",
        on="meter-uncounted",
        change=put("name", "q" * 81),
        unknown=put("name", UNKNOWN),
        not_of="federation-saml",
    ),
    Case(rule="iam-documents-fit", on="announcer-send", change=put("policy", "{"), **POLICY_LATER, **OF_A_TOPIC),
    Case(rule="iam-documents-fit", on="pilot-access-boundary", change=statement(0, Sid="S" * 6000)),
    Case(
        rule="trusts-our-federation",
        on="pilot-access-role",
        change=statement(
            0, "assumeRolePolicy", Principal={"Federated": "arn:aws:iam::123456789012:saml-provider/another"}
        ),
    ),
    Case(
        rule="stays-in-its-account",
        on="logging-role",
        change=statement(
            0, "assumeRolePolicy", Condition={"StringEquals": {"aws:SourceAccount": ["123456789012", "999999999999"]}}
        ),
    ),
    Case(
        rule="stays-in-its-account",
        on="meter-subscription",
        change=put("destinationArn", "arn:aws:logs:us-east-1:999999999999:destination:collector"),
        unknown=put("destinationArn", UNKNOWN),
        means=LATER,
    ),
    Case(
        rule="stays-in-its-account",
        on="audiences-engineering-engineering@acme.example",
        change=lambda props: props.update(protocol="sqs", endpoint="arn:aws:sqs:us-east-1:999999999999:queue"),
    ),
    Case(
        rule="stays-in-its-account",
        on="delivery-schedule",
        change=put("target.arn", "arn:aws:lambda:us-east-1:999999999999:function:claude-code-delivery"),
        unknown=put("target", UNKNOWN),
        means=LATER,
    ),
    Case(
        rule="stays-in-its-account",
        on="meter-permission",
        change=put("sourceAccount", "999999999999"),
    ),
    Case(
        rule="stays-in-its-account",
        on="pilot-alarms-pilot-client-errors",
        change=put("alarmActions", ["arn:aws:sns:us-east-1:999999999999:claude-code-engineering"]),
        unknown=put("alarmActions", [UNKNOWN]),
        means=LATER,
    ),
    Case(
        rule="stays-in-its-account",
        on="audiences",
        kind="aws:sqs/queuePolicy:QueuePolicy",
        change=put(
            "policy",
            queue_policy({"Principal": "*", "Condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}}}),
        ),
    ),
    Case(
        rule="subscriptions-are-named",
        on="audiences-engineering-engineering@acme.example",
        change=lambda props: props.update(protocol="https", endpoint="https://collector.example"),
        unknown=put("protocol", UNKNOWN),
        **OF_A_TOPIC,
    ),
    Case(
        rule="suspended-is-denied",
        stack="suspended",
        on="pilot-access-stop",
        change=without_statement(0),
        **POLICY_LATER,
    ),
    Case(
        rule="suspended-is-denied",
        stack="suspended",
        on="pilot-access-stop",
        change=statement(0, Condition={"Bool": {"aws:SecureTransport": "true"}}),
    ),
    Case(rule="suspended-is-denied", on="pilot", change=put("standing", None), unknown=put("standing", UNKNOWN)),
    Case(
        rule="older-sessions-are-cut",
        stack="suspended",
        on="pilot-access-stop",
        change=without_statement(1),
        **POLICY_LATER,
    ),
    Case(
        rule="older-sessions-are-cut",
        stack="resumed",
        on="pilot-access-stop",
        change=statement(0, Condition={"DateLessThan": {"aws:TokenIssueTime": "2026-11-01T00:00:00Z"}}),
    ),
    Case(
        rule="older-sessions-are-cut",
        stack="member",
        on="pilot-access-stop-1",
        change=statement(0, Action="bedrock:InvokeModel"),
    ),
    Case(
        rule="older-sessions-are-cut",
        stack="resumed",
        on="pilot-access-stop",
        change=statement(0, Condition={"DateGreaterThan": {"aws:TokenIssueTime": "2030-01-01T00:00:00Z"}}),
    ),
    Case(
        rule="older-sessions-are-cut",
        stack="member",
        on="pilot-access-stop-1",
        change=statement(0, Condition={"StringNotLike": {"aws:userid": "*:alice.chen@acme.example"}}),
    ),
    Case(
        rule="older-sessions-are-cut",
        stack="member",
        on="pilot-access-stop-1",
        change=statement(0, Condition={"StringLike": {"aws:userid": "alice.chen@acme.example"}}),
    ),
    Case(
        rule="older-sessions-are-cut",
        stack="member",
        on="pilot-access-stop-1-attached",
        change=put("role", "claude-code-announcer"),
        unknown=put("role", UNKNOWN),
        means=LATER,
    ),
    Case(
        rule="older-sessions-are-cut",
        stack="member",
        on="pilot-access-stop-1-attached",
        change=put("policyArn", "arn:aws:iam::123456789012:policy/claude-code-pilot-quota-1"),
        unknown=put("policyArn", UNKNOWN),
        means=LATER,
    ),
    Case(
        rule="older-sessions-are-cut",
        stack="resumed",
        on="pilot-access-stop",
        change=put("role", "claude-code-announcer"),
        unknown=put("role", UNKNOWN),
        means=LATER,
    ),
    Case(rule="ended-is-denied", stack="ends", on="pilot-access-ends", change=without_statement(0)),
    Case(rule="ended-is-denied", stack="ends", on="pilot-access-ends", change=without_statement(1), **POLICY_LATER),
    Case(
        rule="ended-is-denied",
        stack="ends",
        on="pilot-access-ends",
        change=statement(0, Condition={"DateGreaterThanEquals": {"aws:CurrentTime": "2099-07-01T00:00:01Z"}}),
    ),
    Case(
        rule="ended-is-denied",
        stack="ends",
        on="pilot-access-ends",
        change=statement(1, Condition={"DateLessThan": {"aws:CurrentTime": "2099-01-01T00:00:00Z"}}),
    ),
    Case(rule="ended-is-denied", stack="ends", on="pilot-access-ends", change=statement(1, Action="bedrock:*")),
    Case(
        rule="ended-is-denied",
        stack="ends",
        on="pilot-access-ends",
        change=put("role", "claude-code-announcer"),
        unknown=put("role", UNKNOWN),
        means=LATER,
    ),
    Case(
        rule="cohorts-are-whole",
        on="audit-trail",
        kind="claude:rollout:Access",
        change=lambda props: None,  # noqa: ARG005
    ),
    Case(
        rule="cohorts-are-whole",
        on="pilot-access-role",
        change=lambda props: props.update(
            name="claude-code-other", permissionsBoundary="arn:aws:iam::123456789012:policy/claude-code-other-boundary"
        ),
        unknown=put("name", UNKNOWN),
    ),
    Case(
        rule="throttled-to-one-model",
        stack="throttled",
        on="pilot-access-invoke",
        change=statement(
            0, Resource=[f"arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/{n}" for n in "ab"]
        ),
        **POLICY_LATER,
    ),
    Case(
        rule="prompts-are-not-logged",
        on="logging-configuration",
        change=put("loggingConfig.textDataDeliveryEnabled", None),
        unknown=put("loggingConfig.textDataDeliveryEnabled", UNKNOWN),
    ),
    Case(
        rule="logs-are-kept",
        on="audit-trail-pilot-usage",
        change=put("retentionInDays", 30.0),
        unknown=put("retentionInDays", UNKNOWN),
    ),
    Case(rule="logs-are-kept", stack="rolled_back", on="audit-trail-pilot-usage", change=put("retentionInDays", 180.0)),
    Case(rule="logs-are-kept", on="audit-trail-incidents", change=put("retentionInDays", 180.0)),
    Case(
        rule="each-cohort-has-its-log", on="audit-trail-pilot-usage", change=put("name", "/claude-code/another/usage")
    ),
    Case(
        rule="each-cohort-has-alarms",
        on="pilot-alarms-pilot-client-errors",
        change=put("name", "claude-code-pilot-other"),
    ),
    Case(
        rule="groups-are-tracked",
        on="pilot-membership-members",
        change=put("trackAllUsers", False),
        unknown=put("trackAllUsers", UNKNOWN),
    ),
    Case(
        rule="role-policies-fit",
        on="announcer",
        kind="aws:iam/rolePolicy:RolePolicy",
        change=lambda props: props.update(
            role="claude-code-announcer",
            policy=json.dumps({"Statement": [{"Sid": "S" * 9000, "Effect": "Deny", "Action": "*", "Resource": "*"}]}),
        ),
        **POLICY_LATER,
    ),
    Case(
        rule="teams-are-covered",
        on="pilot",
        change=roster(headcounts={"backend": 15, "frontend": 12, "platform": 8, "data": 9, "mobile": 7, "finance": 2}),
    ),
    Case(
        rule="teams-are-balanced",
        on="pilot",
        change=roster(
            people={"backend": 3, "frontend": 3, "platform": 3, "data": 2, "mobile": 2},
            headcounts={"backend": 15, "frontend": 12, "platform": 8, "data": 9, "mobile": 7},
        ),
    ),
    Case(
        rule="two-champions-per-team",
        on="pilot",
        change=roster(champions={"backend": 2, "frontend": 2, "platform": 1, "data": 2, "mobile": 2}),
    ),
    Case(rule="seniority-is-mixed", on="pilot", change=roster(seniority={"senior": 20, "mid": 3, "junior": 2})),
    Case(rule="juniors-are-there", on="pilot", change=roster(seniority={"senior": 15, "mid": 10})),
    Case(rule="one-cohort-each", on="pilot", change=roster(elsewhere=1.0)),
    Case(
        rule="workflow-trust-is-exact",
        on="deployment-prod",
        change=statement(0, "assumeRolePolicy", Condition=github(sub="repo:acme/claude-code-rollout:*")),
        unknown=put("assumeRolePolicy", UNKNOWN),
        not_of="pilot-access-role",
        **BOOTSTRAP,
    ),
    Case(
        rule="workflow-trust-is-exact",
        on="deployment-prod",
        change=statement(
            0,
            "assumeRolePolicy",
            Condition=github(sub="repo:acme/claude-code-rollout:environment:prod-preview"),
        ),
        **BOOTSTRAP,
    ),
    Case(
        rule="workflow-trust-is-exact",
        on="deployment-prod",
        change=statement(0, "assumeRolePolicy", Condition={"StringLike": github()["StringEquals"]}),
        **BOOTSTRAP,
    ),
    Case(
        rule="workflow-trust-is-exact",
        on="deployment-prod",
        change=statement(0, "assumeRolePolicy", Condition=github(aud="*")),
        **BOOTSTRAP,
    ),
    Case(
        rule="workflow-trust-is-exact",
        on="deployment-prod",
        change=statement(
            0,
            "assumeRolePolicy",
            Principal=None,
            NotPrincipal={"Federated": f"arn:aws:iam::123456789012:oidc-provider/{WORKFLOW_ISSUER}"},
        ),
        **BOOTSTRAP,
    ),
    Case(
        rule="workflow-trust-is-exact",
        on="deployment-on-call",
        change=statement(0, "assumeRolePolicy", Principal={"AWS": "arn:aws:iam::123456789012:root"}),
        **BOOTSTRAP,
    ),
    Case(
        rule="workflow-trust-is-exact",
        on="deployment-on-call",
        change=statement(0, "assumeRolePolicy", Principal="*"),
        **BOOTSTRAP,
    ),
    Case(
        rule="workflow-rights-are-ours",
        on="deployment-on-call-cut",
        change=statement(0, Resource=["arn:aws:iam::123456789012:role/*"]),
        **BOOTSTRAP,
    ),
    Case(
        rule="workflow-rights-are-ours",
        on="deployment-prod-1",
        change=statement(0, Resource=["arn:aws:iam::123456789012:role/rollout-workflow-prod"]),
        not_of="pilot-access-invoke",
        **BOOTSTRAP,
        **POLICY_LATER,
    ),
    Case(rule="workflow-rights-are-ours", on="deployment-prod-1", change=statement(1, Resource="*"), **BOOTSTRAP),
    Case(
        rule="workflow-rights-are-ours",
        on="deployment-prod-1",
        change=statement(2, Action="logs:DeleteLogGroup"),
        **BOOTSTRAP,
    ),
    Case(
        rule="workflow-rights-are-ours",
        on="deployment-prod-state",
        change=statement(0, Resource="arn:aws:s3:::*"),
        **BOOTSTRAP,
    ),
    Case(
        rule="preview-only-reads",
        on="deployment-prod-preview-1",
        change=statement(0, Action=["iam:GetRole", "iam:PutRolePolicy"]),
        not_of="deployment-prod-1",
        **BOOTSTRAP,
        **POLICY_LATER,
    ),
    Case(
        rule="preview-only-reads",
        on="deployment-prod-preview-state",
        change=statement(0, Action="s3:PutObject"),
        unknown=put("role", UNKNOWN),
        **BOOTSTRAP,
    ),
    Case(
        rule="preview-only-reads",
        on="deployment-dev-preview-1-attached",
        change=put("policyArn", "arn:aws:iam::123456789012:policy/rollout-workflow-dev-1"),
        unknown=put("policyArn", UNKNOWN),
        means=LATER,
        **BOOTSTRAP,
    ),
    Case(
        rule="state-key-rotates",
        on="deployment-secrets",
        change=put("enableKeyRotation", False),
        unknown=put("enableKeyRotation", UNKNOWN),
        **BOOTSTRAP,
        **OF_A_TOPIC,
    ),
    Case(
        rule="state-bucket-is-guarded",
        on="deployment-private",
        change=put("restrictPublicBuckets", False),
        unknown=put("blockPublicAcls", UNKNOWN),
        **BOOTSTRAP,
    ),
    Case(
        rule="state-bucket-is-guarded",
        on="deployment-versions",
        change=put("versioningConfiguration.status", "Suspended"),
        unknown=put("versioningConfiguration", UNKNOWN),
        **BOOTSTRAP,
    ),
    Case(
        rule="state-bucket-is-guarded",
        on="deployment-encryption",
        change=put("rules", []),
        unknown=put("rules", UNKNOWN),
        **BOOTSTRAP,
    ),
    Case(rule="people-are-known", on="pilot", change=roster(unknown=2.0)),
]
