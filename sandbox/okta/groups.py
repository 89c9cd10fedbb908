"""Groups and who is in them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from . import users
from .context import NO_CONTENT, database, json_body
from .errors import OktaError, not_found, refuse
from .fields import a_text, an_object, only
from .group_view import view
from .ids import new_id, timestamp
from .paging import page
from .search import predicate
from .store import Json, Kind, Relation, Thing

routes = Blueprint("groups", __name__, url_prefix="/api/v1/groups")

SEARCHABLE = {"id", "type", "created", "lastUpdated", "profile.name", "profile.description"}


def find(identifier: str) -> Thing:
    return database().get(Kind.GROUP, identifier) or not_found(identifier, "UserGroup")


@routes.get("")
def list_groups() -> Response:
    found = database().things(Kind.GROUP)
    for parameter in ("search", "filter"):
        if parameter in request.args:
            ignore_case = parameter == "search"
            found = list(filter(predicate(request.args[parameter], SEARCHABLE, ignore_case=ignore_case), found))
    if "q" in request.args:
        beginning = request.args["q"].casefold()
        found = [group for group in found if group.body["profile"]["name"].casefold().startswith(beginning)]
    return page(found, view)


@routes.post("")
def create_group() -> Json:
    profile = _profile(json_body().get("profile"))
    now = timestamp()
    body: Json = {
        "created": now,
        "lastUpdated": now,
        "lastMembershipUpdated": now,
        "objectClass": ["okta:user_group"],
        "type": "OKTA_GROUP",
        "profile": profile,
    }
    return view(database().add(Kind.GROUP, new_id("00g"), body, name=profile["name"]))


@routes.get("/<group_id>")
def get_group(group_id: str) -> Json:
    return view(find(group_id))


@routes.put("/<group_id>")
def replace_group(group_id: str) -> Json:
    group = find(group_id)
    profile = _profile(json_body().get("profile"), group)
    body = {**group.body, "profile": profile, "lastUpdated": timestamp()}
    return view(database().change(group, body, name=profile["name"]))


@routes.delete("/<group_id>")
def delete_group(group_id: str) -> tuple[str, int]:
    database().remove(find(group_id))
    return NO_CONTENT


@routes.get("/<group_id>/users")
def members(group_id: str) -> Response:
    return page(database().targets(Relation.MEMBER, find(group_id)), lambda link: users.view(link.thing))


@routes.put("/<group_id>/users/<user_id>")
def add_member(group_id: str, user_id: str) -> tuple[str, int]:
    group, user = find(group_id), _user(user_id)
    if user.body["status"] == users.DEPROVISIONED:
        raise OktaError("E0000038")
    database().link(Relation.MEMBER, group, user)
    _membership_changed(group)
    return NO_CONTENT


@routes.delete("/<group_id>/users/<user_id>")
def remove_member(group_id: str, user_id: str) -> tuple[str, int]:
    """No error for somebody who is not a member, as in Okta."""
    group, user = find(group_id), _user(user_id)
    database().unlink(Relation.MEMBER, group, user)
    _membership_changed(group)
    return NO_CONTENT


def _user(identifier: str) -> Thing:
    """By id alone: memberships take no logins."""
    return database().get(Kind.USER, identifier) or not_found(identifier, "User")


def _membership_changed(group: Thing) -> None:
    body = {**group.body, "lastMembershipUpdated": timestamp()}
    database().change(group, body, name=group.body["profile"]["name"])


def _profile(value: Any, own: Thing | None = None) -> Json:
    profile = an_object(value, "profile")
    only(profile, {"name", "description"}, "profile")
    name = a_text(profile.get("name"), "name", most=255)
    description = profile.get("description")
    if description is not None:
        a_text(description, "description", most=1024, least=0)
    holder = database().named(Kind.GROUP, name)
    if holder and (own is None or holder.id != own.id):
        refuse("name", "An object with this field already exists in the current organization")
    return {"name": name, "description": description}
