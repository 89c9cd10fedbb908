"""The sandbox's Okta over HTTP, and people who sign in to the gateway's app with a device code."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from rollout import names, okta_names
from sandbox.okta.oidc import device
from sandbox.settings import ACCOUNT_ID
from sandbox.tests.okta.okta_harness import HEADERS, oidc_app, served, user_id

SCOPE = "openid profile email groups"


@dataclass
class Okta:
    """`client_id`: of the gateway's app. `groups`: Okta's ids by cohort."""

    url: str
    client_id: str
    groups: dict[str, str]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {**HEADERS, "Content-Type": "application/json"}
        return _opened(urllib.request.build_opener(_NO_PROXY), f"{self.url}{path}", method, data, headers)

    def join(self, cohort: str, *people: str) -> None:
        for person in people:
            self.call("PUT", f"/api/v1/groups/{self.groups[cohort]}/users/{user_id(person)}")

    def leave(self, cohort: str, person: str) -> None:
        self.call("DELETE", f"/api/v1/groups/{self.groups[cohort]}/users/{user_id(person)}")

    def signs_in(self, person: str) -> dict[str, Any]:
        """The tokens, by a device code that the person confirms in a browser."""
        browser = urllib.request.build_opener(_NO_PROXY, urllib.request.HTTPCookieProcessor(CookieJar()))
        begun = self._form(browser, "/oauth2/v1/device/authorize", client_id=self.client_id, scope=SCOPE)
        self._form(browser, "/login/login.htm", fromURI="/activate", username=person)
        self._form(browser, "/activate", user_code=begun["user_code"], decision="allow")
        return self._form(
            browser,
            "/oauth2/v1/token",
            grant_type=device.GRANT,
            device_code=begun["device_code"],
            client_id=self.client_id,
        )

    def key(self, person: str) -> str:
        """What a Mac sends as its key."""
        tokens = self.signs_in(person)
        return f"{tokens['id_token']}~{tokens['access_token']}"

    def _form(self, browser: urllib.request.OpenerDirector, path: str, **form: str) -> Any:
        return _opened(browser, f"{self.url}{path}", "POST", urllib.parse.urlencode(form).encode(), {})


_NO_PROXY = urllib.request.ProxyHandler({})


def _opened(
    opener: urllib.request.OpenerDirector, url: str, method: str, data: bytes | None, headers: dict[str, str]
) -> Any:
    request = urllib.request.Request(url, method=method, data=data, headers=headers)  # noqa: S310 - our own
    with opener.open(request, timeout=120) as answer:
        text = answer.read()
    try:
        return json.loads(text)
    except ValueError:
        return None


@contextmanager
def running(home: Path, cohorts: dict[str, tuple[str, ...]]) -> Generator[Okta]:
    """With the gateway's app, the cohorts' groups and the people in them; somebody has set the app's groups claim."""
    with served(home) as url:
        okta = Okta(url, okta_names.gateway_app(ACCOUNT_ID), {})
        made = oidc_app({"client_id": okta.client_id}, grant_types=["authorization_code", device.GRANT])
        app = okta.call("POST", "/api/v1/apps?activate=true", made)["id"]
        for cohort, people in cohorts.items():
            name = names.okta_group(ACCOUNT_ID, cohort)
            group = okta.call("POST", "/api/v1/groups", {"profile": {"name": name, "description": None}})["id"]
            okta.groups[cohort] = group
            okta.call("PUT", f"/api/v1/apps/{app}/groups/{group}", {"id": group, "profile": {}})
            okta.join(cohort, *people)
        claim = {"issuerMode": "ORG_URL", "valueType": "GROUPS", "groupFilterType": "STARTS_WITH", "name": "groups"}
        path = f"/api/v1/internal/apps/{app}/settings/oauth/idToken"
        okta.call("POST", path, {**claim, "value": okta_names.gateway_groups(ACCOUNT_ID)})
        yield okta
