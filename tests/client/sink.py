"""An address of somebody else's: takes what it is sent, keeps it, and answers as little as lets the client end soon."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.client import gate

_PROFILE = json.dumps(
    {
        "inferenceProfileArn": "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/x",
        "inferenceProfileId": "x",
        "inferenceProfileName": "x",
        "models": [{"modelArn": "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-6"}],
        "status": "ACTIVE",
        "type": "APPLICATION",
    }
)
_REFUSED = json.dumps({"message": "no", "type": "error", "error": {"type": "invalid_request_error", "message": "no"}})


@dataclass(frozen=True, kw_only=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: str


@dataclass(kw_only=True)
class Sink:
    """`socket`: a Unix socket, whose connections count as `CONNECT`."""

    port: int
    socket: Path
    received: list[Received] = field(default_factory=list[Received])

    @property
    def url(self) -> str:
        return f"http://{gate.HOST}:{self.port}"

    def saw(self, text: str) -> bool:
        return any(text in received.body for received in self.received)


def _answer_to(path: str) -> tuple[int, str]:
    """Only with a profile's model known does the client count what a conversation has in tokens."""
    if path.endswith("/count-tokens"):
        return 200, json.dumps({"inputTokens": 5})
    if path.startswith("/inference-profiles/"):
        return 200, _PROFILE
    return 400, _REFUSED


def _handler(received: list[Received]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self._chunks() if "chunked" in headers.get("transfer-encoding", "") else self._body(headers)
            if headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            text = body.decode(errors="replace")
            received.append(Received(method=self.command, path=self.path, headers=headers, body=text))
            status, said = _answer_to(self.path)
            answer = said.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def _body(self, headers: dict[str, str]) -> bytes:
            return self.rfile.read(int(headers.get("content-length", "0")))

        def _chunks(self) -> bytes:
            pieces: list[bytes] = []
            while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(pieces)

        do_GET = do_POST = do_PUT = do_HEAD = do_CONNECT = _answer

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its own name for it
            pass

    return Handler


@contextlib.contextmanager
def listening(folder: Path) -> Generator[Sink]:
    received: list[Received] = []
    server = ThreadingHTTPServer((gate.HOST, 0), _handler(received))
    listener = gate.file_listener(folder / "sink.sock")
    (folder / "sink.sock").chmod(0o777)

    def accept() -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                accepted, _ = listener.accept()
                received.append(Received(method="CONNECT", path="", headers={}, body=""))
                accepted.close()

    threads = [threading.Thread(target=work, daemon=True) for work in (server.serve_forever, accept)]
    for thread in threads:
        thread.start()
    try:
        yield Sink(port=server.server_port, socket=folder / "sink.sock", received=received)
    finally:
        server.shutdown()
        server.server_close()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
