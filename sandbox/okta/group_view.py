"""A group as Okta's answers show it."""

from __future__ import annotations

from .identity import ORG_URL
from .store import Json, Thing


def view(group: Thing) -> Json:
    url = f"{ORG_URL}/api/v1/groups/{group.id}"
    links = {"self": {"href": url}, "users": {"href": f"{url}/users"}, "apps": {"href": f"{url}/apps"}}
    return {"id": group.id, **group.body, "_links": links}
