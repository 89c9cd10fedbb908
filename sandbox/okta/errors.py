"""Okta's error answers: one table of codes, one shape."""

from __future__ import annotations

import secrets
from typing import NoReturn

from flask import Response, jsonify

# code: (status, summary); `{}` takes the detail.
CODES = {
    "E0000001": (400, "Api validation failed: {}"),
    "E0000003": (400, "The request body was not well-formed."),
    "E0000006": (403, "You do not have permission to perform the requested action: {}"),
    "E0000007": (404, "Not found: Resource not found: {}"),
    "E0000009": (500, "Internal Server Error"),
    "E0000011": (401, "Invalid token provided"),
    "E0000016": (403, "Activation failed because the user is already active"),
    "E0000021": (415, "Bad request. Accept and/or Content-Type headers likely do not match supported values."),
    "E0000022": (405, "The endpoint does not support the provided HTTP method"),
    "E0000031": (400, "Invalid search criteria."),
    "E0000038": (403, "This operation is not allowed in the user's current status."),
    "E0000047": (429, "API call exceeded rate limit due to too many requests."),
    "E0000056": (403, "Delete application forbidden."),
}


class OktaError(Exception):
    """An answer that is an error; `status` overrides the code's own where HTTP has a closer one."""

    def __init__(self, code: str, detail: str = "", *causes: str, status: int | None = None) -> None:
        usual, summary = CODES[code]
        super().__init__(code)
        self.code = code
        self.status = status or usual
        self.summary = summary.format(detail)
        self.causes = causes

    def answer(self) -> Response:
        response = jsonify(
            errorCode=self.code,
            errorSummary=self.summary,
            errorLink=self.code,
            errorId="oae" + secrets.token_urlsafe(16),
            errorCauses=[{"errorSummary": cause} for cause in self.causes],
        )
        response.status_code = self.status
        return response


def refuse(field: str, cause: str) -> NoReturn:
    """400 for one field, worded as Okta words it."""
    raise OktaError("E0000001", field, f"{field}: {cause}")


def not_found(identifier: str, what: str) -> NoReturn:
    raise OktaError("E0000007", f"{identifier} ({what})")
