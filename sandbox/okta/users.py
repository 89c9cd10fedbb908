"""Users: looking them up, creating them, and their lifecycle."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, request

from . import directory, group_view
from .context import NO_CONTENT, database, flag, json_body
from .errors import OktaError, not_found, refuse
from .fields import a_text, an_object, only
from .identity import ORG_URL
from .ids import id_of, timestamp
from .paging import page
from .search import predicate
from .store import Json, Kind, Relation, Thing

routes = Blueprint("users", __name__, url_prefix="/api/v1/users")

REQUIRED = ("firstName", "lastName", "email", "login")
PROFILE = {*REQUIRED, "department", "title", "manager", "managerId", "userType", "displayName", "employeeNumber"}
SEARCHABLE = {"id", "status", "created", "lastUpdated"} | {f"profile.{name}" for name in PROFILE}
E_MAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(\.[\w-]+)+", re.ASCII)
DEPROVISIONED = "DEPROVISIONED"

# Whoever the API token belongs to; not one of the directory's people.
TOKEN_OWNER: Json = {
    "id": id_of("00u", "rollout-admin@acme.example"),
    "status": "ACTIVE",
    "profile": {
        "firstName": "Rollout",
        "lastName": "Admin",
        "email": "rollout-admin@acme.example",
        "login": "rollout-admin@acme.example",
    },
}


def view(user: Thing) -> Json:
    return {"id": user.id, **user.body, "_links": {"self": {"href": f"{ORG_URL}/api/v1/users/{user.id}"}}}


def find(identifier: str) -> Thing:
    """By id or login; an e-mail that is no login finds nobody, as in Okta."""
    store = database()
    return (
        store.get(Kind.USER, identifier)
        or store.named(Kind.USER, identifier.casefold())
        or not_found(identifier, "User")
    )


@routes.get("/me")
def me() -> Json:
    return TOKEN_OWNER


@routes.get("")
def list_users() -> Response:
    """Without `search`, deprovisioned people are left out."""
    people = database().things(Kind.USER)
    if "search" in request.args:
        people = list(filter(predicate(request.args["search"], SEARCHABLE, ignore_case=True), people))
    else:
        people = [user for user in people if user.body["status"] != DEPROVISIONED]
    if "filter" in request.args:
        people = list(filter(predicate(request.args["filter"], SEARCHABLE, ignore_case=False), people))
    if "q" in request.args:
        beginning = request.args["q"].casefold()
        names = ("firstName", "lastName", "email")
        people = [user for user in people if any(_folded(user, name).startswith(beginning) for name in names)]
    return page(people, view)


@routes.post("")
def create_user() -> Json:
    """`activate=true`, the default, makes the person ACTIVE at once: nobody here answers an activation mail."""
    profile = _profile(json_body().get("profile"))
    login = profile["login"]
    if database().named(Kind.USER, login.casefold()):
        refuse("login", "An object with this field already exists in the current organization")
    status = "ACTIVE" if flag("activate", default=True) else "STAGED"
    body = directory.user(profile, status=status)
    return view(database().add(Kind.USER, id_of("00u", login), body, name=login.casefold()))


@routes.get("/<user_id>")
def get_user(user_id: str) -> Json:
    return view(find(user_id))


@routes.post("/<user_id>")
def update_user(user_id: str) -> Json:
    """A partial update of the profile; a login that is changed keeps the id, as in Okta."""
    user = find(user_id)
    given = an_object(json_body().get("profile"), "profile")
    profile = _profile({**user.body["profile"], **given})
    name = profile["login"].casefold()
    other = database().named(Kind.USER, name)
    if other and other.id != user.id:
        refuse("login", "An object with this field already exists in the current organization")
    body = {**user.body, "profile": profile, "lastUpdated": timestamp()}
    return view(database().change(user, body, name=name))


@routes.delete("/<user_id>")
def delete_user(user_id: str) -> tuple[str, int]:
    """The first time it deactivates, the second time it deletes, as in Okta."""
    user = find(user_id)
    if user.body["status"] == DEPROVISIONED:
        database().remove(user)
    else:
        deactivate(user_id)
    return NO_CONTENT


@routes.get("/<user_id>/groups")
def groups_of_user(user_id: str) -> Response:
    return page(database().sources(Relation.MEMBER, find(user_id)), lambda link: group_view.view(link.thing))


@routes.get("/<user_id>/roles")
def roles_of_user(user_id: str) -> list[Json]:
    """Nobody here administers Okta."""
    find(user_id)
    return []


@routes.post("/<user_id>/lifecycle/activate")
def activate(user_id: str) -> Json:
    user = find(user_id)
    if user.body["status"] not in {"STAGED", "PROVISIONED", DEPROVISIONED}:
        raise OktaError("E0000016")
    return _become(user, "ACTIVE")


@routes.post("/<user_id>/lifecycle/deactivate")
def deactivate(user_id: str) -> Json:
    """A deprovisioned person leaves every group, and a later activation does not bring them back."""
    user = find(user_id)
    if user.body["status"] == DEPROVISIONED:
        raise OktaError("E0000038")
    for membership in database().sources(Relation.MEMBER, user):
        database().unlink(Relation.MEMBER, membership.thing, user)
    return _become(user, DEPROVISIONED)


@routes.post("/<user_id>/lifecycle/suspend")
def suspend(user_id: str) -> Json:
    user = find(user_id)
    if user.body["status"] != "ACTIVE":
        raise OktaError("E0000001", "Cannot suspend a user that is not active")
    return _become(user, "SUSPENDED")


@routes.post("/<user_id>/lifecycle/unsuspend")
def unsuspend(user_id: str) -> Json:
    user = find(user_id)
    if user.body["status"] != "SUSPENDED":
        raise OktaError("E0000001", "Cannot unsuspend a user that is not suspended")
    return _become(user, "ACTIVE")


def _become(user: Thing, status: str) -> Json:
    now = timestamp()
    body = {**user.body, "status": status, "statusChanged": now, "lastUpdated": now}
    database().change(user, body, name=user.body["profile"]["login"].casefold())
    return {}


def _profile(value: Any) -> Json:
    profile = an_object(value, "profile")
    only(profile, PROFILE, "profile")
    for name in REQUIRED:
        a_text(profile.get(name), name, most=100)
    for name in set(profile) - set(REQUIRED):
        if profile[name] is not None:
            a_text(profile[name], name, most=255, least=0)
    for name in ("login", "email"):
        if not E_MAIL.fullmatch(profile[name]):
            refuse(name, "Username must be in the form of an email address" if name == "login" else "Invalid e-mail")
    return profile


def _folded(user: Thing, name: str) -> str:
    return str(user.body["profile"].get(name) or "").casefold()
