"""What Jamf Pro remembers, in one SQLite file, and what each of its two nodes has seen of it.

The file is what the nodes share: a name taken on one is taken on both. What a node has not heard of yet it reads as it
was before: an object's state before the first change that the other node made within the lag.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sandbox.state_file import StateFile

SCHEMA = """
CREATE TABLE IF NOT EXISTS thing (
    kind TEXT NOT NULL, id INTEGER NOT NULL, name TEXT COLLATE NOCASE, owner INTEGER, state TEXT, due REAL,
    body TEXT NOT NULL, PRIMARY KEY (kind, id));
CREATE UNIQUE INDEX IF NOT EXISTS thing_by_name ON thing (kind, name) WHERE name IS NOT NULL;
CREATE INDEX IF NOT EXISTS thing_by_owner ON thing (kind, owner);
CREATE INDEX IF NOT EXISTS thing_by_due ON thing (due) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS last_id (kind TEXT PRIMARY KEY, id INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id INTEGER NOT NULL, node TEXT NOT NULL,
    at REAL NOT NULL, name TEXT, before TEXT);
"""
LONGEST_LAG_SECONDS = 600.0

Json = dict[str, Any]


class Kind(StrEnum):
    PROFILE = "profile"
    GROUP = "group"
    SCRIPT = "script"
    POLICY = "policy"
    COMPUTER = "computer"
    COMMAND = "command"
    RUN = "run of a policy"
    TOKEN = "token"
    SETTINGS = "settings"
    CHECK_IN = "check-in"


# What people write through the API, and each node keeps in memory for a while.
CLUSTERED = {Kind.PROFILE, Kind.GROUP, Kind.SCRIPT, Kind.POLICY}


@dataclass(frozen=True)
class Thing:
    """`state` and `due` (unix seconds) are those of commands and computers: what is to be done, and when."""

    id: int
    name: str | None
    body: Json
    owner: int | None = None
    state: str | None = None
    due: float | None = None


@dataclass(frozen=True, kw_only=True)
class Node:
    """Whose view is asked for, and for how long it misses what the other node did."""

    name: str
    lag_seconds: float


class Database:
    """What may be asked and changed within one transaction."""

    def __init__(self, connection: sqlite3.Connection, node: Node) -> None:
        self._connection = connection
        self._node = node

    def things(
        self, kind: Kind, *, owner: int | None = None, states: Iterable[str] = (), due_by: float | None = None
    ) -> list[Thing]:
        query, values = "SELECT id, name, body, owner, state, due FROM thing WHERE kind = ?", [kind]
        if owner is not None:
            query, values = f"{query} AND owner = ?", [*values, owner]
        if wanted := list(states):
            query, values = f"{query} AND state IN ({', '.join('?' * len(wanted))})", [*values, *wanted]
        if due_by is not None:
            query, values = f"{query} AND due <= ?", [*values, due_by]
        return [_thing(row) for row in self._connection.execute(f"{query} ORDER BY id", values)]

    def get(self, kind: Kind, identifier: int) -> Thing | None:
        return self._one("id", kind, identifier)

    def named(self, kind: Kind, name: str) -> Thing | None:
        return self._one("name", kind, name)

    def seen(self, kind: Kind, identifier: int) -> Thing | None:
        """As this node knows it."""
        unseen = [change for change in self._unseen(kind) if change.id == identifier]
        return _as_before(unseen[0]) if unseen else self.get(kind, identifier)

    def all_seen(self, kind: Kind) -> list[Thing]:
        found = {thing.id: thing for thing in self.things(kind)}
        for change in reversed(self._unseen(kind)):  # the earliest unseen change of each has the last word
            found.pop(change.id, None)
            if before := _as_before(change):
                found[change.id] = before
        return [found[identifier] for identifier in sorted(found)]

    def seen_named(self, kind: Kind, name: str) -> Thing | None:
        wanted = name.casefold()
        return next((thing for thing in self.all_seen(kind) if (thing.name or "").casefold() == wanted), None)

    def add(
        self,
        kind: Kind,
        body: Json,
        *,
        name: str | None = None,
        owner: int | None = None,
        state: str | None = None,
        due: float | None = None,
    ) -> Thing:
        """Ids count up and are never used again."""
        row = self._connection.execute(
            "INSERT INTO last_id (kind, id) VALUES (?, 1) ON CONFLICT (kind) DO UPDATE SET id = id + 1 RETURNING id",
            (kind,),
        ).fetchone()
        thing = Thing(row[0], name, body, owner, state, due)
        self._remember(kind, thing.id, None)
        self._connection.execute(
            "INSERT INTO thing (kind, id, name, owner, state, due, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (kind, thing.id, name, owner, state, due, json.dumps(body)),
        )
        return thing

    def change(self, kind: Kind, thing: Thing) -> None:
        """Writes the thing as given."""
        self._remember(kind, thing.id, self.get(kind, thing.id))
        self._connection.execute(
            "UPDATE thing SET name = ?, owner = ?, state = ?, due = ?, body = ? WHERE kind = ? AND id = ?",
            (thing.name, thing.owner, thing.state, thing.due, json.dumps(thing.body), kind, thing.id),
        )

    def remove(self, kind: Kind, identifier: int) -> None:
        self._remember(kind, identifier, self.get(kind, identifier))
        self._connection.execute("DELETE FROM thing WHERE kind = ? AND id = ?", (kind, identifier))

    def all_known(self) -> None:
        """Both nodes have heard of everything until now."""
        self._connection.execute("DELETE FROM change")

    def _one(self, column: str, kind: Kind, value: int | str) -> Thing | None:
        query = f"SELECT id, name, body, owner, state, due FROM thing WHERE kind = ? AND {column} = ?"  # noqa: S608  our own column names
        row = self._connection.execute(query, (kind, value)).fetchone()
        return _thing(row) if row else None

    def _remember(self, kind: Kind, identifier: int, before: Thing | None) -> None:
        if kind not in CLUSTERED:
            return
        now = time.time()
        self._connection.execute("DELETE FROM change WHERE at < ?", (now - LONGEST_LAG_SECONDS,))
        self._connection.execute(
            "INSERT INTO change (kind, id, node, at, name, before) VALUES (?, ?, ?, ?, ?, ?)",
            (
                *(kind, identifier, self._node.name, now),
                *((before.name, json.dumps(before.body)) if before else (None, None)),
            ),
        )

    def _unseen(self, kind: Kind) -> list[_Change]:
        """What the other node changed within the lag, and this one has not written over; oldest first."""
        if self._node.lag_seconds <= 0:
            return []
        rows = self._connection.execute(
            "SELECT id, name, before FROM change AS c WHERE kind = ? AND node <> ? AND at > ? AND NOT EXISTS"
            " (SELECT 1 FROM change WHERE kind = c.kind AND id = c.id AND node = ? AND seq > c.seq) ORDER BY seq",
            (kind, self._node.name, time.time() - self._node.lag_seconds, self._node.name),
        )
        return [_Change(*row) for row in rows]


@dataclass(frozen=True)
class _Change:
    id: int
    name: str | None
    before: str | None


class Store(StateFile):
    """The file under `home`."""

    def __init__(self, home: Path) -> None:
        super().__init__(home / "jamf.sqlite3", SCHEMA)

    @contextmanager
    def transaction(self, node: Node) -> Generator[Database]:
        """On disk when the block ends, or not at all when it raises."""
        with self.begun() as connection:
            yield Database(connection, node)

    def token_ends(self, digest: str) -> float | None:
        """In unix seconds: asked before the call that bears the token has a transaction."""
        found = self._first("SELECT due FROM thing WHERE kind = ? AND name = ?", Kind.TOKEN, digest)
        return found[0] if found else None

    def anything_due(self, now: float) -> bool:
        """Whether a Mac that is online has something to do."""
        query = (
            "SELECT 1 FROM thing AS t LEFT JOIN thing AS mac ON mac.kind = 'computer' AND mac.id = t.owner"
            " WHERE t.due <= ? AND (t.kind = 'computer' AND t.state = 'online'"
            " OR t.kind = 'command' AND mac.state = 'online') LIMIT 1"
        )
        return self._first(query, now) is not None

    def _first(self, query: str, *values: Any) -> Any:
        with closing(self.connect()) as connection:
            return connection.execute(query, values).fetchone()


def _thing(row: tuple[Any, ...]) -> Thing:
    return Thing(row[0], row[1], json.loads(row[2]), *row[3:])


def _as_before(change: _Change) -> Thing | None:
    return None if change.before is None else Thing(change.id, change.name, json.loads(change.before))
