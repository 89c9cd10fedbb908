"""The sandbox's own routes, around each cloud: health, a journal of calls, and faults on demand.

    GET    /sandbox/health   {"name", "names", "pid"}
    GET    /sandbox/calls    [{"n", "at" (unix seconds), "service", "operation", "path", "status"}], oldest first
    DELETE /sandbox/calls
    GET    /sandbox/faults   what is armed
    POST   /sandbox/faults   {"match", "status", "times" | "every", "headers", "after", "code"}
    DELETE /sandbox/faults

No body, header or query of a call is kept. Calls to these routes are not journalled and never fail on demand.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from typing import Any, Protocol
from wsgiref.types import StartResponse, WSGIApplication

from werkzeug.test import run_wsgi_app

PREFIX = "/sandbox/"
CAPACITY = 20_000
TOLD_TO_FAIL = "The sandbox was told to fail this call."
ROUTES = {
    ("GET", "health"),
    ("GET", "calls"),
    ("DELETE", "calls"),
    ("GET", "faults"),
    ("POST", "faults"),
    ("DELETE", "faults"),
}

_JSON = (("Content-Type", "application/json"),)

Environ = dict[str, Any]
# Status, header pairs (Okta's Link comes several times) and body.
Answer = tuple[int, list[tuple[str, str]], bytes]
Route = Callable[[Any], Any]


class Dialect(Protocol):
    """How one cloud names its calls and words its errors."""

    def describe(self, environ: Environ) -> tuple[str, str]:
        """(service, operation), without secrets."""
        ...

    def error(self, environ: Environ, status: int, code: str | None, message: str) -> tuple[dict[str, str], bytes]:
        """Headers and body of an error answer; None stands for the status's usual code."""
        ...

    def admits(self, environ: Environ) -> bool:
        """Whether the caller may use the control routes."""
        ...


@dataclass(frozen=True, kw_only=True)
class Call:
    n: int
    at: float
    service: str
    operation: str
    path: str
    status: int


class Journal:
    """The last `CAPACITY` calls. Numbers go on after a clear, so that two readings can be told apart."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._calls: deque[Call] = deque(maxlen=capacity)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def add(self, at: float, service: str, operation: str, status: int, path: str = "") -> None:
        with self._lock:
            made = Call(n=next(self._numbers), at=at, service=service, operation=operation, path=path, status=status)
            self._calls.append(made)

    def all(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(call) for call in self._calls]

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()


class BadFault(ValueError):  # noqa: N818 - reads as what it is
    """What is wrong with a fault that was asked for."""


@dataclass(kw_only=True)
class Fault:
    """Fails the next `times` calls that match, or every `every`-th of them.

    `after` performs the call first: the effect is there, the answer is lost.
    """

    match: str
    status: int
    times: int | None = None
    every: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    after: bool = False
    code: str | None = None
    seen: int = 0

    def __post_init__(self) -> None:
        if self.times is not None and self.every is not None:
            raise BadFault("times, every: give one of them")
        if self.times is None and self.every is None:
            self.times = 1
        counts = [count for count in (self.times, self.every) if count is not None]
        if min(counts) < 1:
            raise BadFault("times, every: must be a whole number from 1")
        if not 400 <= self.status <= 599:
            raise BadFault(f"status: must be from 400 to 599: {self.status}")
        try:
            re.compile(self.match)
        except (re.error, TypeError) as error:
            raise BadFault(f"match: not a regular expression: {error}") from error

    def strikes(self, names: Iterable[str]) -> bool:
        if not any(re.search(self.match, name) for name in names):
            return False
        self.seen += 1
        return self.seen <= self.times if self.times is not None else self.seen % (self.every or 1) == 0

    @property
    def spent(self) -> bool:
        return self.times is not None and self.seen >= self.times


class Faults:
    """What is armed; the first fault that matches a call strikes."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []
        self._lock = threading.Lock()

    def arm(self, wanted: Any) -> Fault:
        known = {"match", "status", "times", "every", "headers", "after", "code"}
        if not isinstance(wanted, dict) or not {"match", "status"} <= wanted.keys() <= known:
            raise BadFault(f"must be an object with match and status, and of {', '.join(sorted(known))}")
        wrong = [name for name in ("status", "times", "every") if type(wanted.get(name, 1)) is not int]
        if wrong:
            raise BadFault(f"{wrong[0]}: must be a whole number: {wanted[wrong[0]]}")
        fault = Fault(**wanted)
        with self._lock:
            self._armed.append(fault)
        return fault

    def strike(self, names: Iterable[str]) -> Fault | None:
        names = tuple(names)
        with self._lock:
            struck = next((fault for fault in self._armed if fault.strikes(names)), None)
            self._armed = [fault for fault in self._armed if not fault.spent]
        return struck

    def all(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._armed]

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()


