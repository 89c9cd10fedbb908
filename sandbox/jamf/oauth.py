"""Client credentials: tokens that end, and outlive the client that got them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time

from flask import Blueprint, Response, jsonify, request

from sandbox.jamf.context import database, jamf
from sandbox.jamf.errors import JamfError
from sandbox.jamf.store import Json, Kind

routes = Blueprint("oauth", __name__)

PATHS = {"/api/v1/oauth/token", "/api/oauth/token"}
SCOPE = "api-role:2"
NO_CONTENT = ("", 204)


@routes.post("/api/v1/oauth/token")
@routes.post("/api/oauth/token")
def token() -> Response | Json:
    form = request.form
    if form.get("grant_type") != "client_credentials":
        return _refusal(400, "unsupported_grant_type")
    known = hmac.compare_digest(form.get("client_id", ""), jamf().client_id)
    proven = hmac.compare_digest(form.get("client_secret", ""), jamf().client_secret)
    if not (known and proven and jamf().settings.client_enabled):
        return _refusal(401, "invalid_client")
    fresh, seconds, now = secrets.token_urlsafe(48), jamf().settings.token_seconds, time.time()
    for old in database().things(Kind.TOKEN, due_by=now):
        database().remove(Kind.TOKEN, old.id)
    database().add(Kind.TOKEN, {}, name=_digest(fresh), due=now + seconds)
    return {"access_token": fresh, "scope": SCOPE, "token_type": "Bearer", "expires_in": seconds}


@routes.post("/api/v1/auth/invalidate-token")
def invalidate() -> tuple[str, int]:
    found = database().named(Kind.TOKEN, _digest(_bearer()))
    if found:
        database().remove(Kind.TOKEN, found.id)
    return NO_CONTENT


def admit() -> None:
    """401 unless the call has a token that is in force."""
    if request.path in PATHS:
        return
    given = _bearer()
    ends = jamf().store.token_ends(_digest(given)) if given else None
    if ends is None or ends <= time.time():
        raise JamfError(401, "The request requires user authentication")


def _bearer() -> str:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme.casefold() == "bearer" else ""


def _digest(text: str) -> str:
    """Tokens are not written down."""
    return hashlib.sha256(text.encode()).hexdigest()


def _refusal(status: int, error: str) -> Response:
    answer = jsonify(error=error)
    answer.status_code = status
    return answer
