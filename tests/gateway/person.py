"""A person at a gateway: Claude Code's side of the sign-in, and the browser's."""

from __future__ import annotations

import html
import re
import ssl
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.gateway.internet import Internet

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
SECONDS = 240


def client(internet: Internet, **more: Any) -> httpx.Client:
    trusted = ssl.create_default_context(cafile=str(internet.authority.bundle))
    return httpx.Client(proxy=internet.proxy, verify=trusted, timeout=SECONDS, trust_env=False, **more)


@dataclass
class Person:
    """`tokens`: what their Claude Code keeps of the gateway."""

    email: str
    url: str
    internet: Internet
    tokens: dict[str, Any] = field(default_factory=dict[str, Any])

    def signs_in(self) -> httpx.Response:
        """The last answer: tokens, or why there are none."""
        with client(self.internet) as device:
            begun = device.post(f"{self.url}/oauth/device_authorization").json()
            self.confirms(begun["verification_uri_complete"], begun["user_code"])
            form = {"grant_type": DEVICE_CODE, "device_code": begun["device_code"]}
            answer = device.post(f"{self.url}/oauth/token", data=form)
        if answer.status_code == 200:
            self.tokens = answer.json()
        return answer

    def refreshes(self) -> httpx.Response:
        form = {"grant_type": "refresh_token", "refresh_token": self.tokens["refresh_token"]}
        with client(self.internet) as device:
            answer = device.post(f"{self.url}/oauth/token", data=form)
        if answer.status_code == 200:
            self.tokens = answer.json()
        return answer

    def gets(self, path: str) -> httpx.Response:
        with client(self.internet) as device:
            return device.get(f"{self.url}{path}", headers=self._bearer)

    def asks(self, model: str, said: str = "hello", **more: Any) -> httpx.Response:
        """One request as Claude Code makes it."""
        message = {"role": "user", "content": said}
        body = {"model": model, "max_tokens": 64, "messages": [message], **more}
        headers = {**self._bearer, "anthropic-version": "2023-06-01"}
        with client(self.internet) as device:
            return device.post(f"{self.url}/v1/messages", json=body, headers=headers)

    @property
    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    def confirms(self, where: str, code: str) -> None:
        """Confirms the code, then signs in at Okta's page under their address."""
        with client(self.internet, follow_redirects=True) as browser:
            browser.get(where).raise_for_status()
            page = browser.post(f"{self.url}/device", data={"user_code": code}, headers={"Origin": self.url})
            found = re.search(r'name="fromURI" value="([^"]*)"', page.text)
            assert found, page.text
            form = {"fromURI": html.unescape(found[1]), "username": self.email}
            browser.post(page.url.join("/login/login.htm"), data=form)
