"""How AWS, Okta and Jamf Pro name their calls and word their errors, for `control`."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import uuid4

from sandbox.aws import refusals
from sandbox.aws.requests import call, runtime_call
from sandbox.jamf.errors import CLASSIC, html_page

Environ = dict[str, Any]
Words = tuple[dict[str, str], bytes]


# Bedrock's own words, which its clients show to people.
TOO_MANY = "Too many requests, please wait before trying again."


class AwsDialect:
    """Operations as `CreateRole`, or `POST /inference-profiles` where the protocol does not name them."""

    def describe(self, environ: Environ) -> tuple[str, str]:
        made = call(environ)
        return made.service, made.operation

    def error(self, environ: Environ, status: int, code: str | None, message: str) -> Words:
        protocol = call(environ).protocol
        code = code or refusals.code_for(status, protocol)
        if status == 429 and runtime_call(environ):
            message = TOO_MANY
        return refusals.answer(protocol, status, code, message)

    def admits(self, environ: Environ) -> bool:  # noqa: ARG002 - AWS signs each call, and the sandbox has no secrets
        return True


# Status -> Okta's error code and summary.
OKTA_ERRORS: dict[int, tuple[str, str]] = {
    400: ("E0000001", "Api validation failed: sandbox"),
    401: ("E0000011", "Invalid token provided"),
    403: ("E0000006", "You do not have permission to perform the requested action"),
    404: ("E0000007", "Not found: Resource not found: sandbox (Sandbox)"),
    429: ("E0000047", "API call exceeded rate limit due to too many requests."),
    503: ("E0000010", "Service is in read only mode."),
}
OKTA_INTERNAL = ("E0000009", "Internal Server Error")
RATE_LIMIT_SECONDS = 2


class OktaDialect:
    """Operations as `GET /api/v1/groups`."""

    def __init__(self, token: str) -> None:
        self._authorization = f"SSWS {token}"

    def describe(self, environ: Environ) -> tuple[str, str]:
        return "okta", f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"

    def error(self, environ: Environ, status: int, code: str | None, message: str) -> Words:  # noqa: ARG002
        known, summary = OKTA_ERRORS.get(status, OKTA_INTERNAL)
        body = {
            "errorCode": code or known,
            "errorSummary": summary,
            "errorLink": code or known,
            "errorId": f"oae{uuid4().hex[:22]}",
            "errorCauses": [{"errorSummary": message}],
        }
        headers = {"Content-Type": "application/json"}
        if status == 429:
            headers |= {
                "X-Rate-Limit-Limit": "600",
                "X-Rate-Limit-Remaining": "0",
                "X-Rate-Limit-Reset": str(int(time.time()) + RATE_LIMIT_SECONDS),
            }
        return headers, json.dumps(body).encode()

    def admits(self, environ: Environ) -> bool:
        return environ.get("HTTP_AUTHORIZATION", "") == self._authorization or environ["PATH_INFO"] == "/sandbox/health"


class JamfDialect:
    """Operations as `PUT /JSSResource/policies/id/4`; HTML on the Classic API, JSON on the Pro API."""

    def describe(self, environ: Environ) -> tuple[str, str]:
        return "jamf", f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"

    def error(self, environ: Environ, status: int, code: str | None, message: str) -> Words:
        if environ["PATH_INFO"].startswith(CLASSIC):
            return {"Content-Type": "text/html;charset=UTF-8"}, html_page(status, message).encode()
        causes = [{"code": code or "SANDBOX", "description": message, "id": "0", "field": None}]
        return {"Content-Type": "application/json"}, json.dumps({"httpStatus": status, "errors": causes}).encode()

    def admits(self, environ: Environ) -> bool:  # noqa: ARG002 - whoever reaches loopback may order the Macs about
        return True
