"""The roles of two cohorts in moto's IAM, what they deny, and an Okta of one answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest

from rollout import names

ALICE = "alice.chen@acme.example"
LONG_AGO = datetime.now(UTC) - timedelta(hours=2)


@pytest.fixture(autouse=True)
def _away(monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine and no Okta, unless a test brings one."""
    for name in ("OKTA_API_TOKEN", "OKTA_HTTP_PROXY", "OKTA_ORG_NAME", "OKTA_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "")


@pytest.fixture
def iam(moto_aws: None, _away: None) -> Any:  # noqa: ARG001  nothing else is in reach
    made: Any = boto3.client("iam")
    for cohort in ("pilot", "early"):
        made.create_role(RoleName=names.role(cohort), AssumeRolePolicyDocument="{}")
    return made


@pytest.fixture
def okta(monkeypatch: pytest.MonkeyPatch) -> Generator[dict[str, Any]]:
    """An Okta of one answer: `status` and `people`; it keeps what it was asked."""
    answer: dict[str, Any] = {"status": 200, "people": [], "asked": []}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer["asked"].append(self.path)
            body = json.dumps(answer["people"]).encode()
            self.send_response(answer["status"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("OKTA_API_TOKEN", "token")
    monkeypatch.setenv("OKTA_HTTP_PROXY", f"http://127.0.0.1:{server.server_port}")
    yield answer
    server.shutdown()
    server.server_close()
    thread.join()


def held(iam: Any, cohort: str, policy: str) -> Any:
    return iam.get_role_policy(RoleName=names.role(cohort), PolicyName=policy)["PolicyDocument"]["Statement"][0]


def denied(iam: Any, cohort: str, policy: str) -> list[str]:
    return held(iam, cohort, policy)["Condition"]["StringLike"]["aws:userid"]


def policies(iam: Any, cohort: str) -> list[str]:
    return iam.list_role_policies(RoleName=names.role(cohort))["PolicyNames"]


def put(iam: Any, cohort: str, policy: str, document: Any) -> None:
    iam.put_role_policy(RoleName=names.role(cohort), PolicyName=policy, PolicyDocument=json.dumps(document))
