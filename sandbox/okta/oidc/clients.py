"""Which app is asking, and whether it may."""

from __future__ import annotations

import base64
import binascii
import hmac
from urllib.parse import unquote_plus

from flask import request

from ..context import database
from ..store import Json, Kind, Relation, Thing
from ..users import DEPROVISIONED
from .errors import OAuthError


def named(client_id: str | None) -> Thing | None:
    """An OAuth app that is active."""
    app = database().named(Kind.APP, client_id or "")
    return app if app and app.body["status"] == "ACTIVE" else None


def settings(app: Thing) -> Json:
    return app.body["settings"]["oauthClient"]


def credentials(app: Thing) -> Json:
    return app.body["credentials"]["oauthClient"]


def authenticated() -> Thing:
    """By the one method that is set on the app, and no other."""
    basic = _basic()
    client_id = basic[0] if basic else request.form.get("client_id")
    app = named(client_id)
    if app is None:
        raise _nobody("Invalid value for 'client_id' parameter.")
    method = credentials(app)["token_endpoint_auth_method"]
    given = {
        "client_secret_basic": basic[1] if basic else None,
        "client_secret_post": None if basic else request.form.get("client_secret"),
    }
    if method == "none":
        if basic or "client_secret" in request.form:
            raise _nobody("Client authentication failed: this client has no secret.")
        return app
    if method not in given or not given[method]:
        raise _nobody(f"Client authentication failed: the client is configured for {method}.")
    if not hmac.compare_digest(str(given[method]).encode(), credentials(app)["client_secret"].encode()):
        raise _nobody("The client secret supplied for a confidential client is invalid.")
    return app


def may_use(app: Thing, grant: str) -> None:
    grants = settings(app)["grant_types"]
    if grant not in grants:
        text = f"The client is not authorized to use the provided grant type. Configured grant types: {grants}."
        raise OAuthError("unauthorized_client", text)


def entered(app: Thing, user: Thing | None) -> Thing | None:
    """The person, where Okta lets them into the app: active, and in a group that it is assigned to."""
    if user is None or user.body["status"] in {DEPROVISIONED, "SUSPENDED"} or user.body["status"] != "ACTIVE":
        return None
    assigned = {link.thing.id for link in database().targets(Relation.ASSIGNED, app)}
    groups = {link.thing.id for link in database().sources(Relation.MEMBER, user)}
    return user if assigned & groups else None


def _basic() -> tuple[str, str] | None:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise _nobody("The authorization header is not well formed.") from None
    if not colon:
        raise _nobody("The authorization header is not well formed.")
    return unquote_plus(user), unquote_plus(password)


def _nobody(text: str) -> OAuthError:
    return OAuthError("invalid_client", text, status=401)
