"""What of LiteLLM is open to anybody at all: of several hundred routes, the one that Claude Code needs.

An ASGI application around LiteLLM's own. It also takes off each header that LiteLLM would be steered by, and of a
body each field that is none of Anthropic's Messages API.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from gateway.body import incoming

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

MESSAGES = ("POST", "/v1/messages")
# Whether the process lives (LiteLLM's own), and whether it can tell who may be served (ours).
LIVES, READY = ("GET", "/health/liveliness"), ("GET", "/ready")
OPEN = frozenset({MESSAGES, LIVES})
HEADERS = frozenset(
    {
        b"host",
        b"authorization",
        b"x-api-key",
        b"content-type",
        b"content-length",
        b"transfer-encoding",
        b"accept",
        b"accept-encoding",
        b"user-agent",
        b"anthropic-version",
        b"anthropic-beta",
    }
)
# Anthropic's API takes 32 MB of a request.
MOST_BYTES = 32 * 1024 * 1024


# That say what a body is; ours is written anew.
OF_BODY = frozenset({b"content-type", b"content-length", b"transfer-encoding"})


class TooLargeError(Exception):
    """Of a body whose length nobody said before."""


class GoneError(Exception):
    """Whoever asked has hung up."""


class OnlyRoutes:
    """`ready`: a sentence about what is away; empty where nothing is."""

    def __init__(self, app: App, ready: Callable[[], str]) -> None:
        self._app, self._ready = app, ready

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._http(scope, receive, send)

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        asked = (scope["method"], scope["path"])
        if asked == READY:
            away = self._ready()
            return await _answer(send, 503 if away else 200, {"ready": not away, "away": away})
        if asked not in OPEN:
            return await _refused(send, 404, "not_found_error", "this gateway answers POST /v1/messages alone")
        named = [(name.lower(), value) for name, value in scope["headers"]]
        if any(name == b"content-length" and _length(value) > MOST_BYTES for name, value in named):
            return await _refused(send, 413, "request_too_large", "a request has 32 MB at most")
        kept = [(name, value) for name, value in named if name in HEADERS]
        try:
            body = incoming(await _whole(receive)) if asked == MESSAGES else b""
        except TooLargeError:
            return await _refused(send, 413, "request_too_large", "a request has 32 MB at most")
        except GoneError:
            return None
        except ValueError:
            return await _refused(send, 400, "invalid_request_error", "a request's body is one object of JSON")
        if asked == MESSAGES:
            about = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
            kept = [*((name, value) for name, value in kept if name not in OF_BODY), *about]
            receive = _again(body, receive)
        return await self._app({**scope, "headers": kept, "query_string": b""}, receive, send)


async def _whole(receive: Receive) -> bytes:
    """Raises TooLargeError, and GoneError where the client hangs up before its end."""
    parts, got = list[bytes](), 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise GoneError
        parts.append(message.get("body", b""))
        got += len(parts[-1])
        if got > MOST_BYTES:
            raise TooLargeError
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """This body, and then whatever comes after it."""
    left = [body]

    async def received() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return received


def _length(value: bytes) -> int:
    return int(value) if value.isdigit() and len(value) < 20 else MOST_BYTES + 1


async def _refused(send: Send, status: int, kind: str, sentence: str) -> None:
    """In the form of Anthropic's API."""
    await _answer(send, status, {"type": "error", "error": {"type": kind, "message": sentence}})


async def _answer(send: Send, status: int, document: dict[str, Any]) -> None:
    body = json.dumps(document).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
