"""Which access policy an app has, and the ID token settings of OAuth apps."""

from __future__ import annotations

from flask import Blueprint, request

from . import apps
from .context import NO_CONTENT, database, json_body
from .errors import not_found
from .fields import a_text, one_of
from .ids import POLICY_ID, STRONG_POLICY_ID, new_id
from .store import Json, Kind

routes = Blueprint("policies", __name__, url_prefix="/api/v1")

ISSUER_MODES = {"ORG_URL", "CUSTOM_URL", "DYNAMIC"}
GROUP_FILTERS = {"STARTS_WITH", "EQUALS", "CONTAINS", "REGEX"}
BEGINNING = "2024-01-02T03:04:05.000Z"
POLICY: Json = {
    "id": POLICY_ID,
    "type": "ACCESS_POLICY",
    "name": "Default Policy",
    "description": "The default policy of every app.",
    "status": "ACTIVE",
    "system": True,
    "priority": 1,
    "created": BEGINNING,
    "lastUpdated": BEGINNING,
}
STRONG: Json = {
    **POLICY,
    "id": STRONG_POLICY_ID,
    "name": "Any two factors",
    "description": "Two factors at each sign-in.",
    "system": False,
}
POLICIES: dict[str, Json] = {policy["id"]: policy for policy in (POLICY, STRONG)}


@routes.get("/policies")
def policies() -> list[Json]:
    kind = a_text(request.args.get("type"), "type", most=100)
    return list(POLICIES.values()) if kind == POLICY["type"] else []


@routes.get("/policies/<policy_id>")
def get_policy(policy_id: str) -> Json:
    return POLICIES[policy_id] if policy_id in POLICIES else not_found(policy_id, "Policy")


@routes.put("/apps/<app_id>/policies/<policy_id>")
def set_policy(app_id: str, policy_id: str) -> tuple[str, int]:
    app, body = apps.find(app_id), {"policy": get_policy(policy_id)["id"]}
    kept = database().named(Kind.APP_POLICY, app.id)
    if kept:
        database().change(kept, body, name=app.id)
    else:
        database().add(Kind.APP_POLICY, new_id("pol"), body, name=app.id, parent=app.id)
    return NO_CONTENT


@routes.get("/internal/apps/<app_id>/settings/oauth/idToken")
def get_id_token(app_id: str) -> Json:
    kept = database().named(Kind.ID_TOKEN, apps.find(app_id).id)
    return kept.body if kept else {"issuerMode": "ORG_URL"}


@routes.post("/internal/apps/<app_id>/settings/oauth/idToken")
def set_id_token(app_id: str) -> Json:
    """What Okta's console posts where somebody sets an app's groups claim by hand; the provider posts `issuerMode`
    alone, and keeps what else there is."""
    app, given = apps.find(app_id), json_body()
    kept = database().named(Kind.ID_TOKEN, app.id)
    body = {**(kept.body if kept else {}), "issuerMode": one_of(given.get("issuerMode"), "issuerMode", ISSUER_MODES)}
    if "value" in given:
        body |= {
            "valueType": one_of(given.get("valueType"), "valueType", {"GROUPS"}),
            "groupFilterType": one_of(given.get("groupFilterType"), "groupFilterType", GROUP_FILTERS),
            "name": a_text(given.get("name"), "name", most=100),
            "value": a_text(given["value"], "value", most=1024, least=0),
        }
    if kept:
        database().change(kept, body, name=app.id)
    else:
        database().add(Kind.ID_TOKEN, new_id("idt"), body, name=app.id, parent=app.id)
    return body
