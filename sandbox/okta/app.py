"""Okta as a WSGI app: who may call, what every answer carries, and where the routes are.

Absolute-form request lines and any `Host` are fine: nothing here depends on either but the `Link` lines.
"""

from __future__ import annotations

import hmac
import logging
from pathlib import Path

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from sandbox.state_file import end_transactions, keep_transaction

from . import apps, assignments, control, directory, grants, groups, policies, public, users
from .context import Organization, organization
from .errors import OktaError
from .identity import signing_key
from .limits import Limiter
from .oidc import browser, device, tokens
from .oidc.errors import OAuthError, PageError
from .store import Store

LARGEST_BODY = 1 << 20
LONGEST_URL = 1 << 14

log = logging.getLogger(__name__)


def create_app(home: Path, token: str) -> Flask:
    """The organization kept in `home/okta.*`, seeded with its people when new; callers present `token`."""
    store = Store(home)
    with store.transaction() as database:
        directory.seed(database)
        key = signing_key(database)

    app = Flask(__name__, static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_BODY, PROVIDE_AUTOMATIC_OPTIONS=False)
    app.json.sort_keys = False  # pyright: ignore[reportAttributeAccessIssue]
    app.url_map.merge_slashes = False
    app.extensions["okta"] = Organization(store=store, key=key, limiter=Limiter(), token=token)

    # Flask runs these in reverse order: what every answer carries is added last.
    app.after_request(_dress)
    end_transactions(app)
    app.before_request(_admit)
    app.register_error_handler(OktaError, OktaError.answer)
    app.register_error_handler(OAuthError, _refused)
    app.register_error_handler(PageError, PageError.answer)
    app.register_error_handler(HTTPException, _translate)
    app.register_error_handler(Exception, _fail)
    for module in (public, users, groups, apps, assignments, policies, grants, control, browser, device, tokens):
        app.register_blueprint(module.routes)
    return app


def _admit() -> None:
    if not _is_control():
        verdict = organization().limiter.take(request.path)
        if not verdict.allowed:
            raise OktaError("E0000047")
    if len(request.full_path) > LONGEST_URL:
        raise OktaError("E0000001", "request URL", f"longer than {LONGEST_URL} characters", status=414)
    if (request.content_length or 0) > LARGEST_BODY:
        raise RequestEntityTooLarge
    if request.path in public.PATHS:
        return
    expected = f"SSWS {organization().token}"
    if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected.encode()):
        raise OktaError("E0000011")


def _is_control() -> bool:
    return request.path.startswith("/sandbox/")


def _dress(response: Response) -> Response:
    verdict = organization().limiter.look(request.path)
    if response.status_code == 429:
        response.headers["Retry-After"] = str(verdict.retry_after)
    response.headers.update(verdict.headers)
    if response.status_code == 204:
        response.headers.pop("Content-Type", None)
    return response


def _refused(error: OAuthError) -> Response:
    if error.keep:
        keep_transaction()
    return error.answer()


def _translate(error: HTTPException) -> Response:
    if isinstance(error, MethodNotAllowed):
        answer = OktaError("E0000022").answer()
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        return answer
    if isinstance(error, RequestEntityTooLarge):
        return OktaError("E0000003", "", f"The body is larger than {LARGEST_BODY} bytes.", status=413).answer()
    if error.code is None or error.code >= 500:
        return _fail(error)
    if error.code == 404:
        return OktaError("E0000007", f"{request.path} (Path)").answer()
    return OktaError("E0000001", "request", error.description or error.name, status=error.code).answer()


def _fail(error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return OktaError("E0000009").answer()
