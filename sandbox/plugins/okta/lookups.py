"""Lookups of users, groups and SAML metadata. They run in every preview and every update."""

from __future__ import annotations

import json
import re
import zlib
from typing import Any

from sandbox.plugins.framework.errors import PluginError
from sandbox.plugins.framework.provider import Invoke
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import sleep
from sandbox.plugins.okta.client import PAGE, Okta, encoded
from sandbox.plugins.okta.saml_metadata import parsed

_PROFILE = (
    *("city", "costCenter", "countryCode", "department", "displayName", "division", "email", "employeeNumber"),
    *("firstName", "honorificPrefix", "honorificSuffix", "lastName", "locale", "login", "manager", "managerId"),
    *("middleName", "mobilePhone", "nickName", "organization", "postalAddress", "preferredLanguage", "primaryPhone"),
    *("profileUrl", "secondEmail", "state", "streetAddress", "timezone", "title", "userType", "zipCode"),
)
_ATTRIBUTES = ("activated", "created", "lastLogin", "lastUpdated", "passwordChanged", "statusChanged", "realmId")
_LISTS = ("adminRoles", "groupMemberships", "roles", "types")
_SEARCH = {"list": {"map": "string"}}


def _user(user: Any) -> Props:
    """Unset texts are empty; what the SDK does not name is in `customProfileAttributes`."""
    profile = {name: value for name, value in user["profile"].items() if value is not None}
    custom = {name: value for name, value in profile.items() if name not in _PROFILE}
    return {
        "id": user["id"],
        "status": user.get("status") or "",
        "customProfileAttributes": json.dumps(custom, sort_keys=True, separators=(",", ":")),
        **{name: str(profile.get(name, "")) for name in _PROFILE},
        **{name: user.get(name) or "" for name in _ATTRIBUTES},
        **{name: [] for name in _LISTS},
    }


def _criteria(arguments: Props) -> str:
    """An expression stands for itself; otherwise name, comparison and quoted value."""
    operator = arguments.get("compoundSearchOperator") or "and"
    clauses = [
        search.get("expression") or f'{search["name"]} {search.get("comparison") or "eq"} "{search["value"]}"'
        for search in arguments["searches"]
    ]
    return f" {operator} ".join(clauses)


def _delay(arguments: Props) -> None:
    seconds = arguments.get("delayReadSeconds")
    if seconds and seconds.isdecimal():
        sleep(int(seconds))


def _get_users(okta: Okta, arguments: Props) -> Props:
    """Nobody found is an empty list."""
    _delay(arguments)
    if arguments.get("groupId") and arguments.get("searches"):
        raise PluginError("groupId conflicts with searches: give one of them")
    if arguments.get("groupId"):
        result_id = arguments["groupId"]
        found = okta.pages(f"/api/v1/groups/{result_id}/users", limit=PAGE)
    elif arguments.get("searches"):
        query = {"search": _criteria(arguments), "limit": PAGE, "sortOrder": 0}
        result_id = str(zlib.crc32(encoded(query).encode()))
        found = okta.pages("/api/v1/users", **query)
    else:
        raise PluginError("must specify either groupId or searches")
    users = []
    for user in found:
        shown = _user(user)
        if arguments.get("includeGroups"):
            shown["groupMemberships"] = _groups_of(okta, user["id"])
        if arguments.get("includeRoles"):
            shown["adminRoles"] = _roles_of(okta, user["id"])
        users.append(shown)
    return arguments | {"id": result_id, "users": users}


def _groups_of(okta: Okta, user_id: str) -> list[str]:
    return [group["id"] for group in okta.pages(f"/api/v1/users/{user_id}/groups")]


def _roles_of(okta: Okta, user_id: str) -> list[str]:
    return [role["type"] for role in okta.get(f"/api/v1/users/{user_id}/roles") or ()]


