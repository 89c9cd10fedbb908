"""The organization's state: things and the links between them, in one SQLite file.

A thing is a user, group, app, grant or key with a JSON body; a link joins a group to a member or an app to a group.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sandbox.state_file import StateFile

SCHEMA = """
CREATE TABLE IF NOT EXISTS thing (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL UNIQUE, name TEXT,
    parent TEXT REFERENCES thing(id) ON DELETE CASCADE, body TEXT NOT NULL, UNIQUE (kind, name));
CREATE TABLE IF NOT EXISTS link (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, relation TEXT NOT NULL, body TEXT NOT NULL,
    source TEXT NOT NULL REFERENCES thing(id) ON DELETE CASCADE,
    target TEXT NOT NULL REFERENCES thing(id) ON DELETE CASCADE, UNIQUE (relation, source, target));
CREATE INDEX IF NOT EXISTS thing_by_parent ON thing (parent);
CREATE INDEX IF NOT EXISTS link_by_source ON link (source);
CREATE INDEX IF NOT EXISTS link_by_target ON link (target);
"""

Json = dict[str, Any]


class Kind(StrEnum):
    USER = "user"
    GROUP = "group"
    APP = "app"
    GRANT = "grant"
    ID_TOKEN = "id-token"
    APP_POLICY = "policy of an app"
    KEY = "key"
    DEVICE_CODE = "device code"
    SPENT = "spent code or revoked token"


class Relation(StrEnum):
    MEMBER = "group has member"
    ASSIGNED = "app is assigned to group"


@dataclass(frozen=True)
class Thing:
    seq: int
    id: str
    body: Json


@dataclass(frozen=True)
class Link:
    """A link seen from one end: `thing` is the other."""

    seq: int
    body: Json
    thing: Thing


class Database:
    """What may be asked and changed within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def things(self, kind: Kind, parent: str | None = None) -> list[Thing]:
        found = self._connection.execute(
            "SELECT seq, id, body FROM thing WHERE kind = ? AND (? IS NULL OR parent = ?) ORDER BY seq",
            (kind, parent, parent),
        )
        return [_thing(row) for row in found]

    def get(self, kind: Kind, identifier: str) -> Thing | None:
        return self._one("id", kind, identifier)

    def named(self, kind: Kind, name: str) -> Thing | None:
        return self._one("name", kind, name)

    def add(self, kind: Kind, identifier: str, body: Json, *, name: str | None, parent: str | None = None) -> Thing:
        self._connection.execute(
            "INSERT INTO thing (kind, id, name, parent, body) VALUES (?, ?, ?, ?, ?)",
            (kind, identifier, name, parent, json.dumps(body)),
        )
        row = self._connection.execute("SELECT seq, id, body FROM thing WHERE id = ?", (identifier,)).fetchone()
        return _thing(row)

    def change(self, thing: Thing, body: Json, *, name: str | None) -> Thing:
        self._connection.execute("UPDATE thing SET body = ?, name = ? WHERE id = ?", (json.dumps(body), name, thing.id))
        return Thing(thing.seq, thing.id, body)

    def remove(self, thing: Thing) -> None:
        """With it go its children and every link to it."""
        self._connection.execute("DELETE FROM thing WHERE id = ?", (thing.id,))

    def link(self, relation: Relation, source: Thing, target: Thing, body: Json | None = None) -> None:
        self._connection.execute(
            "INSERT INTO link (relation, source, target, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (relation, source, target) DO UPDATE SET body = excluded.body",
            (relation, source.id, target.id, json.dumps(body or {})),
        )

    def unlink(self, relation: Relation, source: Thing, target: Thing) -> None:
        self._connection.execute(
            "DELETE FROM link WHERE relation = ? AND source = ? AND target = ?", (relation, source.id, target.id)
        )

    def targets(self, relation: Relation, source: Thing) -> list[Link]:
        return self._links("source", "target", relation, source)

    def sources(self, relation: Relation, target: Thing) -> list[Link]:
        return self._links("target", "source", relation, target)

    def _one(self, column: str, kind: Kind, value: str) -> Thing | None:
        query = f"SELECT seq, id, body FROM thing WHERE kind = ? AND {column} = ?"  # noqa: S608  our own column names
        row = self._connection.execute(query, (kind, value)).fetchone()
        return _thing(row) if row else None

    def _links(self, near: str, far: str, relation: Relation, end: Thing) -> list[Link]:
        query = (
            "SELECT link.seq, link.body, thing.seq, thing.id, thing.body FROM link"  # noqa: S608  our own column names
            f" JOIN thing ON thing.id = link.{far} WHERE link.relation = ? AND link.{near} = ? ORDER BY link.seq"
        )
        found = self._connection.execute(query, (relation, end.id))
        return [Link(row[0], json.loads(row[1]), _thing(row[2:])) for row in found]


class Store(StateFile):
    """The file under `home`."""

    def __init__(self, home: Path) -> None:
        super().__init__(home / "okta.sqlite3", SCHEMA)

    @contextmanager
    def transaction(self) -> Generator[Database]:
        """On disk when the block ends, or not at all when it raises."""
        with self.begun() as connection:
            yield Database(connection)


def _thing(row: tuple[int, str, str]) -> Thing:
    return Thing(row[0], row[1], json.loads(row[2]))
