"""What Okta's app *AWS IAM Identity Center* does by SCIM: users of who is assigned, and groups with their members.

Okta does it at once and by itself; here somebody says when, so that what happens in between can be seen.
"""

from __future__ import annotations

from typing import Any

from sandbox import sign_in
from sandbox.settings import IDENTITY_APP, IDENTITY_STORE, REGION, Settings


def app(settings: Settings) -> str:
    """The id of Okta's app, made where it is not there yet: a company has it before it has a rollout."""
    for known in sign_in.okta(settings, "/api/v1/apps?limit=200"):
        if known["label"] == IDENTITY_APP:
            return known["id"]
    client = {
        "client_id": IDENTITY_APP,
        "token_endpoint_auth_method": "none",
        "autoKeyRotation": True,
        "pkce_required": True,
    }
    wanted = {
        "name": "oidc_client",
        "label": IDENTITY_APP,
        "signOnMode": "OPENID_CONNECT",
        "credentials": {"oauthClient": client},
        "settings": {
            "oauthClient": {
                "application_type": "native",
                "grant_types": ["authorization_code"],
                "response_types": ["code"],
                "redirect_uris": ["http://localhost:8400/callback"],
            }
        },
    }
    return sign_in.okta(settings, "/api/v1/apps", wanted)["id"]


def push(settings: Settings, beginning: str) -> tuple[int, list[str]]:
    """How many people are users now, and which groups were pushed. `beginning`: of their names, as the rule in Okta
    has it."""
    store = _Store(settings)
    assigned = sign_in.okta(settings, f"/api/v1/apps/{app(settings)}/groups?limit=200")
    people = {user["id"]: user for each in assigned for user in _members(settings, each["id"])}
    users = {user: store.user(each["profile"]) for user, each in people.items() if each["status"] == "ACTIVE"}
    store.only(set(users.values()))
    pushed: list[str] = []
    for group in sign_in.okta(settings, "/api/v1/groups?limit=200"):
        name = group["profile"]["name"]
        if name.startswith(beginning):
            members = [user["id"] for user in _members(settings, group["id"])]
            store.group(name, {users[user] for user in members if user in users})
            pushed.append(name)
    return len(users), pushed


def _members(settings: Settings, group: str) -> list[dict[str, Any]]:
    return sign_in.okta(settings, f"/api/v1/groups/{group}/users?limit=200")


class _Store:
    """The identity store, by its own API."""

    def __init__(self, settings: Settings) -> None:
        import boto3
        from botocore.config import Config

        self._client: Any = boto3.client(
            "identitystore",
            endpoint_url=settings.aws_url,
            region_name=REGION,
            aws_access_key_id="sandbox",
            aws_secret_access_key="sandbox",
            config=Config(proxies={}),
        )
        self._users = {each["UserName"]: each["UserId"] for each in self._every("list_users", "Users")}
        self._groups = {each["DisplayName"]: each["GroupId"] for each in self._every("list_groups", "Groups")}

    def _every(self, operation: str, key: str, **of: Any) -> list[dict[str, Any]]:
        pages = self._client.get_paginator(operation).paginate(IdentityStoreId=IDENTITY_STORE, **of)
        return [each for page in pages for each in page[key]]

    def user(self, profile: dict[str, Any]) -> str:
        login = profile["login"]
        if login not in self._users:
            named = {"GivenName": profile.get("firstName") or "-", "FamilyName": profile.get("lastName") or "-"}
            said = {"UserName": login, "DisplayName": login, "Name": named}
            self._users[login] = self._client.create_user(IdentityStoreId=IDENTITY_STORE, **said)["UserId"]
        return self._users[login]

    def only(self, users: set[str]) -> None:
        """Who is not assigned any more is deactivated, which takes the sign-in."""
        for login, user in list(self._users.items()):
            if user not in users:
                self._client.delete_user(IdentityStoreId=IDENTITY_STORE, UserId=user)
                del self._users[login]

    def group(self, name: str, users: set[str]) -> None:
        if name not in self._groups:
            made = self._client.create_group(IdentityStoreId=IDENTITY_STORE, DisplayName=name)
            self._groups[name] = made["GroupId"]
        group = self._groups[name]
        found = self._every("list_group_memberships", "GroupMemberships", GroupId=group)
        held = {each["MemberId"]["UserId"]: each["MembershipId"] for each in found}
        for user in users - held.keys():
            self._client.create_group_membership(
                IdentityStoreId=IDENTITY_STORE, GroupId=group, MemberId={"UserId": user}
            )
        for user in held.keys() - users:
            self._client.delete_group_membership(IdentityStoreId=IDENTITY_STORE, MembershipId=held[user])
