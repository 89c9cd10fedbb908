"""A cloud's state in one SQLite file, and the transaction that a request has with it.

Each transaction has a connection of its own: any thread, or another process, may use the same file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from flask import Flask, Response, g, request

from sandbox.settings import saved_at_the_end

BUSY_SECONDS = 30
READS = {"GET", "HEAD"}


class StateFile:
    """Made when missing, with the schema given."""

    def __init__(self, file: Path, schema: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file
        connection = self.connect()
        try:
            connection.executescript(schema)
        finally:
            connection.close()

    def connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, timeout=BUSY_SECONDS, isolation_level=None)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA synchronous = {'OFF' if saved_at_the_end() else 'FULL'}")
        return connection

    @contextmanager
    def begun(self) -> Generator[sqlite3.Connection]:
        """On disk when the block ends, or not at all when it raises."""
        connection = self.connect()
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        finally:
            connection.close()


def of_request(file: StateFile) -> sqlite3.Connection:
    """This request's transaction, begun at the first call; a refused request leaves no trace."""
    if "connection" not in g:
        g.connection = file.connect()
        g.connection.execute("BEGIN" if request.method in READS else "BEGIN IMMEDIATE")
    return cast("sqlite3.Connection", g.connection)


def keep_transaction() -> None:
    """What this request has written stays, though it is refused."""
    if "connection" in g:
        g.connection.commit()


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
