"""Calls to one Jamf Pro server: one cookie jar, so that all go to the same node, and one write at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from providers.jamf.errors import JamfError, LostAnswerError, NoTokenError, refusal

# Jamf advises at most 5 connections at once.
CONNECTIONS = 4
TIMEOUT = httpx.Timeout(60, connect=5)
READ_TIMEOUT = httpx.Timeout(20, connect=5)
MAX_ANSWER_BYTES = 16 << 20
TRIES = 3
PAUSE_SECONDS = 1.0
# The engine asks for one difference after the other: a server that is away is waited for once, not for each of them.
AWAY_SECONDS = 300.0
TOKEN_PATHS = ("/api/v1/oauth/token", "/api/oauth/token")
# A token is renewed this long before it ends, or a fifth of its life, if that is less.
RENEW_SECONDS = 30.0
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def checked_url(url: str) -> str:
    """`https://host[:port]`; without TLS only to this machine. JamfError for any other."""
    parts = urlsplit(url)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not secure or not parts.hostname or parts.path.strip("/") or parts.query or parts.username:
        raise JamfError(f"jamf url: not the https:// address of a server, without a path: {url}")
    return url.rstrip("/")


class Client:
    """Threads may share it. `pause`: waits some seconds; it may raise to give up."""

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str,
        *,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = httpx.Client(
            base_url=checked_url(url),
            timeout=TIMEOUT,
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
            transport=transport,
        )
        self._identity = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        self.pause, self._clock = pause, clock
        self._writing, self._renewing = threading.RLock(), threading.Lock()
        self._token, self._renew_at = "", 0.0
        self._away: JamfError | None = None
        self._away_until = 0.0

    def close(self) -> None:
        self._http.close()

    @contextmanager
    def writing(self) -> Generator[None]:
        """Nobody else writes meanwhile: parallel creates fail at random (jamf-api 9)."""
        with self._writing:
            yield

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON of an answer; None where there is nothing of that id or name."""
        try:
            answer = self._tried("GET", path, params=params, headers={"Accept": "application/json"})
        except JamfError as error:
            if error.status == 404:
                return None
            raise
        try:
            return answer.json()
        except (ValueError, RecursionError):
            raise JamfError(f"Jamf Pro answered GET {path} with what is no JSON") from None

    def put_xml(self, path: str, body: str, *, again: bool = True) -> None:
        """`again`: whether a second try after a lost answer does no harm."""
        self._write("PUT", path, again=again, content=body.encode(), headers={"Content-Type": "application/xml"})

    def post_xml(self, path: str, body: str) -> httpx.Response:
        return self._write("POST", path, content=body.encode(), headers={"Content-Type": "application/xml"})

    def put_json(self, path: str, body: Mapping[str, Any]) -> None:
        self._write("PUT", path, again=True, json=body)

    def post_json(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        return self._write("POST", path, json=body)

    def delete(self, path: str) -> None:
        """What is gone already is deleted."""
        try:
            self._write("DELETE", path, again=True)
        except JamfError as error:
            if error.status != 404:
                raise

    def _write(self, method: str, path: str, *, again: bool = False, **parts: Any) -> httpx.Response:
        with self._writing:
            if again:
                return self._tried(method, path, **parts)
            self._unless_away()
            return self._once(method, path, **parts)

    def _tried(self, method: str, path: str, **parts: Any) -> httpx.Response:
        self._unless_away()
        try:
            return self._some_times(method, path, **parts)
        except JamfError as error:
            # A 500 is about what was asked, not about the server.
            if error.is_away and error.status != 500:
                self._away, self._away_until = error, self._clock() + AWAY_SECONDS
            raise

    def _unless_away(self) -> None:
        if self._away and self._clock() < self._away_until:
            raise type(self._away)(str(self._away), self._away.status)

    def _some_times(self, method: str, path: str, **parts: Any) -> httpx.Response:
        for number in range(TRIES - 1):
            try:
                return self._once(method, path, **parts)
            except LostAnswerError:
                self.pause(PAUSE_SECONDS * 2**number)
        return self._once(method, path, **parts)

    def _once(self, method: str, path: str, **parts: Any) -> httpx.Response:
        """One call, and a second one with a new token where the first one's is refused."""
        headers: dict[str, str] = parts.pop("headers", {})
        answer = token = None
        for _ in range(2):
            token = self._authorized(token)
            answer = self._sent(method, path, headers={**headers, "Authorization": f"Bearer {token}"}, **parts)
            if answer.status_code != 401:
                break
        assert answer is not None  # noqa: S101
        if not answer.is_success:
            raise refusal(f"{method} {path}", answer.status_code, answer.text)
        return answer

    def _authorized(self, refused: str | None) -> str:
        """The token in force; another one than what was refused."""
        with self._renewing:
            if not self._token or self._token == refused or self._clock() >= self._renew_at:
                self._token, seconds = self._new_token()
                self._renew_at = self._clock() + seconds - min(RENEW_SECONDS, seconds / 5)
            return self._token

    def _new_token(self) -> tuple[str, float]:
        answer = None
        for path in TOKEN_PATHS:
            answer = self._sent("POST", path, data=self._identity, headers={"Accept": "application/json"})
            if answer.status_code != 404:
                break
        assert answer is not None  # noqa: S101
        if answer.status_code in {400, 401, 403}:
            raise NoTokenError(
                f"Jamf Pro gives the API client no token ({answer.status_code}); check jamf.client_id, "
                "jamf_client_secret, and that the client is enabled",
                answer.status_code,
            )
        if not answer.is_success:
            raise refusal("the request for a token", answer.status_code, "")
        try:
            document = answer.json()
            token, seconds = document["access_token"], float(document["expires_in"])
        except (ValueError, TypeError, KeyError, RecursionError):
            token, seconds = None, 0.0
        if not isinstance(token, str) or not token or seconds <= 0:
            raise JamfError("Jamf Pro answered the request for a token with something else")
        return token, seconds

    def _sent(self, method: str, path: str, **parts: Any) -> httpx.Response:
        """With its body, unless that is larger than anything asked for here."""
        try:
            timeout = READ_TIMEOUT if method == "GET" else TIMEOUT
            with self._http.stream(method, path, timeout=timeout, **parts) as answer:
                content = bytearray()
                for chunk in answer.iter_bytes():
                    content += chunk
                    if len(content) > MAX_ANSWER_BYTES:
                        raise JamfError(
                            f"Jamf Pro answered {method} {path} with more than {MAX_ANSWER_BYTES >> 20} MiB"
                        )
                return httpx.Response(
                    answer.status_code, headers=_told(answer.headers), content=bytes(content), request=answer.request
                )
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
            raise LostAnswerError(f"no answer from Jamf Pro to {method} {path}: {reason}") from None


def _told(headers: httpx.Headers) -> dict[str, str]:
    """The body is decoded already."""
    return {name: value for name, value in headers.items() if name in {"content-type", "location"}}
