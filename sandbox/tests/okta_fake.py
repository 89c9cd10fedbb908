"""The least Okta the plug-in can be tested against: it remembers requests, groups and members, and fails on demand."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

CERTIFICATE = "MIIC"
METADATA = f"""<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="http://www.okta.com/exkA">
 <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
  <md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
   <ds:X509Certificate>{CERTIFICATE}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
  <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://acme/post"/>
  <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://acme/get"/>
 </md:IDPSSODescriptor>
</md:EntityDescriptor>"""
DATES = {
    "created": "2024-01-02T03:04:05.000Z",
    "lastUpdated": "2024-01-02T03:04:05.000Z",
    "expiresAt": "2034-01-02T03:04:05.000Z",
}

Answer = tuple[int, Any]


class OktaFake:
    """`requests` are "METHOD path"; `fail` maps such a request to a status and the number of times it answers so."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[Any] = []
        self.groups: dict[str, Any] = {}
        self.members: dict[str, list[str]] = {}
        self.apps: dict[str, Any] = {}
        self.assigned: dict[str, dict[str, Any]] = {}
        self.grants: dict[str, dict[str, Any]] = {}
        self.fail: dict[str, tuple[int, int]] = {}
        self.answer_headers: dict[str, str] = {}
        self.policies: list[Any] = [{"id": "rstA", "system": True}]
        self.page = 200
        self.join_links = False
        self.url = ""

    def since(self, mark: int) -> list[str]:
        return self.requests[mark:]

    def group(self, name: str, *members: str) -> str:
        group_id = f"00g{len(self.groups)}"
        self.groups[group_id] = {"id": group_id, "type": "OKTA_GROUP", "profile": {"name": name, "description": None}}
        self.members[group_id] = list(members)
        return group_id

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        routes: list[tuple[str, str, Callable[..., Answer]]] = [
            ("GET", "/api/v1/users/me", lambda: (200, {})),
            ("GET", "/.well-known/okta-organization", lambda: (200, {"id": "00o", "pipeline": "idx"})),
            ("GET", "/api/v1/policies", lambda: (200, self.policies)),
            ("GET", "/api/v1/users", lambda: (200, _people(query["search"]))),
            ("GET", r"/api/v1/users/(\w+)/roles", lambda _: (200, [{"type": "ORG_ADMIN"}])),
            ("GET", r"/api/v1/users/(\w+)/groups", lambda user: (200, self._groups_of(user))),
            ("POST", "/api/v1/groups", lambda: self._new_group(body)),
            ("GET", "/api/v1/groups", lambda: (200, self._named(query["q"]))),
            (".*", r"/api/v1/groups/(\w+)", lambda group: self._group(method, group, body)),
            ("GET", r"/api/v1/groups/(\w+)/users", self._users),
            (".*", r"/api/v1/groups/(\w+)/users/(\w+)", lambda group, user: self._member(method, group, user)),
            ("POST", "/api/v1/apps", lambda: self._new_app(body)),
            (".*", r"/api/v1/apps/(\w+)", lambda app: self._app(method, app, body)),
            ("PUT", r"/api/v1/apps/(\w+)/policies/(\w+)", lambda *_: (204, None)),
            ("POST", r"/api/v1/apps/(\w+)/lifecycle/(\w+)", lambda app, _: self._lifecycle(app)),
            ("GET", r"/api/v1/apps/(\w+)/sso/saml/metadata", lambda _: (200, METADATA)),
            ("GET", r"/api/v1/apps/(\w+)/credentials/keys", lambda _: (200, [{"kid": "K1"} | DATES])),
            (".*", r"/api/v1/internal/apps/(\w+)/settings/oauth/idToken", lambda _: (200, {})),
            ("GET", r"/api/v1/apps/(\w+)/groups", lambda app: (200, list(self.assigned.get(app, {}).values()))),
            (".*", r"/api/v1/apps/(\w+)/groups/(\w+)", lambda a, g: self._assignment(method, a, g, body)),
            (".*", r"/api/v1/apps/(\w+)/grants", lambda app: self._app_grants(method, app, body)),
            ("DELETE", r"/api/v1/apps/(\w+)/grants/(\w+)", self._revoke),
        ]
        for wanted, pattern, handle in routes:
            found = re.fullmatch(pattern, path)
            if found and re.fullmatch(wanted, method):
                return handle(*found.groups())
        return 404, None

    def _new_group(self, body: Any) -> Answer:
        group_id = self.group(body["profile"]["name"])
        self.groups[group_id]["profile"] |= body["profile"]
        return 200, self.groups[group_id]

    def _named(self, start: str) -> list[Any]:
        return [group for group in self.groups.values() if group["profile"]["name"].startswith(start)]

    def _group(self, method: str, group: str, body: Any) -> Answer:
        if group not in self.groups:
            return 404, None
        if method == "DELETE":
            del self.groups[group]
            return 204, None
        if method == "PUT":
            self.groups[group]["profile"] = {"description": None} | body["profile"]
        return 200, self.groups[group]

    def _groups_of(self, user: str) -> list[Any]:
        return [{"id": group} for group, members in self.members.items() if user in members]

    def _users(self, group: str) -> Answer:
        if group not in self.groups:
            return 404, None
        return 200, [_person(member) for member in self.members[group]]

    def _member(self, method: str, group: str, user: str) -> Answer:
        if group not in self.groups or user.startswith("unknown"):
            return 404, None
        kept = [member for member in self.members[group] if member != user]
        self.members[group] = kept + ([user] if method == "PUT" else [])
        return 204, None

    def _new_app(self, body: Any) -> Answer:
        app_id = f"0oa{len(self.apps)}"
        links = {"accessPolicy": {"href": "https://acme/api/v1/policies/rstA"}, "metadata": {"href": "https://acme/md"}}
        self.apps[app_id] = body | {"id": app_id, "status": "ACTIVE", "_links": links}
        self.apps[app_id]["credentials"]["signing"] = {"kid": "K1"}
        if "oauthClient" in body["credentials"]:
            self.apps[app_id]["credentials"]["oauthClient"]["client_id"] = app_id
        return 200, self.apps[app_id]

    def _app(self, method: str, app: str, body: Any) -> Answer:
        if app not in self.apps:
            return 404, None
        if method == "DELETE":
            del self.apps[app]
            return 204, None
        if method == "PUT":
            self.apps[app] |= body
        return 200, self.apps[app]

    def _lifecycle(self, app: str) -> Answer:
        return (200, {}) if app in self.apps else (404, None)

    def _assignment(self, method: str, app: str, group: str, body: Any) -> Answer:
        groups = self.assigned.setdefault(app, {})
        if method == "PUT":
            groups[group] = {"id": group, "priority": 0, "profile": {}} | (body or {})
        if group not in groups:
            return 404, None
        if method == "DELETE":
            del groups[group]
            return 204, None
        return 200, groups[group]

    def _app_grants(self, method: str, app: str, body: Any) -> Answer:
        grants = self.grants.setdefault(app, {})
        if method == "POST":
            grant_id = f"oag{body['scopeId'].replace('.', '')}"
            grants[grant_id] = body | {"id": grant_id}
            return 201, grants[grant_id]
        return 200, list(grants.values())

    def _revoke(self, app: str, grant: str) -> Answer:
        del self.grants[app][grant]
        return 204, None


