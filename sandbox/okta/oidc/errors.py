"""Refusals as OAuth words them: as JSON from an endpoint, as a page or a redirect from the browser's."""

from __future__ import annotations

import html

from flask import Response, jsonify


class OAuthError(Exception):
    """RFC 6749, 5.2 and 4.1.2.1: a code, and a sentence for whoever reads the log."""

    def __init__(self, code: str, description: str, *, status: int = 400, keep: bool = False) -> None:
        """`keep`: what the request has written stays, such as the time of a poll."""
        super().__init__(description)
        self.code, self.description, self.status, self.keep = code, description, status, keep

    def answer(self) -> Response:
        response = jsonify(error=self.code, error_description=self.description)
        response.status_code = self.status
        response.headers["Cache-Control"] = "no-store"
        if self.status == 401:
            response.headers["WWW-Authenticate"] = f'Bearer error="{self.code}"'
        return response


class PageError(Exception):
    """A request that must not be sent back to where it says, since who asks is not known or not believed."""

    def answer(self) -> Response:
        return Response(
            f"<!doctype html><title>Okta</title><h1>400 Bad Request</h1><p>{html.escape(str(self))}</p>",
            status=400,
            mimetype="text/html",
        )
