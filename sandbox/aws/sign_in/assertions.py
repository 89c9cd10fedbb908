"""The claim of a SAML response."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime

from moto.iam.models import SAMLProvider, iam_backends

from sandbox.aws.models.catalogue import PARTITION
from sandbox.aws.sign_in import saml
from sandbox.aws.sign_in.claims import CLOCK_SKEW, DURATIONS, REDEEM_WITHIN, Claim, account_of, expired, invalid_token
from sandbox.aws.validation import mistakes

SIGN_IN = "https://signin.aws.amazon.com/saml"
AUDIENCES = frozenset({SIGN_IN, "urn:amazon:webservices"})


@contextmanager
def reading_saml() -> Generator[None]:
    try:
        yield
    except saml.Invalid as error:
        raise invalid_token(str(error)) from error


def require_fresh(assertion: saml.Assertion, now: datetime) -> None:
    ends = (*assertion.not_on_or_after, assertion.issued_at + REDEEM_WITHIN)
    if now >= min(ends):
        raise expired("Token must be redeemed within 5 minutes of issuance")
    starts = (assertion.issued_at, assertion.not_before or assertion.issued_at)
    if max(starts) > now + CLOCK_SKEW:
        raise invalid_token("The SAML assertion is not valid yet")


def require_aimed_at_aws(assertion: saml.Assertion) -> None:
    if assertion.recipient != SIGN_IN or (assertion.audiences and not AUDIENCES & set(assertion.audiences)):
        raise invalid_token("The SAML response's recipient or audience is not AWS")


def _only(assertion: saml.Assertion, name: str) -> str | None:
    values = assertion.attributes.get(name, ())
    if len(values) > 1:
        raise invalid_token(f"{name} must have one value")
    return values[0] if values else None


def saml_claim(assertion: saml.Assertion, account: str, provider: SAMLProvider) -> Claim:
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


def saml_provider(arn: str) -> SAMLProvider:
    providers = iam_backends[account_of(arn)][PARTITION].list_saml_providers()
    provider = next((provider for provider in providers if provider.arn == arn), None)
    if provider is None:
        raise invalid_token("Specified provider doesn't exist")
    return provider


def offered_duration(assertion: saml.Assertion) -> int | None:
    text = _only(assertion, "SessionDuration")
    if text is None:
        return None
    if not text.isdecimal() or int(text) not in DURATIONS:
        raise invalid_token("SessionDuration in the SAML assertion must be an integer between 900 and 43200")
    return int(text)
