"""What a request handler may reach: the organization it serves, its transaction, its JSON body."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any, NoReturn, cast

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from .errors import OktaError, refuse
from .identity import SigningKey
from .limits import Limiter
from .store import Database, Json, Store

READS = {"GET", "HEAD"}
NO_CONTENT = ("", 204)


@dataclass(frozen=True, kw_only=True)
class Organization:
    store: Store
    key: SigningKey
    limiter: Limiter
    token: str


def organization() -> Organization:
    return cast("Organization", current_app.extensions["okta"])


def database() -> Database:
    """This request's transaction, begun at the first call; a refused request leaves no trace."""
    if "connection" not in g:
        g.connection = organization().store.connect()
        g.connection.execute("BEGIN" if request.method in READS else "BEGIN IMMEDIATE")
    return Database(cast("sqlite3.Connection", g.connection))


def end_transactions(app: Flask) -> None:
    @app.after_request
    def commit(response: Response) -> Response:
        if "connection" in g:
            connection = cast("sqlite3.Connection", g.pop("connection"))
            connection.commit() if response.status_code < 400 else connection.rollback()
            connection.close()
        return response

    @app.teardown_request
    def close(_: BaseException | None) -> None:
        if "connection" in g:
            g.pop("connection").close()


def json_body() -> Json:
    """The request's JSON object; nothing at all counts as an empty one."""
    raw = request.get_data()
    if not raw:
        return {}
    if len(raw) == request.max_content_length:  # where werkzeug silently cuts a body sent in chunks
        raise RequestEntityTooLarge
    if not request.is_json:
        raise OktaError("E0000021")
    try:
        body = json.loads(raw, parse_constant=_not_json)
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise OktaError("E0000003") from None
    if not isinstance(body, dict):
        raise OktaError("E0000003")
    return cast("Json", body)


def _not_json(constant: str) -> NoReturn:
    raise ValueError(constant)


def flag(name: str, *, default: bool) -> bool:
    """A true-or-false query parameter."""
    value: Any = request.args.get(name)
    if value is None:
        return default
    if value not in {"true", "false"}:
        refuse(name, "must be true or false")
    return value == "true"
