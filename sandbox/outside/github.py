"""GitHub's GraphQL API for one organization: searches of pull requests and issues, pages, and a limit of points.

A query is held to the part of GitHub's schema in `github.graphql`; a search that has anything else in it than is known
here fails, and never finds in silence.
"""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.outside.github_work import WEEK, Json, Pace, bugs, logins, monday_of, pull_requests
from sandbox.settings import GITHUB_TOKEN

HOST = "api.github.com"
ORGANIZATION = "acme"
POINTS, HOUR = 5000, 3600
RESULTS_AT_MOST, PAGE_AT_MOST = 1000, 100
_QUALIFIER = re.compile(r'([a-z]+):("[^"]*"(?:,"[^"]*")*|[^\s"]+)(?:\s+|$)')
_SECRET = ("Bearer ", "token ")

Answer = tuple[int, dict[str, str], bytes]


class NotKnownError(Exception):
    """What this stand-in cannot answer rightly."""


@dataclass
class Github:
    """`pace` and the points left are the sandbox's to set."""

    pace: Pace = field(default_factory=Pace)
    _left: int = POINTS
    _reset: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def told(self) -> dict[str, Any]:
        return {"better_from": str(self.pace.better_from), "better_by": self.pace.better_by, "points": self._left}

    def tell(self, payload: Any) -> dict[str, Any]:
        """The control route: `{"better_from": "2026-09-07", "better_by": 0.25, "points": 5000}`, or some of it."""
        if not isinstance(payload, dict) or payload.keys() - {"better_from", "better_by", "points"}:
            raise ValueError("must be an object of better_from, better_by and points")
        begins = monday_of(date.fromisoformat(payload.get("better_from", str(self.pace.better_from))))
        by = float(payload.get("better_by", self.pace.better_by))
        if not -0.9 <= by <= 0.9:
            raise ValueError("better_by is a share from -0.9 to 0.9")
        self.pace = Pace(begins, by)
        with self._lock:
            self._left, self._reset = int(payload.get("points", self._left)), time.time() + HOUR
        return self.told()

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        token = headers.get("authorization", "")
        if not any(token == f"{scheme}{GITHUB_TOKEN}" for scheme in _SECRET):
            return _json(401, {"message": "Bad credentials", "documentation_url": "https://docs.github.com/graphql"})
        if (method, path) != ("POST", "/graphql"):
            return _json(404, {"message": "Not Found", "documentation_url": "https://docs.github.com/graphql"})
        limits, may = self._spend()
        if not may:
            error = {"type": "RATE_LIMITED", "message": "API rate limit exceeded"}
            return _json(200, {"errors": [error]}, limits)
        try:
            asked = json.loads(body)
            found = self._executed(asked["query"], asked.get("variables") or {})
        except (ValueError, KeyError, TypeError):
            return _json(400, {"message": "Problems parsing JSON"}, limits)
        except NotKnownError as error:
            return _json(501, {"message": f"The sandbox lacks this: {error}"}, limits)
        return _json(200, found, limits)

    def _spend(self) -> tuple[dict[str, str], bool]:
        with self._lock:
            if time.time() >= self._reset:
                self._left, self._reset = max(self._left, POINTS), time.time() + HOUR
            may = self._left > 0
            self._left -= may
            told = {"limit": POINTS, "remaining": self._left, "used": POINTS - self._left, "reset": int(self._reset)}
        return {f"X-RateLimit-{name.capitalize()}": str(value) for name, value in told.items()}, may

    def _executed(self, query: str, variables: Mapping[str, Any]) -> Json:
        from graphql import graphql_sync

        root = {"user": self._user, "search": self._search}
        result = graphql_sync(_schema(), query, root, variable_values=dict(variables))
        found: Json = {"data": result.data}
        if errors := [_error(error) for error in result.errors or ()]:
            found["errors"] = errors
        return found

    def _user(self, _: Any, login: str) -> Json:
        if login.lower() not in logins():
            raise LookupError(f"Could not resolve to a User with the login of '{login}'.")
        return {"__typename": "User", "login": login.lower()}

    def _search(self, _: Any, *, query: str, first: int = 10, after: str | None = None, **__: Any) -> Json:
        if not 1 <= first <= PAGE_AT_MOST:
            raise NotKnownError(f"pages of {first}")
        found = self._found(qualifiers(query))
        begin = int(base64.b64decode(after).decode().removeprefix("cursor:")) if after else 0
        end = min(begin + first, len(found), RESULTS_AT_MOST)
        cursor = base64.b64encode(f"cursor:{end}".encode()).decode() if end > begin else None
        return {
            "issueCount": len(found),
            "pageInfo": {"hasNextPage": end < min(len(found), RESULTS_AT_MOST), "endCursor": cursor},
            "nodes": [_node(one) for one in found[begin:end]],
        }

    def _found(self, given: dict[str, list[str]]) -> list[Json]:
        if given.pop("org", None) != [ORGANIZATION]:
            return []
        given.pop("sort", None)
        match given:
            case {"is": ["pr", "merged"], "author": [login], "merged": [span], **rest} if not rest:
                begin, _, end = span.partition("..")
                weeks = _weeks(date.fromisoformat(begin[:10]), date.fromisoformat(end[:10]))
                made = [one for week in weeks for one in _prs(login, week, self.pace)]
                return [one for one in made if begin <= one["mergedAt"] <= end]
            case {"is": ["issue"], "assignee": [login], "label": [label], "updated": [since], **rest} if not rest:
                if '"bug"' not in label or login.lower() not in logins() or not since.startswith(">="):
                    return []
                begin = monday_of(date.fromisoformat(since[2:12]))
                return bugs(login.lower(), begin, monday_of(datetime.now(UTC).date()), self.pace)
            case _:
                raise NotKnownError(f"a search of {given}")


