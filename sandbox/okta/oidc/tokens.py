"""Tokens for codes, for refresh tokens and for devices; what an app asks with one; and the end of one."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from flask import Blueprint, Response, jsonify, request

from ..context import database, organization
from ..identity import id_token
from ..store import Json, Kind, Thing
from . import clients, device
from .claims import thin, whole
from .errors import OAuthError
from .sealed import SECONDS, Seal, opened, seal, spend

routes = Blueprint("oidc_tokens", __name__)

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@routes.post("/oauth2/v1/token")
def token() -> Response:
    app = clients.authenticated()
    grants = {"authorization_code": _of_code, "refresh_token": _refreshed, device.GRANT: _of_device}
    grant = request.form.get("grant_type", "")
    if grant not in grants:
        raise OAuthError("unsupported_grant_type", f"The sandbox has no such grant: {grant or '-'}.")
    clients.may_use(app, grant)
    response = jsonify(grants[grant](app))
    response.headers.update(NO_STORE)
    return response


@routes.route("/oauth2/v1/userinfo", methods=["GET", "POST"])
def userinfo() -> Json:
    """Of groups, the only way to learn them in the code flow. Asked anew each time, of the directory as it is now."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    found = opened(Seal.ACCESS, given) if scheme.lower() == "bearer" else None
    app = database().get(Kind.APP, found["app"]) if found else None
    user = clients.entered(app, database().get(Kind.USER, found["uid"])) if app and found else None
    if found is None or app is None or user is None or app.body["status"] != "ACTIVE":
        raise OAuthError("invalid_token", "The access token is invalid.", status=401)
    if "openid" not in found["scopes"]:
        raise OAuthError("insufficient_scope", "The access token lacks the 'openid' scope.", status=403)
    return whole(app, user, found["scopes"])


@routes.post("/oauth2/v1/revoke")
def revoke() -> tuple[str, int]:
    """200 for a token that is not there, too (RFC 7009)."""
    app = clients.authenticated()
    for kind in (Seal.ACCESS, Seal.REFRESH):
        found = opened(kind, request.form.get("token"))
        if found and found["app"] == app.id:
            spend(found)
    return "", 200


def _of_code(app: Thing) -> Json:
    found = opened(Seal.CODE, request.form.get("code"))
    if found is None or found["app"] != app.id:
        raise OAuthError("invalid_grant", "The authorization code is invalid or has expired.")
    if request.form.get("redirect_uri") != found["redirect_uri"]:
        raise OAuthError("invalid_grant", "The 'redirect_uri' does not match the redirection URI used in the request.")
    verifier = request.form.get("code_verifier", "")
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    if found["challenge"] is None:
        if verifier:
            raise OAuthError("invalid_grant", "A 'code_verifier' was given, and no challenge before it.")
    elif not hmac.compare_digest(digest, found["challenge"]):
        raise OAuthError("invalid_grant", "PKCE verification failed.")
    user = _still(app, found["uid"], "The authorization code is invalid or has expired.")
    spend(found)
    return _tokens(app, user, found, nonce=found["nonce"])


def _refreshed(app: Thing) -> Json:
    """The same refresh token stays good, as Okta has it for apps with a secret unless rotation is chosen."""
    given = request.form.get("refresh_token")
    text = "The refresh token is invalid or expired."
    found = opened(Seal.REFRESH, given)
    if found is None or found["app"] != app.id:
        raise OAuthError("invalid_grant", text)
    user = _still(app, found["uid"], text)
    asked = request.form.get("scope", "").split() or found["scopes"]
    if any(scope not in found["scopes"] for scope in asked):
        raise OAuthError("invalid_scope", "A scope was not granted to the refresh token.")
    return {**_tokens(app, user, {**found, "scopes": asked}, refreshes=False), "refresh_token": given}


def _of_device(app: Thing) -> Json:
    found = device.polled(app, request.form.get("device_code"))
    return _tokens(app, _still(app, found["uid"], "The device code is invalid or has expired."), found)


def _still(app: Thing, user_id: str, text: str) -> Thing:
    """Whoever was let in may have left since."""
    user = clients.entered(app, database().get(Kind.USER, user_id))
    if user is None:
        raise OAuthError("invalid_grant", text)
    return user


def _tokens(app: Thing, user: Thing, found: Json, *, nonce: str | None = None, refreshes: bool = True) -> Json:
    scopes: list[str] = found["scopes"]
    about: dict[str, Any] = {"app": app.id, "uid": user.id, "at": found["at"], "scopes": scopes}
    access = seal(Seal.ACCESS, **about)
    answer: Json = {
        "token_type": "Bearer",
        "expires_in": SECONDS[Seal.ACCESS],
        "access_token": access,
        "scope": " ".join(scopes),
    }
    if refreshes and "offline_access" in scopes and "refresh_token" in clients.settings(app)["grant_types"]:
        answer["refresh_token"] = seal(Seal.REFRESH, **about)
    if "openid" in scopes:
        half = hashlib.sha256(access.encode()).digest()[:16]
        more = {
            **thin(user, scopes),
            "auth_time": found["at"],
            "at_hash": base64.urlsafe_b64encode(half).decode().rstrip("="),
            **({"nonce": nonce} if nonce else {}),
        }
        client_id = clients.credentials(app)["client_id"]
        answer["id_token"] = id_token(organization().key, subject=user.id, audience=client_id, **more)
    return answer
