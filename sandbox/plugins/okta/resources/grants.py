"""The API scopes an app was granted."""

from __future__ import annotations

from typing import Any

from sandbox.plugins.framework.entry import Call, Entry
from sandbox.plugins.framework.values import Props
from sandbox.plugins.okta.client import Okta


def _grants(call: Call[Okta], app_id: str) -> list[Any]:
    return call.cloud.get(f"/api/v1/apps/{app_id}/grants") or []


def _grant(call: Call[Okta], scopes: list[str]) -> None:
    for scope in scopes:
        body = {"issuer": call.new["issuer"], "scopeId": scope}
        call.cloud.post(f"/api/v1/apps/{call.new['appId']}/grants", body)


def _create(call: Call[Okta]) -> str:
    _grant(call, call.new["scopes"])
    return call.new["appId"]


def _revoke(call: Call[Okta], app_id: str, scopes: list[str]) -> None:
    for grant in _grants(call, app_id):
        if grant["scopeId"] in scopes:
            call.cloud.delete(f"/api/v1/apps/{app_id}/grants/{grant['id']}")


def _update(call: Call[Okta]) -> None:
    """New scopes before old ones go, by what the app has and not by state."""
    app_id = call.new["appId"]
    had = [grant["scopeId"] for grant in _grants(call, app_id)]
    _grant(call, [scope for scope in call.new["scopes"] if scope not in had])
    _revoke(call, app_id, [scope for scope in had if scope not in call.new["scopes"]])


def _read(call: Call[Okta]) -> Props:
    """An app that is gone is an error."""
    found = _grants(call, call.id)
    issuer = found[0]["issuer"] if found else call.old.get("issuer")
    return {"appId": call.id, "issuer": issuer, "scopes": [grant["scopeId"] for grant in found]}


def _delete(call: Call[Okta]) -> None:
    _revoke(call, call.id, call.old["scopes"])


ENTRIES = (
    Entry(
        token="okta:index/appOauthApiScope:AppOauthApiScope",
        replaces=("appId",),
        sets=("scopes",),
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
