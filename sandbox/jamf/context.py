"""What a request handler may reach: the Jamf Pro it serves, its transaction on its node, its body."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, cast

from flask import Response, current_app, g, request

from sandbox.jamf.errors import JamfError
from sandbox.jamf.settings import JamfSettings
from sandbox.jamf.store import Database, Json, Kind, Node, Store
from sandbox.state_file import of_request

COOKIE = "jpro-ingress"
# The cookie's value -> the node it pins.
NODES = {"9d1cfa2c7b5e": "node-1", "41b7e0c8d66a": "node-2"}
MOST_CONNECTIONS = 5  # Jamf's advice; more are served, and counted


@dataclass
class Connections:
    """How many calls were at work at once."""

    now: int = 0
    most: int = 0
    over: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self) -> None:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.over += self.now > MOST_CONNECTIONS

    def leave(self) -> None:
        with self.lock:
            self.now -= 1

    def forget(self) -> None:
        with self.lock:
            self.most = self.over = 0


@dataclass(kw_only=True)
class Jamf:
    store: Store
    client_id: str
    client_secret: str
    home: Path  # of the Macs' files
    settings: JamfSettings = field(default_factory=JamfSettings)
    connections: Connections = field(default_factory=Connections)
    turn: count[int] = field(default_factory=count)
    updates: count[int] = field(default_factory=count)
    creating: dict[Kind, threading.Lock] = field(default_factory=lambda: {kind: threading.Lock() for kind in Kind})
    fleet: threading.Lock = field(default_factory=threading.Lock)

    def node(self, name: str = "node-1") -> Node:
        return Node(name=name, lag_seconds=self.settings.lag_seconds)


def jamf() -> Jamf:
    return cast("Jamf", current_app.extensions["jamf"])


def choose_node() -> None:
    """By the cookie; without one, each in turn."""
    pinned = request.cookies.get(COOKIE, "")
    g.fresh_cookie = None if pinned in NODES else list(NODES)[next(jamf().turn) % len(NODES)]
    g.node = NODES[g.fresh_cookie or pinned]


def pin(response: Response) -> Response:
    if g.get("fresh_cookie"):
        response.set_cookie(COOKIE, g.fresh_cookie, path="/", httponly=True)
    return response


def database() -> Database:
    """This request's transaction, on its node."""
    return Database(of_request(jamf().store), jamf().node(g.node))


@contextmanager
def creating(kind: Kind) -> Generator[None]:
    """One create of a type at a time; another that meets it fails, as parallel creates do."""
    lock = jamf().creating[kind]
    if not lock.acquire(blocking=False):
        raise JamfError(500, "Another object of this type is being created", code="INTERNAL_ERROR")
    try:
        time.sleep(jamf().settings.create_seconds)
        yield
    finally:
        lock.release()


def json_body() -> Json:
    """The request's JSON object."""
    try:
        body: Any = json.loads(request.get_data())
    except ValueError:
        raise JamfError(400, "The request body is not JSON", code="INVALID_JSON") from None
    if not isinstance(body, dict):
        raise JamfError(400, "The request body is not an object", code="INVALID_JSON")
    return cast("Json", body)