class Control:
    """WSGI middleware: `name` is this cloud's, `names` those of all that the process serves."""

    def __init__(
        self,
        app: WSGIApplication,
        *,
        name: str,
        names: Iterable[str],
        dialect: Dialect,
        routes: Mapping[tuple[str, str], Route] | None = None,
    ) -> None:
        self.app = app
        self.journal = Journal()
        self.faults = Faults()
        self._dialect = dialect
        self._health = {"name": name, "names": list(names), "pid": os.getpid()}
        self._extra = dict(routes or {})

    def _own(self, method: str, route: str, payload: Any) -> Any:
        match method, route:
            case "GET", "health":
                return self._health
            case "GET", "calls":
                return self.journal.all()
            case "DELETE", "calls":
                return self.journal.clear()
            case "GET", "faults":
                return self.faults.all()
            case "POST", "faults":
                return asdict(self.faults.arm(payload))
            case "DELETE", "faults":
                return self.faults.clear()
            case _:
                return self._extra[method, route](payload)

    def _control(self, environ: Environ, route: str) -> Answer:
        method = environ["REQUEST_METHOD"]
        if not self._dialect.admits(environ):
            return self._refusal(environ, 401, None, "The control routes want the API token.")
        try:
            length = int(environ.get("CONTENT_LENGTH") or 0)
            payload = json.loads(environ["wsgi.input"].read(length)) if length else None
            result = self._own(method, route, payload)
        except (ValueError, TypeError) as error:
            return 400, list(_JSON), json.dumps({"error": str(error)}).encode()
        if result is None:
            return 204, [], b""
        return 200, list(_JSON), json.dumps(result).encode()

    def _owns(self, environ: Environ) -> str | None:
        """The control route a request is for. Paths below /sandbox/ that are not ours belong to the application."""
        path = environ["PATH_INFO"]
        route = path.removeprefix(PREFIX)
        if route == path:
            return None
        return route if (environ["REQUEST_METHOD"], route) in ROUTES | self._extra.keys() else None

    def _call(self, environ: Environ) -> Answer:
        try:
            body, status, headers = run_wsgi_app(self.app, environ, buffered=True)
        except NotImplementedError as error:  # 501: clients do not try again
            return self._refusal(environ, 501, "NotImplemented", f"The sandbox lacks this: {error}")
        except Exception as error:
            traceback.print_exc()
            return self._refusal(environ, 500, None, f"The sandbox failed: {type(error).__name__}: {error}")
        return int(status.split(" ", 1)[0]), list(headers), b"".join(body)

    def _journalled(self, environ: Environ) -> Answer:
        at, path = time.time(), environ["PATH_INFO"]
        service, operation = self._dialect.describe(environ)
        fault = self.faults.strike({f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}", operation})
        answer = self._call(environ) if fault is None else self._failure(environ, fault)
        self.journal.add(at, service, operation, answer[0], path)
        return answer

    def _failure(self, environ: Environ, fault: Fault) -> Answer:
        # Worded first: the application may consume the request.
        status, headers, body = self._refusal(environ, fault.status, fault.code, TOLD_TO_FAIL)
        if fault.after:
            self._call(environ)
        replaced = {name.lower() for name in fault.headers}
        kept = [(name, value) for name, value in headers if name.lower() not in replaced]
        return status, [*kept, *fault.headers.items()], body

    def _refusal(self, environ: Environ, status: int, code: str | None, message: str) -> Answer:
        headers, body = self._dialect.error(environ, status, code, message)
        return status, list(headers.items()), body

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        route = self._owns(environ)
        status, headers, body = self._control(environ, route) if route else self._journalled(environ)
        if status != 204 and not any(key.lower() == "content-length" for key, _ in headers):
            headers.append(("Content-Length", str(len(body))))
        start_response(f"{status} {_reason(status)}", headers)
        return [body]


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