def _person(user: str) -> Any:
    return {
        "id": user,
        "status": "ACTIVE",
        "profile": {"login": f"{user}@acme.example", "email": f"{user}@acme.example"},
    }


def _people(search: str) -> list[Any]:
    return [_person(name) for name in re.findall(r'"(\w+)@acme\.example"', search) if not name.startswith("unknown")]


class _Handler(BaseHTTPRequestHandler):
    fake: ClassVar[OktaFake]
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # one packet per answer: two would cost 40 ms of delayed acknowledgement

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        request = f"{self.command} {parts.path}"
        self.fake.requests.append(request)
        self.fake.bodies.append(body)
        self.fake.headers.append(dict(self.headers.items()) | {"target": self.path})
        status, times = self.fake.fail.get(request, (0, 0))
        if times:
            self.fake.fail[request] = (status, times - 1)
            self._send(status, None, self.fake.answer_headers)
            return
        query = {name: values[0] for name, values in parse_qs(unquote(parts.query)).items()}
        status, answer = self.fake.answer(self.command, parts.path, query, body)
        self._send_page(status, answer, parts.path, query)

    def _send_page(self, status: int, answer: Any, path: str, query: dict[str, str]) -> None:
        links: list[str] = []
        if isinstance(answer, list) and len(answer) > self.fake.page:
            start = int(query.get("after", 0))
            answer, more = answer[start : start + self.fake.page], len(answer) > start + self.fake.page
            links.append(f'<https://acme.okta.com{path}?after={start}>; rel="self"')
            if more:
                links.append(f'<https://acme.okta.com{path}?after={start + self.fake.page}>; rel="next"')
        self._send(status, answer, {}, [", ".join(links)] if self.fake.join_links and links else links)

    def _send(self, status: int, answer: Any, headers: dict[str, str], links: list[str] | None = None) -> None:
        if status >= 400 and answer is None:
            words = "Not found: Resource not found" if status == 404 else f"failure {status}"
            answer = {"errorCode": "E0000007", "errorSummary": words, "errorCauses": []}
        xml = isinstance(answer, str)
        payload = b"" if answer is None else answer.encode() if xml else json.dumps(answer).encode()
        self.send_response_only(status, "Unwell" if status >= 500 else None)
        self.send_header("Date", formatdate(usegmt=True))
        for name, value in headers.items():
            self.send_header(name, value)
        for link in links or ():
            self.send_header("Link", link)
        if payload:
            self.send_header("Content-Type", "application/xml" if xml else "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name is inherited
        """Tests look at `requests` instead."""


@contextmanager
def okta_fake() -> Generator[OktaFake]:
    fake = OktaFake()
    handler = type("Handler", (_Handler,), {"fake": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def rate_limit_headers(seconds: int) -> dict[str, str]:
    return {"X-Rate-Limit-Reset": str(int(time.time()) + seconds)}
