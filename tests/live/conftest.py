"""A developer's machine with all that a rollout brings, and an AWS that says what time it is."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from rollout.macs.bundle import bundle
from rollout.model.client_versions import NEWEST
from tests.live.developers_machine import program, rewrite
from tests.macs.test_forms import PROCESS
from tests.macs.world import arns, rollout


class Aws(BaseHTTPRequestHandler):
    """Says what time it is, and knows profiles."""

    def do_GET(self) -> None:
        status, body = getattr(self.server, "answer", (200, b"{}"))
        self.send_response_only(status)
        self.send_header("Date", format_datetime(datetime.now(UTC) + getattr(self.server, "skew", timedelta())))
        self.send_header("x-amzn-errortype", "AccessDeniedException")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ARG002  the library's words
        return


@pytest.fixture
def aws() -> Generator[Any]:
    server = HTTPServer(("127.0.0.1", 0), Aws)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def root(tmp_path: Path, aws: Any) -> Path:
    """All that a member's Linux has, and both programs."""
    made = rollout()
    for piece in bundle(made, "pilot", arns(made), PROCESS):
        if piece.name.startswith("pilot/linux/"):
            file = tmp_path / piece.goes_to.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(piece.content)
            file.chmod(piece.mode)
    url = f"http://127.0.0.1:{aws.server_port}"
    rewrite(tmp_path, lambda said: said["env"].update(AWS_ENDPOINT_URL_STS=url, AWS_ENDPOINT_URL_BEDROCK=url))
    program(tmp_path / "home/bin/claude", f'echo "{NEWEST} (Claude Code)"')
    program(tmp_path / "home/bin/okta-aws-cli", 'echo "okta-aws-cli version 2.6.0"')
    return tmp_path
