"""The sandbox's Okta in this process, and who calls it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from sandbox import okta
from sandbox.okta.ids import id_of

TOKEN = "a-token"


HEADERS = {"Authorization": f"SSWS {TOKEN}"}


ALICE, BOB, CARLOS = (f"{name}@acme.example" for name in ("alice.chen", "bob.kim", "carlos.diaz"))


ACCOUNT = "123456789012"


PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/okta"


AWS_ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/"


SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"


DS = "{http://www.w3.org/2000/09/xmldsig#}"


MD = "{urn:oasis:names:tc:SAML:2.0:metadata}"


AWS_APP: dict[str, Any] = {
    "name": "amazon_aws",
    "label": "AWS",
    "signOnMode": "SAML_2_0",
    "visibility": {"autoSubmitToolbar": False, "hide": {"iOS": False, "web": False}},
    "credentials": {"userNameTemplate": {"template": "${source.login}", "type": "BUILT_IN"}},
    "settings": {
        "app": {
            "awsEnvironmentType": "aws.amazon",
            "groupFilter": r"aws_(?{{accountid}}\d+)_(?{{role}}[\w\-]+)",
            "roleValuePattern": "arn:aws:iam::${accountid}:saml-provider/okta,arn:aws:iam::${accountid}:role/${role}",
            "useGroupMapping": True,
            "joinAllRoles": False,
            "sessionDuration": 3600,
        },
        "notes": {"admin": None, "enduser": None},
    },
}


TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


OIDC_APP: dict[str, Any] = {
    "name": "oidc_client",
    "label": "Claude Code sign-in",
    "signOnMode": "OPENID_CONNECT",
    "credentials": {"oauthClient": {"pkce_required": True, "token_endpoint_auth_method": "none"}},
    "settings": {
        "oauthClient": {
            "application_type": "native",
            "grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code", TOKEN_EXCHANGE],
            "response_types": ["code"],
            "redirect_uris": ["http://localhost:8400/callback"],
        }
    },
}


class Caller:
    """The API over Flask's test client, and the few steps the tests share."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def __call__(self, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        response = self.raw(method, path, body)
        assert response.status_code == expect, response.get_data(as_text=True)
        return response.get_json() if response.get_data() else None

    def raw(self, method: str, path: str, body: Any = None) -> TestResponse:
        return self.client.open(path, method=method, json=body, headers=HEADERS)

    def refusal(self, method: str, path: str, body: Any = None) -> tuple[int, str, list[str]]:
        response = self.raw(method, path, body)
        answer = response.get_json()
        assert set(answer) == {"errorCode", "errorSummary", "errorLink", "errorId", "errorCauses"}
        assert response.mimetype == "application/json"
        return response.status_code, answer["errorCode"], [cause["errorSummary"] for cause in answer["errorCauses"]]

    def group(self, name: str) -> str:
        return self("POST", "/api/v1/groups", {"profile": {"name": name, "description": None}})["id"]

    def join(self, group: str, *logins: str) -> None:
        for login in logins:
            self("PUT", f"/api/v1/groups/{group}/users/{user_id(login)}", expect=204)

    def members(self, group: str) -> set[str]:
        return {user["profile"]["login"] for user in self("GET", f"/api/v1/groups/{group}/users?limit=200")}

    def app(self, template: dict[str, Any], **changes: Any) -> dict[str, Any]:
        return self("POST", "/api/v1/apps?activate=true", {**template, **changes})

    def saml(self, app: str, login: str, expect: int = 200) -> Any:
        return self("POST", "/sandbox/saml", {"app": app, "user": login}, expect)


def user_id(login: str) -> str:
    return id_of("00u", login)


def aws_app(**settings: Any) -> dict[str, Any]:
    return {**AWS_APP, "settings": {"app": {**AWS_APP["settings"]["app"], **settings}}}


def oidc_app(credentials: dict[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
    client = {**OIDC_APP["settings"]["oauthClient"], **settings}
    who = {**OIDC_APP["credentials"]["oauthClient"], **(credentials or {})}
    return {**OIDC_APP, "settings": {"oauthClient": client}, "credentials": {"oauthClient": who}}


@contextmanager
def served(home: Path) -> Generator[str]:
    """The URL of a real threaded server on the state in `home`."""
    server = make_server("127.0.0.1", 0, okta.create_app(home, TOKEN), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def over_a_socket(url: str, request: str) -> tuple[str, dict[str, list[str]], bytes]:
    """The status line, the headers line by line, and the body: what no client library has touched."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
        connection.sendall(request.replace("\n", "\r\n").encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers: dict[str, list[str]] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        headers.setdefault(name, []).append(value)
    return status, headers, body
