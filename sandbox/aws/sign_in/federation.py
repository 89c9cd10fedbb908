"""STS's two federated calls, as strict as AWS: moto believes any assertion and any token.

Whether a role may be assumed is decided here; moto then mints the session, so that GetCallerIdentity knows it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

from moto.core.responses import ActionResult
from moto.iam.models import Role, iam_backends
from moto.sts.models import AssumedRole
from moto.sts.responses import TokenResponse

from sandbox import workflow_tokens
from sandbox.aws import trust
from sandbox.aws.callers import mark, session_caller
from sandbox.aws.models.catalogue import PARTITION
from sandbox.aws.refusals import QueryRefusal
from sandbox.aws.sign_in import saml
from sandbox.aws.sign_in.assertions import (
    offered_duration,
    reading_saml,
    require_aimed_at_aws,
    require_fresh,
    saml_claim,
    saml_provider,
)
from sandbox.aws.sign_in.claims import Claim, account_of, denied, expired, invalid_parameter
from sandbox.aws.sign_in.id_tokens import audience_of, oidc_provider, token_claim, unverified, verified
from sandbox.aws.validation import mistakes

DEFAULT_DURATION = 3600
CHAINED_SECONDS = 3600


def _role(arn: str, action: str) -> Role:
    roles = iam_backends[account_of(arn)][PARTITION].roles.values()
    role = next((role for role in roles if role.arn == arn), None)
    if role is None:
        raise denied(action)  # STS does not tell a missing role from a forbidden one
    return role


def _require_trust(role: Role, claim: Claim) -> None:
    """The role's trust policy must allow the call, and whatever the session carries."""
    context = {
        **claim.context,
        "sts:rolesessionname": (claim.session_name,),
        "sts:sourceidentity": (claim.source_identity,) if claim.source_identity else (),
        "aws:tagkeys": tuple(claim.tags),
        "sts:transitivetagkeys": claim.transitive_tags,
        "aws:federatedprovider": (claim.provider_arn,),
        **{f"aws:requesttag/{key.lower()}": (value,) for key, value in claim.tags.items()},
    }
    actions = [claim.action]
    actions += ["sts:TagSession"] if claim.tags else []
    actions += ["sts:SetSourceIdentity"] if claim.source_identity else []
    try:
        document = json.loads(role.assume_role_policy_document)
    except ValueError as error:
        raise denied(claim.action) from error
    for action in actions:
        request = trust.Request(action=action, principal=("Federated", claim.provider_arn), context=context)
        if not trust.allows([document], request):
            raise denied(action)


def _require_role_trust(role: Role, arn: str, session_name: str) -> None:
    """For a caller of the same account, whose trust policy alone suffices where it names the role."""
    request = trust.Request(
        action="sts:AssumeRole",
        principal=("AWS", arn),
        context={"sts:rolesessionname": (session_name,), "sts:sourceidentity": (), "aws:tagkeys": ()},
    )
    if not trust.allows([json.loads(role.assume_role_policy_document)], request):
        raise denied("sts:AssumeRole")


