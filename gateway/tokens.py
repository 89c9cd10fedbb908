"""Okta's ID token of whoever calls: that it is Okta's, for this app, still good; and whose it is. Pure.

Of Okta's own authorization server an ID token that comes with an access token names neither groups nor an address
(support.okta.com, "Scope-Dependent Claims Missing from ID Token"); both are had for the access token. Nothing says for
which app an access token is, so it comes behind the ID token, whose `at_hash` is the access token's: `ID~ACCESS`. An
ID token alone is refused, whatever it says: nobody could be asked whether its person is still whom it names.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import jwt

from gateway.refusals import no_token
from gateway.settings import Settings

ALGORITHMS = ("RS256",)
SKEW_SECONDS = 60
# Okta's own last an hour.
MOST_SECONDS = 24 * 3600
MOST_CHARACTERS = 16_384
# What STS takes as a session's name, in lower case, that is somebody's address (STS API reference, AssumeRole).
SESSION = re.compile(r"(?=.{2,64}$)[a-z0-9_+=,.-]+@[a-z0-9.-]+")
# As `rollout.names.COHORT`.
COHORT = re.compile(r"[a-z][a-z0-9]{1,15}")
MOST_COHORTS = 100


@dataclass(frozen=True, kw_only=True)
class Caller:
    """`session`: the e-mail address in lower case, which the person's AWS sessions bear. `cohorts`: those whose Okta
    groups the token names. `issued_at`: seconds since 1970."""

    session: str
    cohorts: tuple[str, ...]
    issued_at: float


@dataclass(frozen=True, kw_only=True)
class Presented:
    """What a client sent as its key: both tokens of one sign-in. `signed` refuses an empty `access`."""

    identity: str = field(repr=False)
    access: str = field(repr=False)

    @property
    def digest(self) -> str:
        """By which what Okta answered is kept, so that no token is."""
        return hashlib.sha256(f"{self.identity}~{self.access}".encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Signed:
    """An ID token that is good. `issued_at`: seconds since 1970."""

    subject: str
    issued_at: float


def presented(key: str) -> Presented:
    """Raises Refused for what is no token."""
    text = key.removeprefix("Bearer ").strip()
    if not text:
        raise no_token("there is no token")
    if len(text) > MOST_CHARACTERS or not text.isascii():
        raise no_token("what was sent is no token of Okta's")
    identity, _, access = text.partition("~")
    return Presented(identity=identity, access=access)


def key_id(identity: str) -> str:
    """Which of Okta's keys signed it. Raises Refused for what is no token."""
    try:
        header = jwt.get_unverified_header(identity)
    except jwt.PyJWTError:
        raise no_token("what was sent is no token of Okta's") from None
    if header.get("alg") not in ALGORITHMS or not isinstance(header.get("kid"), str):
        raise no_token("its token is signed in another way than Okta's")
    return cast("str", header["kid"])


def signed(sent: Presented, key: Any, settings: Settings) -> Signed:
    """`key`: the public one that `key_id` names. Raises Refused; nothing of the token is in what it says."""
    try:
        claims: Mapping[str, Any] = jwt.decode(
            sent.identity,
            key,
            algorithms=list(ALGORITHMS),
            audience=settings.audience,
            issuer=settings.issuer,
            leeway=SKEW_SECONDS,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except jwt.ExpiredSignatureError:
        raise no_token("its token has run out") from None
    except jwt.PyJWTError as error:
        raise no_token(f"its token is not good here ({type(error).__name__})") from None
    if claims["aud"] != settings.audience:
        raise no_token("its token is for others too")
    issued_at = _number(claims["iat"])
    if time.time() - issued_at > MOST_SECONDS:
        raise no_token("its token has run out")
    if not sent.access:
        raise no_token("its ID token came without the access token (ID~ACCESS), by which Okta is asked")
    if not hmac.compare_digest(str(claims.get("at_hash")), access_hash(sent.access)):
        raise no_token("its access token is of another sign-in")
    return Signed(subject=str(claims["sub"]), issued_at=issued_at)


def access_hash(access: str) -> str:
    """The left half of its SHA-256 (OpenID Connect Core 3.1.3.6, of RS256)."""
    half = hashlib.sha256(access.encode()).digest()[:16]
    return base64.urlsafe_b64encode(half).decode().rstrip("=")


def caller(found: Signed, claims: Mapping[str, Any], settings: Settings) -> Caller:
    """`claims`: what Okta answered to its access token. Raises Refused."""
    if claims.get("sub") != found.subject:
        raise no_token("its access token is somebody else's")
    said = str(claims.get("email") or "")
    email = said.lower()
    # In lower case some letters of other alphabets become one of a to z, and so somebody else's name.
    if not said.isascii() or not SESSION.fullmatch(email):
        raise no_token("its token names no e-mail address that AWS takes as a session's name")
    # Absent where Okta has no say in it; false where somebody typed an address that nobody has confirmed.
    if claims.get("email_verified", True) is not True:
        raise no_token("its e-mail address is not verified in Okta")
    cohorts = _cohorts(claims.get("groups"), settings.group_prefix)
    return Caller(session=email, cohorts=cohorts, issued_at=found.issued_at)


def _cohorts(groups: object, prefix: str) -> tuple[str, ...]:
    told = cast("list[object]", groups) if isinstance(groups, list) else []
    names = {
        each.removeprefix(prefix)
        for each in told
        if isinstance(each, str) and each.startswith(prefix) and COHORT.fullmatch(each.removeprefix(prefix))
    }
    return tuple(sorted(names)[:MOST_COHORTS])


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise no_token("its token does not say when it was issued")
    return float(value)
