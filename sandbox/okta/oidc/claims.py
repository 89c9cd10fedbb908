"""What an app hears of a person: by the scopes it was given, and of groups by the filter set on the app."""

from __future__ import annotations

import re
import time

import regex

from ..context import database
from ..store import Json, Kind, Relation, Thing
from .errors import OAuthError

SCOPES = ("openid", "profile", "email", "address", "phone", "offline_access", "groups")
# Of one token (developer.okta.com, "Customize tokens returned from Okta with a groups claim").
MOST_GROUPS = 100
MATCH_SECONDS = 0.2


def thin(user: Thing, scopes: list[str]) -> Json:
    """Of an ID token that comes with an access token: no address and no group. The rest is asked for at `userinfo`
    (support.okta.com, "Okta Groups or Attribute Missing from Id Token")."""
    profile = user.body["profile"]
    return {"name": _name(profile), "preferred_username": profile["login"]} if "profile" in scopes else {}


def whole(app: Thing, user: Thing, scopes: list[str]) -> Json:
    profile = user.body["profile"]
    found: Json = {"sub": user.id}
    if "profile" in scopes:
        found |= {
            **thin(user, scopes),
            "given_name": profile["firstName"],
            "family_name": profile["lastName"],
            "locale": "en_US",
            "zoneinfo": "America/Los_Angeles",
            "updated_at": int(time.time()),
        }
    if "email" in scopes:
        found |= {"email": profile["email"], "email_verified": True}
    if "groups" in scopes:
        found |= _groups(app, user)
    return found


def _groups(app: Thing, user: Thing) -> Json:
    """None where nobody has set the app's groups claim, whatever scope is asked for."""
    kept = database().named(Kind.ID_TOKEN, app.id)
    if kept is None or not kept.body.get("value"):
        return {}
    names = [link.thing.body["profile"]["name"] for link in database().sources(Relation.MEMBER, user)]
    found = [name for name in names if _matches(kept.body, name)]
    if len(found) > MOST_GROUPS:
        raise OAuthError("server_error", f"more than {MOST_GROUPS} groups match the groups claim of this app")
    return {kept.body["name"]: found}


def _matches(claim: Json, name: str) -> bool:
    value = str(claim["value"])
    match claim["groupFilterType"]:
        case "STARTS_WITH":
            return name.startswith(value)
        case "EQUALS":
            return name == value
        case "CONTAINS":
            return value in name
        case _:
            try:
                return regex.fullmatch(value, name, timeout=MATCH_SECONDS) is not None
            except (TimeoutError, re.error, regex.error):
                return False


def _name(profile: Json) -> str:
    return f"{profile['firstName']} {profile['lastName']}"
