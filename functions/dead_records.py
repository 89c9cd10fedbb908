"""Records that the meter cannot count: each waits in a queue with an alarm."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from functions.attempts import Attempts
from functions.clients import client

# SQS takes 256 KB with all that belongs to a message.
MAX_DEAD_CHARACTERS = 100_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Dead:
    reason: str
    event: Mapping[str, Any]


def bury(dead: Iterable[Dead], delivery: Mapping[str, Any], attempts: Attempts) -> None:
    """A record that nobody knows waits in a queue with an alarm; one that is too large is named by where it is.

    A retry buries it again: better twice than never.
    """
    for one in dead:
        message = str(one.event.get("message"))
        log.warning("not counted: %a", one.reason)
        letter = {
            "reason": one.reason,
            "log_group": delivery.get("logGroup"),
            "log_stream": delivery.get("logStream"),
            "event_id": one.event.get("id"),
            "timestamp": one.event.get("timestamp"),
            "bytes": len(message.encode(errors="replace")),
            "sha256": hashlib.sha256(message.encode(errors="replace")).hexdigest(),
            # As JSON in ASCII, a character takes at most 12 bytes for what JSON cannot hold otherwise.
            "message": message if len(json.dumps(message)) <= MAX_DEAD_CHARACTERS else None,
        }
        with attempts.each():
            client("sqs").send_message(QueueUrl=os.environ["DEAD_QUEUE_URL"], MessageBody=json.dumps(letter))
