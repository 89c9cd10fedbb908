"""GitHub's GraphQL API, read one call at a time: no faster than it allows, no more than it is asked for.

`Paused` is no failure: what was read is kept, and the next run goes on. Everything else that is raised is.
"""

from __future__ import annotations

import json
import logging
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import gidgethub
import httpx
from gidgethub.httpx import GitHubAPI

from rollout.success.github_delivery import UnreadableError
from rollout.success.github_queries import PAGES_AT_MOST, RESULTS_AT_MOST

# Of GitHub's 5,000 points an hour, left for whoever else uses the same account.
POINTS_LEFT = 100
TRIES = 4
# GitHub: without a word of when, wait at least a minute after a secondary limit.
SECONDARY_SECONDS = 60.0
FAILED_SECONDS = 1.0
# Kept free of a run, to write down what it has.
END_SECONDS = 30.0
MAX_BODY_BYTES = 8_000_000
TIMEOUT_SECONDS = 20.0
REQUESTER = "claude-code-rollout"
# What reading an answer of any other shape, a hostile one too, comes to.
NOT_GRAPHQL = (ValueError, LookupError, TypeError, AttributeError, OverflowError, OSError, RecursionError)

log = logging.getLogger(__name__)


class Paused(Exception):  # noqa: N818  no error
    """Enough for this run; says why."""


class StrangerError(Exception):
    """A login that nobody has at GitHub."""


class RefusedError(Exception):
    """GitHub does not let us, and will not until somebody mends it."""


class Reader(GitHubAPI):
    """`left`: seconds until the run must be over."""

    def __init__(self, client: httpx.AsyncClient, token: str, api_url: str, left: Callable[[], float]) -> None:
        super().__init__(client, REQUESTER, oauth_token=token)
        self._endpoint = f"{api_url.rstrip('/')}/graphql"
        self._left = left
        self._points: tuple[int, float] | None = None
        self.requests = 0

    async def search(self, query: str, **variables: Any) -> AsyncIterator[Mapping[str, Any]]:
        """The nodes of all pages. StrangerError where GitHub does not know the login."""
        after: str | None = None
        for _ in range(PAGES_AT_MOST):
            data = await self._asked(query, **variables, after=after)
            found = _part(data, "search")
            if not isinstance(count := found.get("issueCount"), int) or count > RESULTS_AT_MOST:
                raise UnreadableError(f"a search with {str(count)[:20]} results; at most {RESULTS_AT_MOST} can be read")
            for node in cast("list[Any]", found.get("nodes") or []):
                if node:
                    yield node
            page = _part(found, "pageInfo")
            following = page.get("endCursor")
            if page.get("hasNextPage") is not True:
                return
            if not isinstance(following, str) or following == after:
                raise UnreadableError("a page that has no end")
            after = following
        raise UnreadableError(f"more than {PAGES_AT_MOST} pages")

    async def _asked(self, query: str, **variables: Any) -> Mapping[str, Any]:
        try:
            data = await self.graphql(query, endpoint=self._endpoint, **variables)
        except gidgethub.QueryError as error:
            data = self._despite(error.response)
        except (gidgethub.GraphQLException, *NOT_GRAPHQL) as error:
            raise UnreadableError(f"an answer that is none of GraphQL's: {type(error).__name__}") from None
        if not isinstance(data, Mapping):
            raise UnreadableError("an answer without data")
        found = cast("Mapping[str, Any]", data)
        if found.get("user") is None:
            raise StrangerError(variables["login"])
        return found

    def _despite(self, response: Mapping[str, Any]) -> Any:
        """The data of an answer that has errors too: a login nobody has is one of those."""
        errors: Any = response.get("errors")
        kinds = {str(error.get("type")) for error in errors if isinstance(error, Mapping)}
        if "RATE_LIMITED" in kinds:
            raise Paused("GitHub's limit is used up")
        if kinds == {"NOT_FOUND"} and isinstance(response.get("data"), Mapping):
            return response["data"]
        raise RefusedError(f"GitHub refuses: {_said(response)}")

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        why = ""
        for number in range(1, TRIES + 1):
            self._spare()
            try:
                status, given, content = await self._sent(method, url, headers, body)
            except httpx.DecodingError:
                raise UnreadableError("an answer packed in no known way") from None
            except httpx.TransportError as error:
                status, given, content, why = 0, {}, b"", type(error).__name__
            else:
                why = f"HTTP {status}"
                self._note(given)
            wait = self._wait(status, given, content, number)
            if wait is None:
                _require_success(status, content)
                return status, given, content
            log.warning("GitHub: %s; again in %.0f s", why, wait)
            if wait > self._left() - END_SECONDS:
                raise Paused(f"GitHub: {why}, and it wants {wait:.0f} s of patience")
            if number < TRIES:
                await self.sleep(wait)
        raise RefusedError(f"GitHub does not answer: {why}, {TRIES} times")

    def _spare(self) -> None:
        if self._left() < END_SECONDS:
            raise Paused("the time of this run is used up")
        if self._points and self._points[0] <= POINTS_LEFT and time.time() < self._points[1]:
            raise Paused(
                f"{self._points[0]} points are left of GitHub's limit; it is whole again at {_clock(self._points[1])}"
            )

    async def _sent(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        self.requests += 1
        async with self._client.stream(method, url, headers=dict(headers), content=body) as response:
            content = bytearray()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > MAX_BODY_BYTES:
                    raise UnreadableError(f"an answer of more than {MAX_BODY_BYTES} bytes")
            return response.status_code, response.headers, bytes(content)

    def _note(self, headers: Mapping[str, str]) -> None:
        try:
            self._points = int(headers["x-ratelimit-remaining"]), float(headers["x-ratelimit-reset"])
        except (LookupError, ValueError):
            return

    def _wait(self, status: int, headers: Mapping[str, str], content: bytes, number: int) -> float | None:
        """Seconds until it may be tried again; none where the answer is one."""
        if status == 0 or status >= 500:
            return FAILED_SECONDS * 2 ** (number - 1)
        if status not in {403, 429}:
            return None
        if headers.get("x-ratelimit-remaining") == "0":
            return max(1.0, (self._points[1] if self._points else 0) - time.time())
        after = headers.get("retry-after", "")
        if after.isdecimal():
            return float(min(int(after), 86_400))
        limited = status == 429 or b"secondary rate limit" in content[:4096].lower()
        return SECONDARY_SECONDS * number if limited else None


@asynccontextmanager
async def reading(token: str, api_url: str, left: Callable[[], float]) -> AsyncGenerator[Reader]:
    """With the system's authorities: `certifi` brings its own as a file, which the archive does not carry."""
    async with httpx.AsyncClient(verify=ssl.create_default_context(), timeout=TIMEOUT_SECONDS) as client:
        yield Reader(client, token, api_url, left)


def _require_success(status: int, content: bytes) -> None:
    if status == 401:
        raise RefusedError("GitHub refuses the token (401): `pulumi config set --secret github_token` another")
    if status >= 300:
        said = content[:200].decode("utf-8", "replace")
        raise RefusedError(f"GitHub refuses: HTTP {status}: {said}")


def _part(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    if not isinstance(found, Mapping):
        raise UnreadableError(f"no {key} in an answer")
    return cast("Mapping[str, Any]", found)


def _said(response: Any) -> str:
    return json.dumps(response, default=str)[:300]


def _clock(epoch: float) -> str:
    return time.strftime("%H:%M:%SZ", time.gmtime(epoch))