def _duration(requested: int | None, offered: int | None, role: Role) -> int:
    duration = requested or offered or DEFAULT_DURATION
    if duration > int(role.max_session_duration or DEFAULT_DURATION):
        raise invalid_parameter("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    return duration


class Federation(TokenResponse):
    """moto's STS with the two federated calls replaced; its URL leads here instead (see `app`)."""

    jwks: ClassVar[Callable[[], dict[str, Any]]]
    workflow_keys: ClassVar[Callable[[], dict[str, Any]]]

    def _given(self, operation: str) -> dict[str, Any]:
        given = dict(self.params or {})
        found = mistakes("sts", operation, given)
        if found:
            raise invalid_parameter(found)
        policy = given.get("Policy")
        try:
            readable = policy is None or isinstance(json.loads(policy), dict)
        except ValueError:
            readable = False
        if not readable:
            raise QueryRefusal("MalformedPolicyDocument", "The session policy is not a JSON object")
        return given

    def parse_parameters(self, request: Any) -> None:
        try:
            super().parse_parameters(request)
        except (ValueError, TypeError):
            # Answered by `_given`: this runs before moto can turn a refusal into an answer.
            self.params = {key: values[0] for key, values in self.querystring.items()}

    def _minted(self, role: Role, claim: Claim, duration: int, policy: str | None) -> AssumedRole:
        session = self.backend.assume_role(
            region_name=self.region,
            role_session_name=claim.session_name,
            role_arn=role.arn,
            policy=policy or "",
            duration=duration,
            external_id="",
        )
        mark(session, role, claim.tags, claim.provider_arn, claim.source_identity)
        return session

    def assume_role(self) -> ActionResult:
        """A long-lived key may do all; a session must be of a role that the wanted one trusts under this name."""
        asking = session_caller(self.headers)
        if asking is None or asking.role is None:
            return super().assume_role()
        given = self._given("AssumeRole")
        role = _role(given["RoleArn"], "sts:AssumeRole")
        _require_role_trust(role, asking.role.arn, given["RoleSessionName"])
        duration = _duration(given.get("DurationSeconds"), None, role)
        if duration > CHAINED_SECONDS:
            raise invalid_parameter("The requested DurationSeconds exceeds the 1 hour session limit for role chaining")
        session = self.backend.assume_role(
            region_name=self.region,
            role_session_name=given["RoleSessionName"],
            role_arn=role.arn,
            policy=given.get("Policy") or "",
            duration=duration,
            external_id="",
        )
        mark(session, role, {}, "", None)
        user = {"AssumedRoleId": session.user_id, "Arn": session.arn}
        return ActionResult({"Credentials": session, "AssumedRoleUser": user, "PackedPolicySize": 6})

    def assume_role_with_saml(self) -> ActionResult:
        given = self._given("AssumeRoleWithSAML")
        role_arn, provider_arn = given["RoleArn"], given["PrincipalArn"]
        provider = saml_provider(provider_arn)
        with reading_saml():
            assertion = saml.verified(given["SAMLAssertion"], saml.metadata(provider.saml_metadata_document or ""))
        now = datetime.now(UTC)
        require_fresh(assertion, now)
        require_aimed_at_aws(assertion)
        if (role_arn, provider_arn) not in assertion.roles:
            message = "SAML Assertion doesn't contain the requested Role and Metadata in the attributes"
            raise QueryRefusal("AccessDenied", message, 403)
        claim = saml_claim(assertion, account_of(provider_arn), provider)
        role = _role(role_arn, claim.action)
        _require_trust(role, claim)
        duration = _duration(given.get("DurationSeconds"), offered_duration(assertion), role)
        if assertion.session_not_on_or_after:
            left = int((assertion.session_not_on_or_after - now).total_seconds())
            if left <= 0:
                raise expired("The SAML assertion's session has ended")
            duration = min(duration, left)
        session = self._minted(role, claim, duration, given.get("Policy"))
        return ActionResult(
            {
                "Credentials": session,
                "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
                "PackedPolicySize": 6,
                "Subject": assertion.subject,
                "SubjectType": assertion.subject_format,
                "Issuer": assertion.issuer,
                "Audience": assertion.recipient,
                "NameQualifier": claim.context["saml:namequalifier"][0],
                "SourceIdentity": claim.source_identity,
            }
        )

    def assume_role_with_web_identity(self) -> ActionResult:
        given = self._given("AssumeRoleWithWebIdentity")
        header, said = unverified(given["WebIdentityToken"])
        provider = oidc_provider(account_of(given["RoleArn"]), said["iss"])
        issued = type(self).workflow_keys if said["iss"] == workflow_tokens.ISSUER else type(self).jwks
        claims = verified(given["WebIdentityToken"], header, issued())
        audience = audience_of(claims, provider)
        claim = token_claim(claims, audience, provider, given["RoleSessionName"])
        role = _role(given["RoleArn"], claim.action)
        _require_trust(role, claim)
        duration = _duration(given.get("DurationSeconds"), None, role)
        session = self._minted(role, claim, duration, given.get("Policy"))
        return ActionResult(
            {
                "Credentials": session,
                "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
                "PackedPolicySize": 6,
                "SubjectFromWebIdentityToken": str(claims["sub"]),
                "Provider": provider.arn,
                "Audience": audience,
                "SourceIdentity": claim.source_identity,
            }
        )
