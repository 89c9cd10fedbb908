"""Apps: creating, replacing and removing them, their lifecycle, their SAML metadata and keys."""

from __future__ import annotations

from flask import Blueprint, Response, request

from .catalogue import checked
from .context import NO_CONTENT, database, flag, json_body, organization
from .errors import OktaError, not_found, refuse
from .fields import an_object, one_of
from .identity import ORG_URL, metadata, public_keys
from .ids import POLICY_ID, new_id, timestamp
from .paging import page
from .search import predicate
from .store import Json, Kind, Thing

routes = Blueprint("apps", __name__, url_prefix="/api/v1")

SEARCHABLE = {"id", "status", "name", "label", "signOnMode"}


def view(app: Thing) -> Json:
    url = f"{ORG_URL}/api/v1/apps/{app.id}"
    change = "deactivate" if app.body["status"] == "ACTIVE" else "activate"
    hrefs = {
        "self": url,
        "groups": f"{url}/groups",
        "users": f"{url}/users",
        change: f"{url}/lifecycle/{change}",
        "accessPolicy": f"{ORG_URL}/api/v1/policies/{policy_of(app)}",
    }
    if is_saml(app.body):
        hrefs["metadata"] = f"{url}/sso/saml/metadata?kid={organization().key.kid}"
    return {"id": app.id, **app.body, "_links": {name: {"href": href} for name, href in hrefs.items()}}


def policy_of(app: Thing) -> str:
    kept = database().named(Kind.APP_POLICY, app.id)
    return kept.body["policy"] if kept else POLICY_ID


def is_saml(body: Json) -> bool:
    return bool(body["signOnMode"] == "SAML_2_0")


def client_id(body: Json) -> str | None:
    return None if is_saml(body) else body["credentials"]["oauthClient"]["client_id"]


def find(identifier: str) -> Thing:
    return database().get(Kind.APP, identifier) or not_found(identifier, "AppInstance")


@routes.get("/apps")
def list_apps() -> Response:
    found = database().things(Kind.APP)
    if "filter" in request.args:
        found = list(filter(predicate(request.args["filter"], SEARCHABLE, ignore_case=False), found))
    if "q" in request.args:
        beginning = request.args["q"].casefold()
        found = [
            app for app in found if any(app.body[key].casefold().startswith(beginning) for key in ("name", "label"))
        ]
    return page(found, view)


@routes.post("/apps")
def create_app() -> Json:
    """An OAuth app brings a client id of its own, or has its app id for one."""
    app_id, now = new_id("0oa"), timestamp()
    body = _signed(checked(json_body()))
    if not is_saml(body):
        body["credentials"]["oauthClient"].setdefault("client_id", app_id)
        if database().named(Kind.APP, body["credentials"]["oauthClient"]["client_id"]):
            refuse("client_id", "An object with this field already exists in the current organization")
    body |= {"status": "ACTIVE" if flag("activate", default=True) else "INACTIVE", "created": now, "lastUpdated": now}
    return view(database().add(Kind.APP, app_id, body, name=client_id(body)))


@routes.get("/apps/<app_id>")
def get_app(app_id: str) -> Json:
    return view(find(app_id))


@routes.put("/apps/<app_id>")
def replace_app(app_id: str) -> Json:
    """The whole app; its name, client id and status are not the caller's to change."""
    app, given = find(app_id), json_body()
    one_of(given.get("name"), "name", {app.body["name"]})
    if not is_saml(app.body):
        given = _same_client(app, given)
    body = _signed(checked(given))
    body |= {"status": app.body["status"], "created": app.body["created"], "lastUpdated": timestamp()}
    return view(database().change(app, body, name=client_id(body)))


@routes.delete("/apps/<app_id>")
def delete_app(app_id: str) -> tuple[str, int]:
    app = find(app_id)
    if app.body["status"] == "ACTIVE":
        raise OktaError("E0000056", "", "Application must be deactivated before it can be deleted.")
    database().remove(app)
    return NO_CONTENT


@routes.post("/apps/<app_id>/lifecycle/<any(activate, deactivate):change>")
def change_status(app_id: str, change: str) -> Json:
    app = find(app_id)
    status = "ACTIVE" if change == "activate" else "INACTIVE"
    database().change(app, {**app.body, "status": status, "lastUpdated": timestamp()}, name=client_id(app.body))
    return {}


@routes.get("/apps/<app_id>/sso/saml/metadata")
def saml_metadata(app_id: str) -> Response:
    app = find(app_id)
    key = organization().key
    kid = request.args.get("kid", key.kid)
    if not is_saml(app.body) or kid != key.kid:
        not_found(kid, "AppCredentialKey")
    return Response(metadata(key, app.id), mimetype="application/xml")


@routes.get("/apps/<app_id>/credentials/keys")
def keys(app_id: str) -> list[Json]:
    find(app_id)
    key = organization().key
    dates = {"created": key.created, "lastUpdated": key.created, "expiresAt": key.expires}
    return [{**public, "x5c": [key.x5c], **dates} for public in public_keys(key)["keys"]]


def _same_client(app: Thing, given: Json) -> Json:
    """With the client id and secret the app has, where the caller left them out."""
    credentials = an_object(given.get("credentials", {}), "credentials")
    client = an_object(credentials.get("oauthClient", {}), "credentials.oauthClient")
    before = app.body["credentials"]["oauthClient"]
    kept = {key: before[key] for key in ("client_id", "client_secret") if key in before}
    one_of(client.get("client_id", before["client_id"]), "credentials.oauthClient.client_id", {before["client_id"]})
    return {**given, "credentials": {**credentials, "oauthClient": {**kept, **client}}}


def _signed(body: Json) -> Json:
    """With the organization's key, which the caller may name but not choose."""
    kid = organization().key.kid
    given = an_object(body["credentials"].get("signing") or {}, "credentials.signing")
    one_of(given.get("kid", kid), "credentials.signing.kid", {kid})
    return {**body, "credentials": {**body["credentials"], "signing": {**given, "kid": kid}}}
