"""AWS's binary framing of streamed answers, `application/vnd.amazon.eventstream`."""

from __future__ import annotations

import json
import struct
from binascii import crc32
from typing import Any

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_TEXT = 7
_FRAME = 16  # two lengths and two checksums


def _header(name: str, value: str) -> bytes:
    encoded = value.encode()
    return bytes([len(name)]) + name.encode() + bytes([_TEXT]) + struct.pack(">H", len(encoded)) + encoded


def event(kind: str, payload: dict[str, Any]) -> bytes:
    """One message; `kind` is a member of the operation's stream, such as `chunk`."""
    body = json.dumps(payload).encode()
    named = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(_header(name, value) for name, value in named.items())
    lengths = struct.pack(">II", _FRAME + len(headers) + len(body), len(headers))
    framed = lengths + struct.pack(">I", crc32(lengths)) + headers + body
    return framed + struct.pack(">I", crc32(framed))
