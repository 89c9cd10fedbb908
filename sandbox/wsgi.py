"""A WSGI server with what the sandbox's clients count on and werkzeug's own handler leaves out: keep-alive.

werkzeug closes each connection because it cannot know whether an application has read its request; here the request
is read before the application runs, and the answer leaves in one piece.
"""

from __future__ import annotations

import errno
import io
import socket
from http.server import BaseHTTPRequestHandler
from typing import Any
from wsgiref.types import WSGIApplication

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.test import run_wsgi_app

from sandbox.errors import SandboxError

BACKLOG = 128
NO_BODY = frozenset({204, 304})


class Handler(MotoRequestHandler):
    """One connection: its requests in turn, until the client closes it or asks for it to be closed."""

    protocol_version = "HTTP/1.1"
    # Small answers must not wait for the client's delayed acknowledgement (40 ms).
    disable_nagle_algorithm = True
    wbufsize = -1

    def handle_expect_100(self) -> bool:
        self.send_response_only(100)
        self.end_headers()
        self.wfile.flush()
        return True

    def make_environ(self) -> dict[str, Any]:
        environ = super().make_environ()
        length = environ.get("CONTENT_LENGTH", "")
        if environ.get("wsgi.input_terminated"):
            body = environ["wsgi.input"].read()
        else:
            body = self.rfile.read(int(length)) if length.isdecimal() else b""
        environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        # Left out by werkzeug, as every header with a _; Identity Center's portal is asked by it.
        if token := self.headers.get("x-amz-sso_bearer_token"):
            environ["HTTP_X_AMZ_SSO_BEARER_TOKEN"] = token
        return environ

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        try:
            chunks, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
            body, code = b"".join(chunks), int(status.split(" ", 1)[0])
        except Exception as error:
            self.log_error("%s %s: %s: %s", self.command, self.path, type(error).__name__, error)
            self._answer(500, [("Content-Type", "text/plain")], b"internal error, see the sandbox's log")
            raise
        self._answer(code, list(headers), body)

    def _answer(self, code: int, headers: list[tuple[str, str]], body: bytes) -> None:
        names = {key.lower() for key, _ in headers}
        self.send_response_only(code)
        if "date" not in names:
            self.send_header("Date", self.date_time_string())
        for key, value in headers:
            if key.lower() not in {"content-length", "connection", "transfer-encoding"} or self.command == "HEAD":
                self.send_header(key, value)
        if code not in NO_BODY and self.command != "HEAD":
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if code not in NO_BODY and self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Calls are in the journal."""

    def log_error(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        BaseHTTPRequestHandler.log_message(self, format, *args)


def bind(host: str, port: int, variable: str) -> socket.socket:
    """A listening socket; SandboxError says which variable moves a port that is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno != errno.EADDRINUSE:
            raise SandboxError(f"Cannot listen on {host}:{port}: {error.strerror}. Set {variable}") from error
        raise SandboxError(f"Port {port} is in use; set {variable} to a free one") from error
    return listener


def http_server(listener: socket.socket, app: WSGIApplication) -> BaseWSGIServer:
    """A threaded server on `listener`, which it takes over."""
    host, port = listener.getsockname()
    server = make_server(host, port, app, threaded=True, request_handler=Handler, fd=listener.fileno())
    listener.close()  # the server has its own duplicate
    server.daemon_threads = True  # idle keep-alive connections do not hold up the end
    return server
