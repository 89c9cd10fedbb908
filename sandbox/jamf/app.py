"""Jamf Pro as a WSGI app: who may call, on which node, what an error looks like, and where the routes are."""

from __future__ import annotations

import logging
from pathlib import Path

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from sandbox.jamf import (
    check_in,
    classic_groups,
    commands,
    computers,
    control,
    directory,
    groups,
    inventory,
    macs,
    oauth,
    policies,
    privileges,
    profiles,
    scripts,
    settings,
)
from sandbox.jamf.context import Jamf, choose_node, jamf, pin
from sandbox.jamf.errors import CLASSIC, NOT_FOUND, JamfError, html_page
from sandbox.jamf.store import Store
from sandbox.state_file import end_transactions

LARGEST_BODY = 4 << 20
ROUTES = [
    oauth,
    privileges,
    profiles,
    groups,
    classic_groups,
    inventory,
    scripts,
    policies,
    check_in,
    commands,
    computers,
    control,
]

log = logging.getLogger(__name__)


def create_app(home: Path, client_id: str, client_secret: str) -> Flask:
    """Kept in `home/jamf.*`, seeded with the organization's Macs when new; the client has every privilege."""
    store = Store(home)
    server = Jamf(store=store, client_id=client_id, client_secret=client_secret, home=home / "jamf-macs")
    with store.transaction(server.node()) as database:
        directory.seed(database)
        server.settings = settings.load(database)

    app = Flask(__name__, static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_BODY, PROVIDE_AUTOMATIC_OPTIONS=False)
    app.json.sort_keys = False  # pyright: ignore[reportAttributeAccessIssue]
    app.url_map.merge_slashes = False
    app.extensions["jamf"] = server

    # Flask runs these in reverse order.
    app.after_request(pin)
    end_transactions(app)
    app.before_request(_begin)
    app.teardown_request(_end)
    app.register_error_handler(JamfError, lambda error: error.answer(request.path))
    app.register_error_handler(HTTPException, _translate)
    app.register_error_handler(Exception, _fail)
    for module in ROUTES:
        app.register_blueprint(module.routes)
    return app


def _begin() -> None:
    # Macs act in transactions of their own, so before this request has one.
    if request.path.startswith("/sandbox/"):
        macs.act(jamf())
        g.node = "node-1"
    else:
        macs.act_beside(jamf())
        jamf().connections.enter()
        g.counted = True
        choose_node()
        oauth.admit()
        privileges.check()


def _end(_: BaseException | None) -> None:
    if g.pop("counted", False):
        jamf().connections.leave()


def _translate(error: HTTPException) -> Response:
    status = error.code or 500
    if request.path.startswith(CLASSIC):
        return Response(html_page(status, NOT_FOUND if status == 404 else error.name), status=status)
    return JamfError(status, error.name, code="NOT_FOUND" if status == 404 else "INVALID_REQUEST").answer(request.path)


def _fail(error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return JamfError(500, "Unexpected internal error", code="INTERNAL_ERROR").answer(request.path)
