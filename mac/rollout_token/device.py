"""Okta's device code: the person confirms it in a browser, and this machine asks until they have (RFC 8628)."""

from __future__ import annotations

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

from rollout_token.config import Config
from rollout_token.kept import Kept

SCOPE = "openid profile email groups"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
# A person who is cut is not asked again for five minutes; any other failure gives them a moment.
REFUSED_SECONDS, FAILED_SECONDS = 300, 30
HTTP_SECONDS = 20
MAX_ANSWER = 65_536
SLOWER_SECONDS = 5
WAITS = ("authorization_pending", "slow_down")
BROWSERS = ("/usr/bin/open",) if sys.platform == "darwin" else ("/usr/bin/xdg-open", "/usr/local/bin/xdg-open")


def sign_in(config: Config) -> Kept:
    """New tokens. Raises NoSessionError."""
    begun = _asked(config, "device/authorize", {"client_id": config.client_id, "scope": SCOPE})
    try:
        code, page = str(begun["device_code"]), str(begun["verification_uri_complete"])
        pause = float(begun.get("interval", SLOWER_SECONDS))
    except (KeyError, TypeError, ValueError):
        raise NoSessionError(_words(begun), _hold(begun)) from None
    _open(page)
    deadline = time.monotonic() + config.sign_in_seconds
    while time.monotonic() < deadline:
        time.sleep(pause)
        form = {"client_id": config.client_id, "grant_type": GRANT, "device_code": code}
        answer = _asked(config, "token", form)
        if "id_token" in answer:
            return _kept(answer)
        if answer.get("error") not in WAITS:
            raise NoSessionError(f"{_words(answer)}; {config.ask}", _hold(answer))
        if answer["error"] == "slow_down":
            pause += SLOWER_SECONDS
    raise NoSessionError(
        f"Claude Code is not signed in: nobody confirmed {page} within {config.sign_in_seconds} seconds; start again",
        FAILED_SECONDS,
    )


def _kept(answer: dict[str, Any]) -> Kept:
    try:
        now = time.time()
        return Kept(str(answer["id_token"]), str(answer["access_token"]), now, now + float(answer["expires_in"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        raise NoSessionError("Claude Code is not signed in: Okta gave no token", FAILED_SECONDS) from None


def _open(page: str) -> None:
    """The person sees the address too: an IDE may have no browser to open."""
    sys.stderr.write(f"Claude Code: sign in to Okta at {page}\n")
    sys.stderr.flush()
    told = os.environ.get("BROWSER", "")
    for program in ([told] if os.path.isabs(told) else []) + list(BROWSERS):
        if os.access(program, os.X_OK):
            quiet = subprocess.DEVNULL
            subprocess.Popen([program, page], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
            return


def _asked(config: Config, what: str, form: dict[str, str]) -> dict[str, Any]:
    """Okta's answer, a refusal's too. Raises NoSessionError where there is none."""
    url = f"{config.okta}/oauth2/v1/{what}"
    request = urllib.request.Request(url, data=urllib.parse.urlencode(form).encode(), method="POST")  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=HTTP_SECONDS) as answer:  # noqa: S310
            return _document(answer.read(MAX_ANSWER))
    except urllib.error.HTTPError as error:
        return _document(error.read(MAX_ANSWER))
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise NoSessionError(f"Claude Code is not signed in: {config.okta}: {reason}", FAILED_SECONDS) from None


def _document(content: bytes) -> dict[str, Any]:
    try:
        found: object = json.loads(content)
    except (ValueError, RecursionError):
        found = {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _words(answer: dict[str, Any]) -> str:
    """In Okta's words, one line of them."""
    said = str(answer.get("error_description") or answer.get("errorSummary") or answer.get("error") or "no answer")
    return f"Claude Code is not signed in: Okta says: {' '.join(said.split())[:200]}"


def _hold(answer: dict[str, Any]) -> int:
    return REFUSED_SECONDS if answer.get("error") == "access_denied" else FAILED_SECONDS
