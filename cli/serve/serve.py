"""`rollout serve`: the pages, until Ctrl-C."""

from __future__ import annotations

import html
import secrets
from datetime import UTC, datetime
from pathlib import Path

from cli.live import report as facts
from cli.live import status as state
from cli.stack_file.listing import stack_path
from cli.terminal.errors import CommandError
from rollout.model.errors import StackFileError
from rollout.report.figures import figures
from rollout.report.page import page

HOST = "127.0.0.1"
# Nobody needs it newer, and each reading asks the engine, AWS and Okta; the report's asks Logs Insights, which costs.
STATUS_SECONDS, REPORT_SECONDS = 20, 600
NO_FRAMEWORK = "`rollout serve` needs Flask: install the product with its extra, claude-code-rollout[serve]"


def run(stack: str, port: int) -> None:
    """Until it is stopped. CommandError where it cannot begin."""
    try:
        from werkzeug.serving import WSGIRequestHandler, make_server

        from cli.serve.app import Shown, made
        from cli.serve.pages import Failure
        from cli.serve.reading import Reading
    except ModuleNotFoundError:
        raise CommandError(NO_FRAMEWORK) from None
    project = stack_path(Path.cwd(), stack).parent

    def status() -> tuple[state.Status | Failure, datetime]:
        now = datetime.now(UTC)
        try:
            rollout, told = state.read(project, stack, now)
        except (CommandError, StackFileError) as error:
            return Failure(lines=tuple(str(error).splitlines())), now
        return state.status(stack, rollout, told, now), now

    def report() -> str:
        try:
            return page(figures(facts.read(project, stack, datetime.now(UTC), None)))
        except (CommandError, StackFileError) as error:
            return f"<!doctype html><title>No report</title><pre>{html.escape(str(error))}</pre>"

    class Quiet(WSGIRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Nobody reads a line for each refresh."""

        def version_string(self) -> str:
            return "rollout"

    shown = Shown(
        stack=stack,
        status=Reading(status, STATUS_SECONDS),
        report=Reading(report, REPORT_SECONDS),
        key=secrets.token_urlsafe(24),
        port=port,
        report_seconds=REPORT_SECONDS,
    )
    try:
        server = make_server(HOST, port, made(shown), threaded=True, request_handler=Quiet)
    except (OSError, SystemExit):
        raise CommandError(f"--port: {port} of {HOST} cannot be had; name another one") from None
    print(f"status and report of {stack}: http://{HOST}:{port}/?key={shown.key}\nCtrl-C ends it", flush=True)
    with server:
        server.serve_forever()
