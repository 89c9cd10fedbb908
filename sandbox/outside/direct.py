"""Slack as a person's shell reaches it, on AWS's port; functions ask for it by its name (`egress`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from wsgiref.types import WSGIApplication

from sandbox.outside.egress import MAX_BODY, Outside
from sandbox.outside.slack import HOSTS
from sandbox.settings import SLACK_PATH


def with_slack(app: WSGIApplication, outside: Outside) -> WSGIApplication:
    """`app`, and Slack's Web API at `SLACK_PATH`."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.startswith(SLACK_PATH):
            return app(environ, start_response)
        query = environ.get("QUERY_STRING", "")
        target = f"/api/{path.removeprefix(SLACK_PATH)}{f'?{query}' if query else ''}"
        headers = {
            "authorization": environ.get("HTTP_AUTHORIZATION", ""),
            "content-type": environ.get("CONTENT_TYPE", ""),
        }
        body = environ["wsgi.input"].read(min(int(environ.get("CONTENT_LENGTH") or 0), MAX_BODY))
        status, answered, content = outside.answer(HOSTS[0], environ["REQUEST_METHOD"], target, headers, body)
        start_response(f"{status} {HTTPStatus(status).phrase}", list(answered.items()))
        return [content]

    return serve