def _get_user(okta: Okta, arguments: Props) -> Props:
    """Roles are asked for twice, once for each of the fields they end in."""
    _delay(arguments)
    if arguments.get("userId"):
        user = okta.get(f"/api/v1/users/{arguments['userId']}")
    elif arguments.get("searches"):
        found = okta.get("/api/v1/users", search=_criteria(arguments), limit=1)
        if not found:
            raise PluginError("no users found using search criteria")
        user = found[0]
    else:
        raise PluginError("must specify either userId or searches")
    shown = _user(user)
    if not arguments.get("skipRoles"):
        shown["adminRoles"] = _roles_of(okta, user["id"])
        shown["roles"] = _roles_of(okta, user["id"])
    if not arguments.get("skipGroups"):
        shown["groupMemberships"] = _groups_of(okta, user["id"])
    return arguments | shown


def _get_group(okta: Okta, arguments: Props) -> Props:
    """By id, or by a name that Okta takes as the start of names."""
    _delay(arguments)
    group = okta.get(f"/api/v1/groups/{arguments['id']}") if arguments.get("id") else _named_group(okta, arguments)
    found: Props = {
        "id": group["id"],
        "name": group["profile"]["name"],
        "description": group["profile"].get("description") or "",
        "type": group.get("type", ""),
        "users": [],
    }
    if arguments.get("includeUsers"):
        found["users"] = [user["id"] for user in okta.pages(f"/api/v1/groups/{group['id']}/users", limit=PAGE)]
    return arguments | found


def _named_group(okta: Okta, arguments: Props) -> Any:
    name, kind = arguments.get("name"), arguments.get("type")
    if not name:
        raise PluginError("must specify either id or name")
    query = {"q": name} | ({"filter": f'type eq "{kind}"'} if kind else {})
    groups = okta.get("/api/v1/groups", **query) or []
    described = f'name "{name}"' + (f' and type "{kind}"' if kind else "")
    if not groups:
        raise PluginError(f"group with {described} does not exist")
    if len(groups) == 1:
        return groups[0]
    exact = [g for g in groups if g["profile"]["name"] == name and kind in (None, g.get("type"))]
    if not exact:
        raise PluginError(f"group starting with {described} matches {len(groups)} groups: give a more precise name")
    return exact[0]


def _get_metadata(okta: Okta, arguments: Props) -> Props:
    app, key = arguments["appId"], arguments.get("keyId", "")
    query = {"kid": key} if key else {}
    text = okta.get(f"/api/v1/apps/{app}/sso/saml/metadata", accept="application/xml", **query)
    metadata = parsed(text)
    return arguments | {
        "id": f"{app}/{key}_metadata",
        "metadata": text,
        "entityId": metadata.entity_id,
        "certificate": metadata.certificate,
        "httpPostBinding": metadata.http_post,
        "httpRedirectBinding": metadata.http_redirect,
        "wantAuthnRequestsSigned": bool(re.search(r'WantAuthnRequestsSigned="true"', text)),
    }


INVOKES = (
    Invoke(
        token="okta:user/getUsers:getUsers",
        arguments={
            "compoundSearchOperator": "string",
            "delayReadSeconds": "string",
            "groupId": "string",
            "includeGroups": "boolean",
            "includeRoles": "boolean",
            "searches": _SEARCH,
        },
        run=_get_users,
    ),
    Invoke(
        token="okta:user/getUser:getUser",
        arguments={
            "compoundSearchOperator": "string",
            "delayReadSeconds": "string",
            "searches": _SEARCH,
            "skipGroups": "boolean",
            "skipRoles": "boolean",
            "userId": "string",
        },
        run=_get_user,
    ),
    Invoke(
        token="okta:group/getGroup:getGroup",
        arguments={
            "delayReadSeconds": "string",
            "id": "string",
            "includeUsers": "boolean",
            "name": "string",
            "type": "string",
        },
        run=_get_group,
    ),
    Invoke(
        token="okta:app/getMetadataSaml:getMetadataSaml",
        arguments={"appId": "string", "keyId": "string"},
        required=("appId",),
        run=_get_metadata,
    ),
)
