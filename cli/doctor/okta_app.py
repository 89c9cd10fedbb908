"""Okta's service app, for whoever has no API token: its variables, a token by its key, and what that may read.

Okta's guide "Implement OAuth for Okta with a service app" has the request; the provider makes the same one.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator, Mapping

import httpx
import jwt

from cli.doctor.finding import Finding, broken, fine, unknown
from cli.terminal.errors import CommandError

TOKEN, CLIENT_ID, KEY, KEY_ID, ASKED = (
    "OKTA_API_TOKEN",
    "OKTA_API_CLIENT_ID",
    "OKTA_API_PRIVATE_KEY",
    "OKTA_API_PRIVATE_KEY_ID",
    "OKTA_API_SCOPES",
)
NEEDED = (CLIENT_ID, KEY, ASKED)
SCOPES = ("okta.users.read", "okta.groups.manage", "okta.apps.manage")
ENDPOINT = "/oauth2/v1/token"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 300
CHECK = "Okta variables"
# What Okta calls a refusal, by what it means here.
REFUSALS = {
    "invalid_scope": (
        "a scope of OKTA_API_SCOPES is not granted to the app",
        "a super administrator grants it, under Okta API Scopes",
    ),
    "invalid_client": (
        "the app is not known, or the key is none of its active ones",
        "compare OKTA_API_CLIENT_ID, the PEM and, where the app has two keys, OKTA_API_PRIVATE_KEY_ID",
    ),
}


def scopes(environment: Mapping[str, str]) -> list[str]:
    """That the provider asks for: it splits the variable at commas."""
    return re.findall(r"[\w.]+", environment.get(ASKED, ""))


def has_key(environment: Mapping[str, str]) -> bool:
    return all(environment.get(name) for name in NEEDED)


def variables(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Which are set; never what they hold."""
    given = [name for name in (TOKEN, *NEEDED, KEY_ID) if environment.get(name)]
    app = [name for name in given if name not in {TOKEN, ASKED}]
    absent = [name for name in NEEDED if name not in given]
    lacking = [scope for scope in SCOPES if scope not in scopes(environment)]
    if TOKEN in given and app:
        yield broken(CHECK, f"{TOKEN} and {', '.join(app)} are set; the provider takes one way", f"unset {TOKEN}")
    elif TOKEN in given:
        yield fine(CHECK, f"{TOKEN} is set; it may what its owner may")
    elif absent:
        what = f"{', '.join(absent)} not set" + (f"; set: {', '.join(given)}" if given else "")
        yield broken(CHECK, what, f"set {'it' if len(absent) == 1 else 'them'}, or {TOKEN}")
    elif lacking:
        yield broken(CHECK, f"{ASKED} lacks {' '.join(lacking)}", "add them, and grant them to the app")
    else:
        kid = "" if KEY_ID in given else f"; no {KEY_ID}, which an app with two active keys needs"
        yield fine(CHECK, f"{', '.join(given)} are set{kid}")


def sign_in(okta: httpx.Client, domain: str, environment: Mapping[str, str]) -> httpx.Response:
    """Okta's answer to the app's request for a token. CommandError where the key cannot sign."""
    now, client_id = int(time.time()), environment[CLIENT_ID]
    claims = {
        "aud": f"https://{domain}{ENDPOINT}",
        "iss": client_id,
        "sub": client_id,
        "iat": now,
        "exp": now + ASSERTION_SECONDS,
        "jti": uuid.uuid4().hex,
    }
    kid = environment.get(KEY_ID)
    try:
        assertion = jwt.encode(claims, environment[KEY], "RS256", {"kid": kid} if kid else None)
    except (ValueError, TypeError, jwt.PyJWTError):
        raise CommandError(f"{KEY} is no RSA key in PEM, from its BEGIN line to its END line") from None
    form = {
        "grant_type": "client_credentials",
        "scope": " ".join(scopes(environment)),
        "client_assertion_type": ASSERTION,
        "client_assertion": assertion,
    }
    return okta.post(ENDPOINT, data=form)


def refusal(answer: httpx.Response) -> Finding | None:
    """Why Okta gives no token; None where it does."""
    if answer.is_success:
        return None
    said = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    kind = str(said.get("error", answer.status_code))
    if kind in REFUSALS:
        what, fix = REFUSALS[kind]
        return broken("Okta", f"no token: {what}", fix)
    if "dpop" in kind:
        return unknown("Okta", "the app asks for proof of possession, which is not tried here", "run `pulumi preview`")
    return unknown("Okta", f"no token: {kind}", "look at Okta's System Log for the app")


def bearer(answer: httpx.Response) -> str:
    """CommandError where Okta gave none."""
    if found := refusal(answer):
        raise CommandError(found.what)
    return f"Bearer {answer.json()['access_token']}"
