"""STS's two federated calls, as strict as AWS: moto believes any assertion and any token.

Whether a role may be assumed is decided here; moto then mints the session, so that GetCallerIdentity knows it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import jwt
from moto.core.responses import ActionResult
from moto.iam.models import OpenIDConnectProvider, Role, SAMLProvider, iam_backends
from moto.sts.models import AssumedRole
from moto.sts.responses import TokenResponse

from sandbox import workflow_tokens
from sandbox.aws import saml, trust
from sandbox.aws.callers import mark, session_caller
from sandbox.aws.models.catalogue import PARTITION
from sandbox.aws.refusals import QueryRefusal
from sandbox.aws.validation import mistakes

SIGN_IN = "https://signin.aws.amazon.com/saml"
AUDIENCES = frozenset({SIGN_IN, "urn:amazon:webservices"})
# STS wants an assertion used at once, whatever the assertion itself says.
REDEEM_WITHIN = timedelta(minutes=5)
CLOCK_SKEW = timedelta(seconds=60)
DEFAULT_DURATION = 3600
DURATIONS = range(900, 43201)
CHAINED_SECONDS = 3600
TAGS_CLAIM = "https://aws.amazon.com/tags"
SOURCE_IDENTITY_CLAIM = "https://aws.amazon.com/source_identity"

GITHUB_CLAIMS = ("environment", "ref", "repository", "repository_id")


def invalid_token(message: str) -> QueryRefusal:
    return QueryRefusal("InvalidIdentityToken", message)


def expired(message: str) -> QueryRefusal:
    return QueryRefusal("ExpiredTokenException", message)


def denied(action: str) -> QueryRefusal:
    return QueryRefusal("AccessDenied", f"Not authorized to perform {action}", 403)


def invalid_parameter(message: str) -> QueryRefusal:
    return QueryRefusal("ValidationError", message)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a verified assertion or token says, in the terms a trust policy can ask about."""

    action: str
    provider_arn: str
    session_name: str
    context: dict[str, trust.Values]
    tags: dict[str, str]
    transitive_tags: tuple[str, ...] = ()
    source_identity: str | None = None


def _account(arn: str) -> str:
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[:3] != ["arn", PARTITION, "iam"] or not parts[4].isdecimal():
        raise invalid_parameter(f"Invalid ARN: {arn}")
    return parts[4]


def _role(arn: str, action: str) -> Role:
    roles = iam_backends[_account(arn)][PARTITION].roles.values()
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


@contextmanager
def _reading_saml() -> Generator[None]:
    try:
        yield
    except saml.Invalid as error:
        raise invalid_token(str(error)) from error


def _require_fresh(assertion: saml.Assertion, now: datetime) -> None:
    ends = (*assertion.not_on_or_after, assertion.issued_at + REDEEM_WITHIN)
    if now >= min(ends):
        raise expired("Token must be redeemed within 5 minutes of issuance")
    starts = (assertion.issued_at, assertion.not_before or assertion.issued_at)
    if max(starts) > now + CLOCK_SKEW:
        raise invalid_token("The SAML assertion is not valid yet")


def _require_aimed_at_aws(assertion: saml.Assertion) -> None:
    if assertion.recipient != SIGN_IN or (assertion.audiences and not AUDIENCES & set(assertion.audiences)):
        raise invalid_token("The SAML response's recipient or audience is not AWS")


def _only(assertion: saml.Assertion, name: str) -> str | None:
    values = assertion.attributes.get(name, ())
    if len(values) > 1:
        raise invalid_token(f"{name} must have one value")
    return values[0] if values else None


def _saml_claim(assertion: saml.Assertion, account: str, provider: SAMLProvider) -> Claim:
    name = _only(assertion, "RoleSessionName")
    complaint = mistakes(
        "sts",
        "AssumeRoleWithWebIdentity",
        {"RoleArn": provider.arn, "RoleSessionName": name, "WebIdentityToken": "-" * 4},
    )
    if complaint or name is None:
        raise invalid_token("RoleSessionName in the SAML assertion must match [\\w+=,.@-]{2,64}")
    tags = {
        key.removeprefix("PrincipalTag:"): values[0]
        for key, values in assertion.attributes.items()
        if key.startswith("PrincipalTag:") and values
    }
    return Claim(
        action="sts:AssumeRoleWithSAML",
        provider_arn=provider.arn,
        session_name=name,
        context={
            "saml:aud": (assertion.recipient,),
            "saml:iss": (assertion.issuer,),
            "saml:sub": (assertion.subject,),
            "saml:sub_type": (assertion.subject_format,),
            "saml:namequalifier": (name_qualifier(assertion.issuer, account, provider.name),),
            "saml:doc": (f"{account}/{provider.name}",),
        },
        tags=tags,
        transitive_tags=assertion.attributes.get("TransitiveTagKeys", ()),
        source_identity=_only(assertion, "SourceIdentity"),
    )


