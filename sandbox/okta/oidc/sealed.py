"""What Okta hands out and takes back: codes, sessions and tokens, each good for one use of one kind and for a time.

They carry what they stand for, signed, so that a read writes nothing; what was used up or revoked is kept by its id.
"""

from __future__ import annotations

import time
import uuid
from enum import StrEnum
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError

from ..context import database, organization
from ..identity import ORG_URL
from ..store import Json, Kind


class Seal(StrEnum):
    """In seconds below. Okta's own: a code 5 minutes, a browser's session 2 hours idle, an access token of the org
    server an hour, a refresh token until it is revoked or 7 days unused for a native app; here always 90 days."""

    CODE = "code"
    SESSION = "session"
    ACCESS = "access token"
    REFRESH = "refresh token"


SECONDS = {Seal.CODE: 300, Seal.SESSION: 7200, Seal.ACCESS: 3600, Seal.REFRESH: 90 * 86400}
# No key of this name is published: nobody but Okta can tell whether an access token of the org server is good.
KID = "of-the-organization"


def seal(kind: Seal, **content: Any) -> str:
    now = int(time.time())
    claims = {"iss": ORG_URL, "typ": kind, "iat": now, "exp": now + SECONDS[kind], "jti": uuid.uuid4().hex, **content}
    return jwt.encode({"alg": "RS256", "kid": KID}, claims, organization().key.jwk)


def opened(kind: Seal, text: str | None) -> Json | None:
    """What is in it; None where it is another's, another kind's, too old, used up or revoked."""
    try:
        token = jwt.decode(text or "", organization().key.jwk, algorithms=["RS256"])
    except (JoseError, ValueError):
        return None
    claims: Json = dict(token.claims)
    good = token.header.get("kid") == KID and claims.get("typ") == kind and claims["exp"] > time.time()
    return claims if good and not database().named(Kind.SPENT, claims["jti"]) else None


def spend(content: Json) -> None:
    """Never again."""
    database().add(Kind.SPENT, f"spent-{content['jti']}", {}, name=content["jti"])
