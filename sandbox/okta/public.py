"""What anybody may read without a token."""

from __future__ import annotations

from flask import Blueprint

from .context import organization
from .identity import OKTA_ORG, openid_configuration, public_keys
from .store import Json

routes = Blueprint("public", __name__)

PATHS = {
    "/.well-known/okta-organization",
    "/.well-known/openid-configuration",
    "/oauth2/v1/keys",
    # Who asks here says so in the request, or signs in.
    "/oauth2/v1/authorize",
    "/oauth2/v1/token",
    "/oauth2/v1/userinfo",
    "/oauth2/v1/revoke",
    "/oauth2/v1/device/authorize",
    "/login/login.htm",
    "/login/signout",
    "/activate",
}


@routes.get("/.well-known/okta-organization")
def okta_organization() -> Json:
    """`idx` makes the official plug-in set an access policy on each app."""
    return {"id": "00o" + OKTA_ORG, "pipeline": "idx"}


@routes.get("/.well-known/openid-configuration")
def configuration() -> Json:
    return openid_configuration()


@routes.get("/oauth2/v1/keys")
def keys() -> Json:
    return public_keys(organization().key)
