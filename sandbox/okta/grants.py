"""The Okta scopes granted to an OAuth app."""

from __future__ import annotations

from flask import Blueprint, Response

from . import apps
from .context import NO_CONTENT, database, json_body
from .errors import not_found, refuse
from .fields import a_text, one_of, only
from .identity import ORG_URL
from .ids import new_id, timestamp
from .paging import page
from .store import Json, Kind, Thing

routes = Blueprint("grants", __name__, url_prefix="/api/v1/apps/<app_id>/grants")


@routes.get("")
def grants(app_id: str) -> Response:
    return page(database().things(Kind.GRANT, apps.find(app_id).id), _grant_view)


@routes.post("")
def grant(app_id: str) -> tuple[Json, int]:
    """Granting a scope twice answers with the grant there is."""
    app, body = apps.find(app_id), json_body()
    only(body, {"issuer", "scopeId"}, "grant")
    issuer = one_of(body.get("issuer"), "issuer", {ORG_URL})
    scope = a_text(body.get("scopeId"), "scopeId", most=255)
    if apps.is_saml(app.body):
        refuse("scopeId", "scopes are granted to OAuth apps only")
    if not scope.startswith("okta."):
        refuse("scopeId", f"not a scope of Okta's: {scope}")
    name = f"{app.id} {scope}"
    found = database().named(Kind.GRANT, name)
    if not found:
        client = apps.client_id(app.body)
        body = {"issuer": issuer, "scopeId": scope, "status": "ACTIVE", "clientId": client, "created": timestamp()}
        found = database().add(Kind.GRANT, new_id("oag"), body, name=name, parent=app.id)
    return _grant_view(found), 201


@routes.get("/<grant_id>")
def get_grant(app_id: str, grant_id: str) -> Json:
    return _grant_view(_grant(app_id, grant_id))


@routes.delete("/<grant_id>")
def revoke(app_id: str, grant_id: str) -> tuple[str, int]:
    database().remove(_grant(app_id, grant_id))
    return NO_CONTENT


def _grant(app_id: str, grant_id: str) -> Thing:
    for each in database().things(Kind.GRANT, apps.find(app_id).id):
        if each.id == grant_id:
            return each
    return not_found(grant_id, "OAuth2ScopeConsentGrant")


def _grant_view(found: Thing) -> Json:
    return {"id": found.id, **found.body}
