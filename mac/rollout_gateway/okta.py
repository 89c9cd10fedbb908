"""Signs the person in by a code that they confirm in a browser (RFC 8628, as Okta's org server does it)."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, cast

from rollout_credentials.errors import NoSessionError

from rollout_gateway.config import Config

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
SCOPES = "openid email profile groups"
SECONDS, MAX_BYTES = 15, 200_000
# What opens a browser: Apple's, and that of desktops on Linux.
OPENERS = ("/usr/bin/open", "/usr/bin/xdg-open")


def signed_in(told: Config) -> tuple[str, float]:
    """The token, and when it ends, in seconds since 1970. Okta's ID token says whose it is and for which app, and what
    comes behind it, after a tilde, is what the gateway asks Okta with. Raises NoSessionError."""
    begun = _asked(told, "device/authorize", {"scope": SCOPES})
    address, code = str(begun["verification_uri_complete"]), str(begun["device_code"])
    _show(address, str(begun.get("user_code", "")))
    pause, deadline = float(begun.get("interval", 5)), time.monotonic() + told.sign_in_seconds
    while time.monotonic() < deadline:
        time.sleep(pause)
        found = _asked(told, "token", {"grant_type": GRANT, "device_code": code}, waits=True)
        if "id_token" in found:
            identity = str(found["id_token"])
            access = str(found.get("access_token") or "")
            return (f"{identity}~{access}" if access else identity), _ends(identity)
        if found.get("error") == "slow_down":
            pause += 5
        elif found.get("error") != "authorization_pending":
            raise NoSessionError(f"Claude Code is not signed in: Okta says {found.get('error')}; {told.ask}")
    raise NoSessionError(f"Claude Code is not signed in: nobody confirmed {address}; {told.ask}")


def _show(address: str, code: str) -> None:
    sys.stderr.write(f"Sign in to Claude Code: {address} (code {code})\n")
    sys.stderr.flush()
    for opener in OPENERS:
        if os.access(opener, os.X_OK):
            quiet = subprocess.DEVNULL
            subprocess.Popen([opener, address], stdin=quiet, stdout=quiet, stderr=quiet)
            return


def _ends(identity: str) -> float:
    """Only when to ask again: the gateway judges the token."""
    try:
        part = identity.split(".")[1]
        return float(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["exp"])
    except (ValueError, LookupError, TypeError):
        return time.time()


def _asked(told: Config, what: str, fields: dict[str, str], *, waits: bool = False) -> dict[str, Any]:
    """`waits`: an error of Okta's is an answer."""
    content = urllib.parse.urlencode({"client_id": told.client_id, **fields}).encode()
    # The issuer is https and stands in a file of root's.
    request = urllib.request.Request(f"{told.issuer}/oauth2/v1/{what}", data=content, method="POST")  # noqa: S310
    request.add_header("Accept", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            return _map(answer.read(MAX_BYTES))
    except urllib.error.HTTPError as error:
        said = _map(error.read(MAX_BYTES))
        if waits and "error" in said:
            return said
        why = said.get("error") or f"status {error.code}"
        raise NoSessionError(f"Claude Code cannot sign in: {told.issuer} says {why}; {told.ask}") from None
    except (OSError, ValueError) as error:
        raise NoSessionError(f"Claude Code cannot sign in: {told.issuer}: {error}; {told.ask}") from None


def _map(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
