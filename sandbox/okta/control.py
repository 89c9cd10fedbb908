"""What no real Okta has: signing people in without a browser, a settable rate limit, the directory at a glance."""

from __future__ import annotations

from flask import Blueprint

from sandbox import company

from . import apps, sign_in, users
from . import directory as people
from .context import database, json_body, organization
from .errors import not_found, refuse
from .fields import a_number, a_text, only
from .store import Json, Kind, Relation

routes = Blueprint("control", __name__, url_prefix="/sandbox")


@routes.post("/saml")
def saml() -> Json:
    """`{"app": id, "user": login}` -> `{"SAMLResponse": base64, "roles": [...]}`."""
    given = _given("app", "user")
    app = apps.find(given["app"])
    if not apps.is_saml(app.body):
        refuse("app", "not a SAML app")
    return sign_in.saml_for_aws(database(), app, users.find(given["user"]))


@routes.post("/id-token")
def id_token() -> Json:
    """`{"client_id": id, "user": login}` -> `{"id_token": JWT}`."""
    given = _given("client_id", "user")
    app = database().named(Kind.APP, given["client_id"]) or not_found(given["client_id"], "Client")
    return sign_in.id_token_for(database(), app, users.find(given["user"]))


@routes.post("/rate-limit")
def rate_limit() -> Json:
    """`{"limit": calls, "per_seconds": seconds}` for each class of endpoint, until set again or restarted."""
    given = json_body()
    only(given, {"limit", "per_seconds"}, "rate-limit")
    limit = a_number(given.get("limit"), "limit", least=0, most=1_000_000)
    seconds = a_number(given.get("per_seconds"), "per_seconds", least=1, most=3600)
    organization().limiter.set(limit, seconds)
    return {"limit": limit, "per_seconds": seconds}


@routes.post("/hire")
def hire() -> list[str]:
    """The addresses of those who are new in the company's files, and known from now on."""
    company.people.cache_clear()
    return people.hire(database())


@routes.get("/directory")
def directory() -> list[Json]:
    return [
        {
            "id": user.id,
            "status": user.body["status"],
            **user.body["profile"],
            "groups": [link.thing.body["profile"]["name"] for link in database().sources(Relation.MEMBER, user)],
        }
        for user in database().things(Kind.USER)
    ]


def _given(*names: str) -> dict[str, str]:
    body = json_body()
    only(body, names, "request")
    return {name: a_text(body.get(name), name, most=255) for name in names}
