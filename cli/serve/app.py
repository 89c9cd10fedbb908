"""The web application: three pages to read, for one person, on one machine.

Whatever runs in a browser can send requests to 127.0.0.1, and a name that an attacker points there makes them look like
its own (DNS rebinding). So the Host header must be this server's address, and a key that only the terminal has shown
must have come first: other people on the machine, and other pages, have neither.

A browser sends a cookie of 127.0.0.1 to whatever port of it. So the cookie holds a value of its own, not the key, and
is for one folder whose name nobody can guess: no other server on this machine is asked for that, so none is sent it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from flask import Flask, Response, abort, redirect, request
from werkzeug.wrappers import Response as Answer

from cli.live.status import Status
from cli.serve import pages
from cli.serve.pages import Failure
from cli.serve.reading import Reading

SCRIPT = Path(__file__).with_name("refresh.js")
READING = frozenset({"GET", "HEAD"})
OURS = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:"
# The report has its style within, and says by a hash of its own which.
REPORT = "default-src 'none'; style-src 'unsafe-inline'"
NO_OTHERS = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
NOT_BEGUN = "open the whole address that `rollout serve` printed, its key included"


@dataclass(frozen=True, kw_only=True)
class Shown:
    """`status`: with when it was read. `report`: a page of HTML. `key`: what the address that was printed has.
    `session`: the cookie's value. `room`: the folder that all pages are in."""

    stack: str
    status: Reading[tuple[Status | Failure, datetime]]
    report: Reading[str]
    key: str
    port: int
    every_seconds: int = 30
    report_seconds: int = 600
    session: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    room: str = field(default_factory=lambda: secrets.token_urlsafe(24))


def made(shown: Shown) -> Flask:
    app = Flask(__name__, static_folder=None)
    app.before_request(lambda: _refusal(shown))
    app.after_request(_closed)

    def text(content: Callable[[], str], kind: str) -> Callable[[], Response]:
        return lambda: Response(content(), mimetype=kind)

    def whole() -> str:
        found, at = shown.status.get()
        return pages.page(shown.stack, found, at, shown.every_seconds)

    def part() -> str:
        found, at = shown.status.get()
        return pages.part(shown.stack, found, at)

    def report() -> Response:
        answer = Response(shown.report.get(), mimetype="text/html")
        answer.headers["Refresh"] = str(shown.report_seconds)
        return answer

    within = f"/{shown.room}/"
    app.add_url_rule(within, "page", text(whole, "text/html"))
    app.add_url_rule(f"{within}part", "part", text(part, "text/html"))
    app.add_url_rule(f"{within}report", "report", report)
    app.add_url_rule(f"{within}style.css", "style", text(pages.style, "text/css"))
    app.add_url_rule(f"{within}refresh.js", "script", text(lambda: SCRIPT.read_text("utf-8"), "text/javascript"))
    return app


def _refusal(shown: Shown) -> Answer | None:
    """What a request gets in place of a page; None where it may have it."""
    cookie, within = f"rollout-{shown.port}", f"/{shown.room}/"
    if request.method not in READING:
        abort(405)
    if request.host.lower() not in {f"127.0.0.1:{shown.port}", f"localhost:{shown.port}"}:
        abort(421)
    if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        abort(403)
    if request.path == "/" and _is(shown.key, request.args.get("key")):
        answer = redirect(within, 303)
        answer.set_cookie(cookie, shown.session, httponly=True, samesite="Strict", path=within)
        return answer
    if not request.path.startswith(within) or not _is(shown.session, request.cookies.get(cookie)):
        return Response(f"{NOT_BEGUN}\n", 403, mimetype="text/plain")
    return None


def _closed(answer: Response) -> Response:
    policy = REPORT if request.endpoint == "report" else OURS
    answer.headers.update({**HEADERS, "Content-Security-Policy": f"{policy}; {NO_OTHERS}"})
    return answer


def _is(key: str, given: str | None) -> bool:
    return given is not None and secrets.compare_digest(key.encode(), given.encode())
