"""Which groups an app is assigned to, and whom that makes its users."""

from __future__ import annotations

from flask import Blueprint, Response

from . import apps, groups
from .context import NO_CONTENT, database, json_body
from .errors import not_found
from .fields import a_number, an_object
from .ids import timestamp
from .paging import page
from .store import Json, Link, Relation, Thing

routes = Blueprint("assignments", __name__, url_prefix="/api/v1/apps/<app_id>")


@routes.get("/groups")
def assignments(app_id: str) -> Response:
    return page(database().targets(Relation.ASSIGNED, apps.find(app_id)), assignment_view)


@routes.get("/groups/<group_id>")
def get_assignment(app_id: str, group_id: str) -> Json:
    return assignment_view(_assignment(apps.find(app_id), group_id))


@routes.put("/groups/<group_id>")
def assign(app_id: str, group_id: str) -> Json:
    app, group = apps.find(app_id), groups.find(group_id)
    given = json_body()
    body: Json = {
        "priority": a_number(given.get("priority", 0), "priority", least=0, most=100),
        "profile": an_object(given.get("profile", {}), "profile"),
        "lastUpdated": timestamp(),
    }
    database().link(Relation.ASSIGNED, app, group, body)
    return assignment_view(_assignment(app, group_id))


@routes.delete("/groups/<group_id>")
def unassign(app_id: str, group_id: str) -> tuple[str, int]:
    app = apps.find(app_id)
    database().unlink(Relation.ASSIGNED, app, _assignment(app, group_id).thing)
    return NO_CONTENT


def assignment_view(link: Link) -> Json:
    return {"id": link.thing.id, **link.body}


def _assignment(app: Thing, group_id: str) -> Link:
    for link in database().targets(Relation.ASSIGNED, app):
        if link.thing.id == group_id:
            return link
    return not_found(group_id, "GroupAppAssignment")


@routes.get("/users")
def people(app_id: str) -> Response:
    """Everybody in a group the app is assigned to."""
    assigned = database().targets(Relation.ASSIGNED, apps.find(app_id))
    found = {link.thing.id: link.thing for each in assigned for link in database().targets(Relation.MEMBER, each.thing)}
    return page(sorted(found.values(), key=lambda user: user.seq), _app_user)


def _app_user(user: Thing) -> Json:
    return {
        "id": user.id,
        "scope": "GROUP",
        "status": user.body["status"],
        "credentials": {"userName": user.body["profile"]["login"]},
        "profile": user.body["profile"],
    }
