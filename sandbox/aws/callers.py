"""Who calls: the access key that a request names, and the session that STS minted with it.

Signatures are not verified: whoever knows a session's key id and token is that session.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from moto.iam.models import Role, iam_backends
from moto.sts.models import AssumedRole, sts_backends
from werkzeug.datastructures import Headers

from sandbox.aws.models.catalogue import PARTITION
from sandbox.aws.refusals import RestRefusal
from sandbox.aws.requests import Scope, scope
from sandbox.settings import AWS_KEY, served_account

TEMPORARY = "ASIA"


def _unrecognized() -> RestRefusal:
    return RestRefusal("UnrecognizedClientException", "The security token included in the request is invalid.", 403)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """The account's root, or a session of a role."""

    account: str
    arn: str
    role: Role | None = None
    session: AssumedRole | None = None


def _root() -> Caller:
    account = served_account()
    return Caller(account=account, arn=f"arn:{PARTITION}:iam::{account}:root")


def mark(session: AssumedRole, role: Role, tags: Mapping[str, str], provider: str, source_identity: str | None) -> None:
    """Keeps on moto's own object, and so in its snapshot, what later calls are judged by."""
    vars(session).update(role_id=role.id, tags=dict(tags), federated_provider=provider, source_identity=source_identity)


def issued(session: AssumedRole) -> datetime:
    """To the second, as `aws:TokenIssueTime` has it."""
    return session.access_key.create_date.replace(tzinfo=UTC, microsecond=0)


def _session(key: str) -> AssumedRole | None:
    for account in list(sts_backends):
        found = sts_backends[account][PARTITION].get_assumed_role_from_access_key(key)
        if found is not None:
            return found
    return None


def _role(session: AssumedRole) -> Role | None:
    """The very role that was assumed: one made anew under its name does not revive its sessions."""
    roles = iam_backends[session.account_id][PARTITION].roles.values()
    known = vars(session).get("role_id")
    return next((role for role in roles if role.arn == session.role_arn and known in {None, role.id}), None)


def of_session(key: str, token: str) -> Caller:
    """Raises the refusal that AWS gives to a session that is unknown, over, or of a role that is gone."""
    session = _session(key)
    if session is None or session.session_token != token:
        raise _unrecognized()
    if datetime.now(UTC) >= session.expiration.replace(tzinfo=UTC):
        raise RestRefusal("ExpiredTokenException", "The security token included in the request is expired", 403)
    role = _role(session)
    if role is None:
        raise _unrecognized()
    return Caller(account=session.account_id, arn=session.arn, role=role, session=session)


def _signed(headers: Headers) -> tuple[Scope, str]:
    authorization = headers.get("Authorization", "")
    if authorization.startswith("Bearer "):
        message = "Authentication failed: Please make sure your API Key is valid."
        raise RestRefusal("AccessDeniedException", message, 403)
    signed = scope(authorization)
    if signed is None:
        raise RestRefusal("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
    return signed, headers.get("X-Amz-Security-Token", "")


def caller(headers: Headers) -> Caller:
    """Whoever signed the request; its refusal where nobody did whom the sandbox knows."""
    signed, token = _signed(headers)
    return _root() if signed.key == AWS_KEY and not token else of_session(signed.key, token)


def session_caller(headers: Headers) -> Caller | None:
    """The session that signed the request; None where a long-lived key did, which the control plane lets do all."""
    signed = scope(headers.get("Authorization", ""))
    if signed is None or not signed.key.startswith(TEMPORARY):
        return None
    return of_session(signed.key, headers.get("X-Amz-Security-Token", ""))
