"""The part of Slack's Web API that a bot needs to find people and to write to them (api.slack.com/methods)."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.okta.directory import people
from sandbox.outside.notices import Notices
from sandbox.settings import SLACK_TOKEN

HOSTS = ("slack.com", "slack-gov.com")
# Of the bot's token; Slack names them in the header `x-oauth-scopes` of each answer to it.
SCOPES = ("chat:write", "im:write", "users:read", "users:read.email")
MAX_TEXT = 40_000
MAX_BLOCKS = 50
MAX_BLOCK_TEXT = {"header": 150, "section": 3000}
_CHANNEL = re.compile(r"[CG][A-Z0-9]{5,20}")

Answer = dict[str, Any]


def user_id(email: str) -> str:
    return "U" + hashlib.sha256(email.encode()).hexdigest()[:10].upper()


class SlackError(Exception):
    """Slack's word for what is wrong; the HTTP status is 200 all the same."""


def is_ours(authorization: str) -> bool:
    return authorization == f"Bearer {SLACK_TOKEN}"


@dataclass(frozen=True)
class Slack:
    notices: Notices

    def answer(self, method: str, authorization: str, given: Mapping[str, Any]) -> Answer:
        """What Slack says to one call of a method such as `chat.postMessage`."""
        methods: dict[str, Callable[[Mapping[str, Any]], Answer]] = {
            "auth.test": lambda _: {"team_id": "T0ACMEROLL", "user_id": "U0BOT"},
            "users.lookupByEmail": self._lookup,
            "conversations.open": self._open,
            "chat.postMessage": self._post,
        }
        if not is_ours(authorization):
            return {"ok": False, "error": "invalid_auth" if authorization.startswith("Bearer ") else "not_authed"}
        if method not in methods:
            return {"ok": False, "error": "unknown_method"}
        try:
            return {"ok": True, **methods[method](given)}
        except SlackError as error:
            return {"ok": False, "error": str(error)}

    def _lookup(self, given: Mapping[str, Any]) -> Answer:
        email = str(given.get("email", "")).lower()
        person = next((person for person in people() if person["email"] == email), None)
        if person is None:
            raise SlackError("users_not_found")
        return {"user": {"id": user_id(email), "name": email.partition("@")[0], "real_name": person["name"]}}

    def _open(self, given: Mapping[str, Any]) -> Answer:
        user = str(given.get("users", ""))
        self._recipient(user)
        return {"channel": {"id": f"D{user[1:]}"}}

    def _post(self, given: Mapping[str, Any]) -> Answer:
        channel, text, blocks = str(given.get("channel", "")), str(given.get("text") or ""), _blocks(given)
        recipient = self._recipient(channel)
        if not text and not blocks:
            raise SlackError("no_text")
        if len(text) > MAX_TEXT:
            raise SlackError("msg_too_long")
        self.notices.add("slack", [recipient], text, "\n".join([text, *map(_text, blocks)]))
        return {"channel": channel, "ts": f"{time.time():.6f}", "message": {"text": text}}

    def _recipient(self, channel: str) -> str:
        """A channel is itself; a person is their address."""
        if _CHANNEL.fullmatch(channel):
            return channel
        found = next(
            (p["email"] for p in people() if channel in {user_id(p["email"]), f"D{user_id(p['email'])[1:]}"}), None
        )
        if found is None:
            raise SlackError("channel_not_found")
        return found


def _blocks(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """JSON in a form, a list in JSON."""
    blocks = given.get("blocks") or []
    try:
        found: Any = json.loads(blocks) if isinstance(blocks, str) else blocks
    except ValueError:
        raise SlackError("invalid_blocks_format") from None
    if not isinstance(found, list) or len(found) > MAX_BLOCKS:
        raise SlackError("invalid_blocks")
    for block in found:
        if not isinstance(block, dict) or len(_text(block)) > MAX_BLOCK_TEXT.get(block.get("type", ""), MAX_TEXT):
            raise SlackError("invalid_blocks")
    return found


def _text(block: Mapping[str, Any]) -> str:
    return str((block.get("text") or {}).get("text", ""))