def qualifiers(query: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    at = 0
    while at < len(query):
        match = _QUALIFIER.match(query, at)
        if not match:
            raise NotKnownError(f"a search of text: {query[at : at + 40]}")
        found.setdefault(match[1], []).append(match[2])
        at = match.end()
    return found


def _prs(login: str, monday: date, pace: Pace) -> tuple[Json, ...]:
    return pull_requests(login.lower(), monday, pace.at(monday)) if login.lower() in logins() else ()


def _weeks(first: date, last: date) -> list[date]:
    begin = monday_of(first)
    return [begin + WEEK * n for n in range((last - begin).days // 7 + 1)]


def _node(one: Json) -> Json:
    """With what has arguments as the functions that the executor calls."""
    people = [{"__typename": "User", "login": login} for login in one.get("assignees", ())]
    return {
        **one,
        "assignees": lambda _, first=10: {"nodes": people[:first]},
        "timelineItems": lambda _, **how: {"nodes": _items(one, **how)},
    }


def _items(one: Json, first: int = 10, since: str | None = None, itemTypes: list[str] | None = None) -> list[Json]:  # noqa: N803
    wanted = {word.replace("_", "").lower() for word in itemTypes or ()}
    items = [item for item in one["items"] if not wanted or item["__typename"].lower() in wanted]
    return [item for item in items if not since or item.get("createdAt", "9") >= since][:first]


def _error(error: Any) -> Json:
    kind = {"type": "NOT_FOUND"} if isinstance(error.original_error, LookupError) else {}
    if isinstance(error.original_error, NotKnownError):
        raise error.original_error
    return {**kind, "message": error.message, **({"path": error.path} if error.path else {})}


@cache
def _schema() -> Any:
    from graphql import build_schema

    return build_schema(Path(__file__).with_suffix(".graphql").read_text(encoding="utf-8"))


def _json(status: int, body: Json, headers: Mapping[str, str] | None = None) -> Answer:
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return status, {**kind, **(headers or {}), "X-RateLimit-Resource": "graphql"}, json.dumps(body).encode()