def name_qualifier(issuer: str, account: str, provider: str) -> str:
    """AWS's stable name for "this issuer, in this account, through this provider"."""
    digest = hashlib.sha1(f"{issuer}{account}/{provider}".encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def _saml_provider(arn: str) -> SAMLProvider:
    providers = iam_backends[_account(arn)][PARTITION].list_saml_providers()
    provider = next((provider for provider in providers if provider.arn == arn), None)
    if provider is None:
        raise invalid_token("Specified provider doesn't exist")
    return provider


def _offered_duration(assertion: saml.Assertion) -> int | None:
    text = _only(assertion, "SessionDuration")
    if text is None:
        return None
    if not text.isdecimal() or int(text) not in DURATIONS:
        raise invalid_token("SessionDuration in the SAML assertion must be an integer between 900 and 43200")
    return int(text)


def _issuer_host(issuer: str) -> str:
    return issuer.removeprefix("https://").rstrip("/")


def _oidc_provider(account: str, issuer: str) -> OpenIDConnectProvider:
    providers = iam_backends[account][PARTITION].open_id_providers.values()
    provider = next((item for item in providers if item.url.rstrip("/") == _issuer_host(issuer)), None)
    if provider is None or not issuer.startswith("https://"):
        raise invalid_token(f"No OpenIDConnect provider found in your account for {issuer}")
    return provider


def _unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise invalid_token(
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
        ) from error
    if header.get("alg") != "RS256" or not isinstance(claims.get("iss"), str):
        raise invalid_token("Missing a required claim or signed by an algorithm that is not supported: RS256 is")
    return header, claims


def _verified(token: str, header: dict[str, Any], keys: dict[str, Any]) -> dict[str, Any]:
    key = next((item for item in keys.get("keys", []) if item.get("kid") == header.get("kid")), None)
    if key is None:
        raise invalid_token(
            "Couldn't retrieve verification key from your identity provider, please reference "
            "AssumeRoleWithWebIdentity documentation for requirements"
        )
    try:
        return jwt.decode(
            token,
            jwt.PyJWK.from_dict({"alg": "RS256", **key}),
            algorithms=["RS256"],
            leeway=0,
            options={"verify_aud": False, "require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except jwt.ExpiredSignatureError as error:
        raise expired("Token expired: current date/time must be before the expiration date/time") from error
    except jwt.InvalidSignatureError as error:
        raise invalid_token("The web identity token signature is invalid") from error
    except jwt.PyJWTError as error:
        raise invalid_token(f"The web identity token is not valid: {error}") from error


def _audience(claims: dict[str, Any], provider: OpenIDConnectProvider) -> str:
    """The client the token is for: `azp` where present, else the one `aud` the provider lists."""
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    candidates = [claims["azp"]] if claims.get("azp") else audiences
    audience = next((item for item in candidates if item in provider.client_id_list), None)
    if audience is None:
        raise invalid_token("Incorrect token audience")
    return audience


def _token_tags(claims: dict[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Session tags, nested under one claim or flattened into several."""
    nested = claims.get(TAGS_CLAIM) or {}
    prefix = f"{TAGS_CLAIM}/principal_tags/"
    flat = {key.removeprefix(prefix): value for key, value in claims.items() if key.startswith(prefix)}
    given = {**nested.get("principal_tags", {}), **flat}
    tags = {key: str(value[0] if isinstance(value, list) else value) for key, value in given.items()}
    return tags, tuple(nested.get("transitive_tag_keys", ()))


def _token_claim(claims: dict[str, Any], audience: str, provider: OpenIDConnectProvider, session_name: str) -> Claim:
    host = _issuer_host(claims["iss"]).lower()
    original = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    # Of GitHub's issuer IAM reads more than of others (Service Authorization Reference, AWS STS).
    more = GITHUB_CLAIMS if claims["iss"] == workflow_tokens.ISSUER else ()
    tags, transitive = _token_tags(claims)
    return Claim(
        action="sts:AssumeRoleWithWebIdentity",
        provider_arn=provider.arn,
        session_name=session_name,
        context={
            f"{host}:aud": (audience,),
            f"{host}:sub": (str(claims["sub"]),),
            f"{host}:oaud": tuple(original) if claims.get("azp") else (),
            f"{host}:amr": tuple(claims.get("amr") or ()),
            **{f"{host}:{name}": (str(claims[name]),) if name in claims else () for name in more},
        },
        tags=tags,
        transitive_tags=transitive,
        source_identity=claims.get(SOURCE_IDENTITY_CLAIM),
    )


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
        provider = _saml_provider(provider_arn)
        with _reading_saml():
            assertion = saml.verified(given["SAMLAssertion"], saml.metadata(provider.saml_metadata_document or ""))
        now = datetime.now(UTC)
        _require_fresh(assertion, now)
        _require_aimed_at_aws(assertion)
        if (role_arn, provider_arn) not in assertion.roles:
            message = "SAML Assertion doesn't contain the requested Role and Metadata in the attributes"
            raise QueryRefusal("AccessDenied", message, 403)
        claim = _saml_claim(assertion, _account(provider_arn), provider)
        role = _role(role_arn, claim.action)
        _require_trust(role, claim)
        duration = _duration(given.get("DurationSeconds"), _offered_duration(assertion), role)
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
        header, unverified = _unverified(given["WebIdentityToken"])
        provider = _oidc_provider(_account(given["RoleArn"]), unverified["iss"])
        issued = type(self).workflow_keys if unverified["iss"] == workflow_tokens.ISSUER else type(self).jwks
        claims = _verified(given["WebIdentityToken"], header, issued())
        audience = _audience(claims, provider)
        claim = _token_claim(claims, audience, provider, given["RoleSessionName"])
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
