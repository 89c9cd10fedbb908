"""Okta's API over HTTP, with the retries of the official plug-in's two modes.

With `httpProxy` set every request goes to that address in absolute form, whatever the organization; otherwise to
`https://<orgName>.<baseUrl>`. The modes retry differently.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from sandbox.plugins.framework.errors import PluginError
from sandbox.plugins.framework.waiting import sleep

if TYPE_CHECKING:
    import urllib3

PAGE = 200
_READABLE = ("application/json", "application/xml", "application/problem+json", "text/xml")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`proxy` is empty in production; `backoff` off means no retries there."""

    org: str
    base_url: str
    authorization: str
    proxy: str = ""
    backoff: bool = True
    max_retries: int = 5
    min_wait_seconds: int = 30
    max_wait_seconds: int = 300
    request_timeout: int = 0

    @property
    def address(self) -> str:
        return self.proxy.rstrip("/") or f"https://{self.org}.{self.base_url}"


class OktaError(Exception):
    """An answer of 400 or above: its status and Okta's own words."""

    def __init__(self, method: str, path: str, status: int, reason: str, body: bytes) -> None:
        self.status = status
        self.reason = reason
        self.request = f"{method} {path}"
        super().__init__(f"{self.request}: {status} {reason}: {_summary(body)}")


class UnreachableError(PluginError):
    """Nobody answered."""


def _summary(body: bytes) -> str:
    try:
        document = json.loads(body)
        causes = [cause["errorSummary"] for cause in document.get("errorCauses", ())]
        return f"the API returned an error: {document['errorSummary']}" + "".join(f". Cause: {c}" for c in causes)
    except (ValueError, KeyError, TypeError, AttributeError):
        return "the API returned an error without an explanation"


class Okta:
    """Safe to use from many threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pipeline: str | None = None
        self._lock = threading.Lock()

    def get(self, path: str, accept: str = "application/json", **query: Any) -> Any:
        return self._request("GET", _with_query(path, query), accept=accept)[0]

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        return self._request("POST", _with_query(path, query), body)[0]

    def put(self, path: str, body: Any = None, *, retry_500: bool = False) -> Any:
        return self._request("PUT", path, body, retry_500=retry_500)[0]

    def delete(self, path: str) -> None:
        self._request("DELETE", path)

    def pages(self, path: str, **query: Any) -> list[Any]:
        """All items: the first request has the query, each further one the query and the link's own."""
        items: list[Any] = []
        visited: set[str] = set()
        target = _with_query(path, query)
        while True:
            if target in visited:
                raise PluginError(f"GET {target}: the next page is one already read: send one Link header per relation")
            visited.add(target)
            page, headers = self._request("GET", target)
            items += page or []
            following = _next_link(headers)
            if following is None:
                return items
            link = urlsplit(following)
            target = _with_query(link.path, query | dict(parse_qsl(link.query)))

    def is_classic(self) -> bool:
        """Asked once per process; classic organizations have no policies for apps. Who does not say is on Identity
        Engine."""
        with self._lock:
            if self._pipeline is None:
                try:
                    said = self.get("/.well-known/okta-organization") or {}
                except (OktaError, PluginError):
                    said = {}
                self._pipeline = str(said.get("pipeline", "idx"))
            return self._pipeline == "v1"

    @cached_property
    def _pool(self) -> urllib3.HTTPConnectionPool:
        import urllib3

        timeout = self._settings.request_timeout or None
        return urllib3.connection_from_url(self._settings.address, maxsize=64, timeout=timeout)

    def _request(
        self, method: str, target: str, body: Any = None, *, accept: str = "application/json", retry_500: bool = False
    ) -> tuple[Any, Any]:
        headers = {"Authorization": self._settings.authorization, "Accept": accept, "User-Agent": "claude-code-rollout"}
        payload = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            payload = json.dumps(body).encode()
        absolute = f"{self._settings.address}{target}" if self._settings.proxy else target
        for attempt in range(self._settings.max_retries + 1):
            last = attempt == self._settings.max_retries
            try:
                response = self._send(method, absolute, payload, headers)
            except UnreachableError:
                # As a passing fault, which ends when the retries do: 751 s with the settings' defaults (measured).
                if last or self._settings.proxy or not self._settings.backoff:
                    raise
                sleep(self._backoff(attempt))
                continue
            wait = self._wait(response, attempt, retry_500=retry_500)
            if wait is None or last:
                return self._result(method, target, response)
            if self._settings.proxy:
                headers["X-Okta-Retry-Count"] = str(attempt + 1)
                headers["X-Okta-Retry-For"] = response.headers.get("X-Okta-Request-Id", "")
            sleep(wait)
        raise AssertionError("unreachable")

    def _send(self, method: str, url: str, payload: bytes | None, headers: dict[str, str]) -> Any:
        import urllib3

        try:
            return self._pool.urlopen(
                method, url, body=payload, headers=headers, retries=False, redirect=False, assert_same_host=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise UnreachableError(f"Okta cannot be reached at {self._settings.address}: {error}") from error

    def _wait(self, response: Any, attempt: int, *, retry_500: bool) -> float | None:
        """Seconds until the next attempt, or None to take the answer."""
        settings = self._settings
        if settings.proxy:
            return self._wait_for_reset(response) if response.status == 429 else None
        retried = response.status == 429 or response.status > 500 or (retry_500 and response.status == 500)
        if not retried or not settings.backoff:
            return None
        if response.headers.get("Retry-After", "").isdecimal():
            return float(response.headers["Retry-After"])
        return self._backoff(attempt)

    def _backoff(self, attempt: int) -> float:
        return float(min(self._settings.min_wait_seconds * 2**attempt, self._settings.max_wait_seconds))

    def _wait_for_reset(self, response: Any) -> float | None:
        reset, date = response.headers.get("X-Rate-Limit-Reset"), response.headers.get("Date")
        if not reset or not date:
            return None
        seconds = float(reset) - parsedate_to_datetime(date).timestamp() + 1
        return float(min(max(seconds, 1), self._settings.max_wait_seconds))

    @staticmethod
    def _result(method: str, target: str, response: Any) -> tuple[Any, Any]:
        path = target.split("?", maxsplit=1)[0]
        if response.status >= 400:
            raise OktaError(method, path, response.status, response.reason or "", response.data)
        if not response.data:
            return None, response.headers
        kind = response.headers.get("Content-Type", "").split(";", maxsplit=1)[0].strip()
        if kind not in _READABLE:
            raise PluginError(f"{method} {path}: the answer is neither JSON nor XML: {kind or 'no Content-Type'}")
        try:
            body = response.data.decode() if "xml" in kind else json.loads(response.data)
        except ValueError as error:
            raise PluginError(f"{method} {path}: the answer cannot be read: {error}") from error
        return body, response.headers


def encoded(query: Mapping[str, Any]) -> str:
    """In the order of their names, as Go sends them."""
    return urlencode(sorted(query.items()))


def _with_query(path: str, query: Mapping[str, Any]) -> str:
    return f"{path}?{encoded(query)}" if query else path


def _next_link(headers: Any) -> str | None:
    """One header line per relation: of a joined line only the first address is seen."""
    for line in headers.getlist("Link"):
        address = re.match(r'\s*<([^>]*)>.*rel="next"', line)
        if address:
            return address[1]
    return None


def gone(error: Exception) -> bool:
    return isinstance(error, OktaError) and error.status == 404
