"""Whether IAM lets a caller do something, in AWS's words where it does not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.iam.models import Role, iam_backends
from moto.sts.models import AssumedRole

from sandbox.aws import callers, trust
from sandbox.aws.callers import Caller
from sandbox.aws.conditions import Values
from sandbox.aws.invocation_logging import default_document, policy_documents
from sandbox.aws.models.catalogue import PARTITION
from sandbox.aws.refusals import RestRefusal

# Keys that AWS knows and these requests never carry (IAM user guide, "AWS global condition context keys").
ABSENT = (
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:principalorgid",
    "aws:referer",
    "aws:resourceaccount",  # a model belongs to no account
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:username",
    "aws:vpcsourceip",
    "bedrock:bearertokentype",
    "bedrock:guardrailidentifier",
    "bedrock:inferenceprofilearn",
)
# Every tag there is of these is in the context.
TAGS = ("aws:principaltag/", "aws:resourcetag/", "aws:requesttag/")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is asked for. `named`: whether the refusal names the resource, as it does for actions that have one."""

    action: str
    resource: str
    named: bool = True
    context: Mapping[str, Values] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a request comes from and which region it is for."""

    address: str
    region: str
    user_agent: str = ""


def _session_context(session: AssumedRole, role: Role) -> dict[str, Values]:
    kept = vars(session)
    source_identity, provider = kept.get("source_identity"), kept.get("federated_provider")
    return {
        "aws:userid": (f"{role.id}:{session.session_name}",),
        "aws:tokenissuetime": (callers.issued(session).isoformat().replace("+00:00", "Z"),),
        "aws:principalarn": (role.arn,),
        "aws:principalaccount": (session.account_id,),
        "aws:principaltype": ("AssumedRole",),
        "aws:federatedprovider": (provider,) if provider else (),
        "aws:sourceidentity": (source_identity,) if source_identity else (),
        # A session's tag hides the role's of the same name.
        **{f"aws:principaltag/{key.lower()}": (value,) for key, value in _role_tags(role).items()},
        **{f"aws:principaltag/{key.lower()}": (value,) for key, value in kept.get("tags", {}).items()},
    }


def _role_tags(role: Role) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in role.tags}


def _origin_context(origin: Origin) -> dict[str, Values]:
    now = datetime.now(UTC).replace(microsecond=0)
    return {
        "aws:sourceip": (origin.address,),
        "aws:requestedregion": (origin.region,),
        "aws:useragent": (origin.user_agent,) if origin.user_agent else (),
        "aws:currenttime": (now.isoformat().replace("+00:00", "Z"),),
        "aws:epochtime": (str(int(now.timestamp())),),
        "aws:securetransport": ("true",),  # loopback stands in for TLS
        "aws:viaawsservice": ("false",),
        "aws:principalisawsservice": ("false",),
    }


def _boundary(role: Role) -> dict[str, Any]:
    arn = role.permissions_boundary_arn or ""
    policy = iam_backends[role.account_id][PARTITION].managed_policies.get(arn)
    return default_document(policy) if policy else {}  # one that is gone allows nothing


def _limits(session: AssumedRole, role: Role) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Every kind of policy that must allow the call, as AWS's refusals call it."""
    yield "identity-based policy", list(policy_documents(role))
    if role.permissions_boundary_arn:
        yield "permissions boundary", [_boundary(role)]
    if session.policy:
        yield "session policy", [json.loads(session.policy)]


def refused(caller: Caller, wish: Wish, reason: str) -> RestRefusal:
    place = f" on resource: {wish.resource}" if wish.named else ""
    message = f"User: {caller.arn} is not authorized to perform: {wish.action}{place} {reason}"
    return RestRefusal("AccessDeniedException", message, 403)


def require(caller: Caller, wish: Wish, origin: Origin) -> None:
    """Raises AWS's refusal unless the caller may; NotImplementedError where a policy says what we cannot judge."""
    session, role = caller.session, caller.role
    if session is None or role is None:
        return
    context = dict.fromkeys(ABSENT, ()) | _origin_context(origin) | _session_context(session, role) | dict(wish.context)
    request = trust.Request(action=wish.action, resource=wish.resource, context=context, complete=TAGS)
    try:
        verdicts = [(kind, trust.judge(documents, request)) for kind, documents in _limits(session, role)]
    except trust.Unknown as error:
        raise NotImplementedError(f"a policy of {role.arn} that cannot be judged: {error}") from error
    for kind, verdict in verdicts:
        if verdict is trust.Verdict.EXPLICIT_DENY:
            article = "an" if kind[0] in "aeiou" else "a"
            raise refused(caller, wish, f"with an explicit deny in {article} {kind}")
    for kind, verdict in verdicts:
        if verdict is trust.Verdict.IMPLICIT_DENY:
            raise refused(caller, wish, f"because no {kind} allows the {wish.action} action")
