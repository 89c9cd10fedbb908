"""Jamf's error answers: HTML from the Classic API whatever `Accept` says, JSON from the Pro API."""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from typing import NoReturn

from flask import Response, jsonify

CLASSIC = "/JSSResource/"
NOT_FOUND = "The server has not found anything matching the request URI"
PAGE = """<html>
<head>
   <title>Status page</title>
</head>
<body style="font-family: sans-serif;">
<p style="font-size: 1.2em;font-weight: bold;margin: 1em 0px;">{reason}</p>
<p>{detail}</p>
<p>You can get technical details <a href="http://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html">here</a>.<br>
Please continue your visit at our <a href="/">home page</a>.
</p>
</body>
</html>
"""


def html_page(status: int, detail: str) -> str:
    return PAGE.format(reason=HTTPStatus(status).phrase, detail=escape(detail, quote=False))


class JamfError(Exception):
    """An answer that is an error; worded for the API that was called."""

    def __init__(self, status: int, detail: str, *, code: str = "", field: str = "", subject: str = "0") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.code = code
        self.field = field
        self.subject = subject

    def answer(self, path: str) -> Response:
        if path.startswith(CLASSIC):
            return Response(html_page(self.status, self.detail), status=self.status, mimetype="text/html")
        cause = {"code": self.code, "description": self.detail, "id": self.subject, "field": self.field or None}
        response = jsonify(httpStatus=self.status, errors=[cause] if self.code else [])
        response.status_code = self.status
        return response


def conflict(detail: str) -> NoReturn:
    """Classic's answer to nearly every mistake."""
    raise JamfError(409, f"Error: {detail}")


def classic_not_found() -> NoReturn:
    raise JamfError(404, NOT_FOUND)


def pro_not_found(identifier: object, field: str = "id") -> NoReturn:
    raise JamfError(404, f"Invalid ID {identifier}", code="INVALID_ID", field=field, subject=str(identifier))
