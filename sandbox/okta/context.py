"""What a request handler may reach: the organization it serves, its transaction, its JSON body."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn, cast

from flask import current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from sandbox.state_file import of_request

from .errors import OktaError, refuse
from .identity import SigningKey
from .limits import Limiter
from .store import Database, Json, Store

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
    """This request's transaction."""
    return Database(of_request(organization().store))


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
