"""The way out of the functions: an HTTPS proxy whose every other end is here.

A function's own code is what runs on AWS: it asks for `https://slack.com/...` and verifies the certificate.
"""

from __future__ import annotations

import json
import ssl
import sys
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sandbox.control import Fault, Faults, Journal
from sandbox.outside import github, slack
from sandbox.outside.certificates import Authority
from sandbox.outside.github import Github
from sandbox.outside.notices import Notices
from sandbox.settings import HOST

MAX_BODY = 262_144
TIMEOUT_SECONDS = 20
KEPT_HEADERS = ("content-type", "webhook-id", "webhook-timestamp", "webhook-signature")

Answer = tuple[int, dict[str, str], bytes]
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Outside:
    """Who answers for every host. Calls are in AWS's journal, and fail on its demand."""

    notices: Notices
    journal: Journal
    faults: Faults
    github: Github = field(default_factory=Github)

    def answer(self, host: str, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        at, url = time.time(), urllib.parse.urlsplit(target)
        is_slack = any(host == known or host.endswith(f".{known}") for known in slack.HOSTS)
        is_github = host == github.HOST
        operation = url.path.rpartition("/")[2] if is_slack or is_github else f"{method} https://{host}{url.path}"
        fault = self.faults.strike({operation, f"{method} https://{host}{url.path}"})
        answer: Answer = (500, {}, b"")
        if fault is None or fault.after:
            if is_slack:
                answer = self._slack(operation, url.query, headers, body)
            elif is_github:
                answer = self.github.answer(method, url.path, headers, body)
            else:
                answer = self._webhook(f"https://{host}{target}", method, headers, body)
        if fault is not None:
            answer = _failure(fault)
        service = "slack" if is_slack else "github" if is_github else "webhook"
        self.journal.add(at, service, operation, answer[0])
        return answer

    def _slack(self, method: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        given: dict[str, Any] = dict(urllib.parse.parse_qsl(query))
        text = body.decode("utf-8", "replace")
        if text and headers.get("content-type", "").startswith("application/json"):
            try:
                given |= json.loads(text)
            except (ValueError, TypeError):
                return 200, _JSON, b'{"ok": false, "error": "invalid_json"}'
        else:
            given |= dict(urllib.parse.parse_qsl(text))
        authorization = headers.get("authorization", "")
        found = slack.Slack(self.notices).answer(method, authorization, given)
        scopes = {"x-oauth-scopes": ",".join(slack.SCOPES)} if slack.is_ours(authorization) else {}
        return 200, _JSON | scopes, json.dumps(found).encode()

    def _webhook(self, url: str, method: str, headers: dict[str, str], body: bytes) -> Answer:
        if method != "POST":
            return 405, {"Allow": "POST"}, b""
        try:
            record: Any = json.loads(body)
        except ValueError:
            record = None
        kept = {name: headers[name] for name in KEPT_HEADERS if name in headers}
        self.notices.add("webhook", [url], "", body.decode("utf-8", "replace"), body=record, headers=kept)
        return 202, {}, b""


def _failure(fault: Fault) -> Answer:
    retry = {"Retry-After": "1"} if fault.status == 429 else {}
    return fault.status, {**retry, **fault.headers}, b""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = TIMEOUT_SECONDS
    outside: Outside
    authority: Authority

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Calls are in the journal."""


class _Proxy(_Handler):
    def do_CONNECT(self) -> None:
        host, _, port = self.path.rpartition(":")
        if port != "443":
            self.send_error(403, "The sandbox lets nothing out but HTTPS")
            return
        self.send_response_only(200)
        self.end_headers()
        self.close_connection = True
        try:
            inside = self.authority.context(host.lower()).wrap_socket(self.connection, server_side=True)
        except (ssl.SSLError, OSError) as error:
            print(f"egress: {host}: {error}", file=sys.stderr, flush=True)
            return
        made = type("_Tunnel", (_Tunnel,), {"host": host.lower(), "outside": self.outside})
        with inside:
            made(inside, self.client_address, self.server)

    def do_GET(self) -> None:
        self.send_error(403, "The sandbox lets nothing out but HTTPS")

    do_POST = do_PUT = do_DELETE = do_GET


class _Tunnel(_Handler):
    host: str

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY:
            self.close_connection = True
            self.rfile.read(min(int(length), 8 * MAX_BODY) if length.isdecimal() else 0)  # or the client would not look
            self.send_error(413)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(length))
        status, answered, content = self.outside.answer(self.host, self.command, self.path, headers, body)
        self.send_response_only(status)
        for name, value in {**answered, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_DELETE = do_POST


class Egress:
    """Listens on a free port until it is closed."""

    def __init__(self, home: Path, outside: Outside) -> None:
        self._authority = Authority(home / "egress")
        handler = type("_Proxy", (_Proxy,), {"outside": outside, "authority": self._authority})
        self._server = ThreadingHTTPServer((HOST, 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    @property
    def environment(self) -> dict[str, str]:
        """What leads a process's HTTPS through here, and makes it believe the certificates."""
        proxy = f"http://{HOST}:{self._server.server_port}"
        return {"HTTPS_PROXY": proxy, "https_proxy": proxy, "SSL_CERT_FILE": str(self._authority.bundle)}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
