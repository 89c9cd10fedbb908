"""AWS's error answers: who gets XML, who gets JSON, and which status each code has."""

from __future__ import annotations

import json
from typing import Any, Literal
from uuid import uuid4
from xml.sax.saxutils import escape

from werkzeug.exceptions import HTTPException

Protocol = Literal["query", "json", "rest-json", "rest-xml"]

# Services whose REST interface speaks XML.
REST_XML = frozenset({"s3", "route53", "cloudfront", "s3-control"})

# Status -> the code an SDK expects with it when nothing more specific is asked for.
CODES: dict[int, str] = {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    409: "ConflictException",
    429: "ThrottlingException",
    503: "ServiceUnavailable",
}
QUERY_CODES: dict[int, str] = {400: "ValidationError", 403: "AccessDenied", 404: "NoSuchEntity", 429: "Throttling"}


def code_for(status: int, protocol: Protocol) -> str:
    named = QUERY_CODES.get(status) if protocol in {"query", "rest-xml"} else None
    return named or CODES.get(status) or ("InternalFailure" if status >= 500 else "ClientError")


def _xml(protocol: Protocol, code: str, message: str, status: int, request_id: str) -> str:
    fault = "Sender" if status < 500 else "Receiver"
    if protocol == "rest-xml":
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{escape(code)}</Code>'
            f"<Message>{escape(message)}</Message><RequestId>{request_id}</RequestId></Error>"
        )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ErrorResponse><Error><Type>{fault}</Type><Code>{escape(code)}</Code>'
        f"<Message>{escape(message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    )


def answer(protocol: Protocol, status: int, code: str, message: str) -> tuple[dict[str, str], bytes]:
    """Headers and body of an error in the form that the protocol's SDKs read."""
    request_id = str(uuid4())
    headers = {"x-amzn-RequestId": request_id}
    if protocol in {"query", "rest-xml"}:
        body = _xml(protocol, code, message, status, request_id)
        return headers | {"Content-Type": "text/xml"}, body.encode()
    content_type = "application/x-amz-json-1.1" if protocol == "json" else "application/json"
    headers |= {"Content-Type": content_type, "x-amzn-ErrorType": code}
    return headers, json.dumps({"__type": code, "message": message}).encode()


class Refusal(HTTPException):
    """Raised by the sandbox's own operations; moto passes its status, headers and body through."""

    protocol: Protocol = "query"

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code = self.status = status
        self.error_code = code
        self.message = message
        self._headers, body = answer(self.protocol, status, code, message)
        super().__init__(body.decode())

    def get_headers(self, environ: Any = None, scope: Any = None) -> list[tuple[str, str]]:  # noqa: ARG002
        return list(self._headers.items())


class QueryRefusal(Refusal):
    """For services with form requests and XML answers: STS, IAM."""


class RestRefusal(Refusal):
    """For services with REST paths and JSON answers: Bedrock."""

    protocol = "rest-json"


class JsonRefusal(Refusal):
    """For services that name their operation in a header and speak JSON: CloudWatch Logs, Secrets Manager."""

    protocol = "json"
