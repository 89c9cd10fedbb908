"""Who may sign in to what: Okta's side of federation, decided at each sign-in from status, assignment and groups."""

from __future__ import annotations

from . import catalogue
from .context import organization
from .errors import OktaError, not_found, refuse
from .identity import id_token, saml_response
from .store import Database, Json, Kind, Relation, Thing

# A filter that needs longer than this for one group's name matches nothing: it was written to hang.
MATCH_SECONDS = 0.2
DEFAULT_SESSION_SECONDS = 3600


def aws_roles(database: Database, app: Thing, user: Thing) -> list[str]:
    """The `Role` values of the user's assertion, in the order the groups were joined; refused when there are none."""
    groups = _entered(database, app, user)
    settings: Json = app.body["settings"]["app"]
    if not settings["useGroupMapping"]:
        raise denied(f"{_label(app)} does not map groups to roles: set useGroupMapping.")
    if not settings["groupFilter"] or not settings["roleValuePattern"]:
        raise denied(f"{_label(app)} has no groupFilter or no roleValuePattern.")
    roles = [_role(settings, group.body["profile"]["name"]) for group in groups]
    found = [role for role in roles if role]
    if not found:
        raise denied(f"no group of {_login(user)} matches the groupFilter of {_label(app)}.")
    return found


def saml_for_aws(database: Database, app: Thing, user: Thing) -> Json:
    """What `okta-aws-cli` gets, which signs in to the client that the app allows before it asks for an assertion."""
    if allowed := app.body["settings"]["app"]["webSSOAllowedClient"]:
        client = database.named(Kind.APP, allowed) or not_found(allowed, "Client")
        _entered(database, client, user)
    roles = aws_roles(database, app, user)
    seconds = app.body["settings"]["app"]["sessionDuration"] or DEFAULT_SESSION_SECONDS
    key = organization().key
    response = saml_response(key, app_id=app.id, login=_login(user), roles=roles, session_seconds=seconds)
    return {"SAMLResponse": response, "roles": roles}


def id_token_for(database: Database, app: Thing, user: Thing) -> Json:
    _entered(database, app, user)
    client_id = app.body["credentials"]["oauthClient"]["client_id"]
    email = user.body["profile"]["email"]
    return {"id_token": id_token(organization().key, subject=user.id, audience=client_id, email=email)}


def denied(sentence: str) -> OktaError:
    return OktaError("E0000006", sentence)


def _entered(database: Database, app: Thing, user: Thing) -> list[Thing]:
    """The user's groups, once the app has let the user in."""
    if app.body["status"] != "ACTIVE":
        raise denied(f"{_label(app)} is {app.body['status']}.")
    if user.body["status"] != "ACTIVE":
        raise denied(f"{_login(user)} is {user.body['status']}.")
    groups = [link.thing for link in database.sources(Relation.MEMBER, user)]
    assigned = {link.thing.id for link in database.targets(Relation.ASSIGNED, app)}
    if not any(group.id in assigned for group in groups):
        raise denied(f"{_login(user)} is in no group that {_label(app)} is assigned to.")
    return groups


def _role(settings: Json, name: str) -> str | None:
    try:
        found = catalogue.group_filter(settings["groupFilter"]).fullmatch(name, timeout=MATCH_SECONDS)
    except TimeoutError:
        refuse("settings.app.groupFilter", f"takes too long to match: {name}")
    if not found:
        return None
    role = str(settings["roleValuePattern"])
    for part, value in found.groupdict().items():
        role = role.replace(f"${{{part}}}", value or "")
    return role


def _label(app: Thing) -> str:
    return f"the app {app.body['label']}"


def _login(user: Thing) -> str:
    return str(user.body["profile"]["login"])
