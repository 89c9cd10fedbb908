"""Signing in on a machine without a browser: a code here, typed into a browser there (RFC 8628)."""

from __future__ import annotations

import html
import secrets
import string
import time

from flask import Blueprint, Response, request

from ..context import database
from ..identity import ORG_URL
from ..ids import new_id
from ..store import Json, Kind, Thing
from . import clients
from .browser import signed_in, to_login
from .claims import SCOPES
from .errors import OAuthError

routes = Blueprint("oidc_device", __name__)

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
SECONDS = 600
POLL_SECONDS = 5
LETTERS = string.ascii_uppercase
PAGE = """<!doctype html><title>Okta: activate your device</title><p>{said}</p>
<form method="post" action="/activate"><label>Code <input name="user_code" value="{code}"></label>
<button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Deny</button></form>"""


@routes.post("/oauth2/v1/device/authorize")
def begin() -> Json:
    app = clients.authenticated()
    clients.may_use(app, GRANT)
    scopes = list(dict.fromkeys(request.form.get("scope", "").split()))
    if not scopes or any(scope not in SCOPES for scope in scopes):
        raise OAuthError("invalid_scope", "One or more scopes are not configured.")
    code, device = "".join(secrets.choice(LETTERS) for _ in range(8)), new_id("dvc")
    asked = {"app": app.id, "scopes": scopes, "user_code": code}
    body = {**asked, "ends": time.time() + SECONDS, "state": "pending", "polled": 0.0}
    database().add(Kind.DEVICE_CODE, device, body, name=code, parent=app.id)
    return {
        "device_code": device,
        "user_code": code,
        "verification_uri": f"{ORG_URL}/activate",
        "verification_uri_complete": f"{ORG_URL}/activate?user_code={code}",
        "expires_in": SECONDS,
        "interval": POLL_SECONDS,
    }


@routes.get("/activate")
def activation_page() -> Response:
    return _page("", request.args.get("user_code", "")) if signed_in() else to_login()


@routes.post("/activate")
def activate() -> Response:
    person = signed_in()
    code = request.form.get("user_code", "").strip().upper()
    found = database().named(Kind.DEVICE_CODE, code)
    if person is None:
        return _page("Sign in first: open this page again.", code, status=401)
    if found is None or found.body["state"] != "pending" or found.body["ends"] < time.time():
        return _page("Invalid code. Try again.", code, status=400)
    app = database().get(Kind.APP, found.body["app"])
    let_in = app is not None and clients.entered(app, person[0]) is not None
    agreed = request.form.get("decision", "allow") == "allow" and let_in
    body = {**found.body, "state": "allowed" if agreed else "denied", "uid": person[0].id, "at": person[1]}
    database().change(found, body, name=code)
    said = "Device activated" if agreed else "Device not activated: the request was denied, or the app is not yours."
    return _page(said, "")


def polled(app: Thing, device: str | None) -> Json:
    """What was allowed, once. OAuthError until then, and for good once it was denied or has ended."""
    found = database().get(Kind.DEVICE_CODE, device or "")
    if found is None or found.body["app"] != app.id:
        raise OAuthError("invalid_grant", "The device code is invalid or has expired.")
    body = found.body
    if body["ends"] < time.time():
        raise OAuthError("expired_token", "The device code has expired.")
    if body["state"] == "denied":
        raise OAuthError("access_denied", "The request was denied.")
    if body["state"] == "pending":
        hasty = time.time() - body["polled"] < POLL_SECONDS - 1
        database().change(found, {**body, "polled": time.time()}, name=body["user_code"])
        if hasty:
            raise OAuthError("slow_down", "Poll every 5 seconds.", keep=True)
        raise OAuthError("authorization_pending", "The device authorization is pending.", keep=True)
    database().remove(found)
    return body


def _page(said: str, code: str, status: int = 200) -> Response:
    return Response(PAGE.format(said=html.escape(said), code=html.escape(code)), status=status, mimetype="text/html")
