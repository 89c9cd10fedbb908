"""The access portal, as `aws sso login` and `aws configure export-credentials` use it: a device's code that somebody
confirms in a browser, the token that it buys, and sessions of whatever role that person has by then.

The browser is one request, to `/start/device`, with what Okta says of who is there. A token outlives a group: what is
asked each time is who is in the group now.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from moto.sts.models import sts_backends

from sandbox.aws.callers import mark
from sandbox.aws.identity_center import provisioning
from sandbox.aws.identity_center.kept import Given, directory, kept, users_of
from sandbox.aws.models.catalogue import PARTITION
from sandbox.aws.refusals import Refusal, RestRefusal
from sandbox.aws.sign_in.id_tokens import unverified, verified
from sandbox.settings import ACCOUNT_ID, REGION

STORED_WITH = ("iam", "sts")
PATHS = ("/client/register", "/device_authorization", "/token", "/start/device", "/federation/credentials")
CODE_SECONDS, TOKEN_SECONDS, EVERY_SECONDS = 600, 8 * 3600, 1
_DURATION = re.compile(r"PT(\d{1,2})H")
Keys = Callable[[], dict[str, Any]]


def answer(environ: Mapping[str, Any], body: bytes, keys: Keys) -> Given:
    """The answer of one request; RestRefusal where AWS would refuse. `keys`: that Okta signs with."""
    path = environ["PATH_INFO"]
    if path == "/federation/credentials":
        asked = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        return _credentials(asked, environ.get("HTTP_X_AMZ_SSO_BEARER_TOKEN", ""))
    given: Given = json.loads(body or b"{}")
    if path == "/start/device":
        return _confirmed(given, keys)
    return {"/client/register": _register, "/device_authorization": _authorize, "/token": _token}[path](given)


def _refused(code: str, message: str, status: int = 400) -> Refusal:
    return RestRefusal(code, message, status)


def _register(given: Given) -> Given:
    if given.get("clientType") != "public":
        raise _refused("InvalidClientMetadataException", "clientType must be public")
    client = {"clientId": secrets.token_urlsafe(16), "clientSecret": secrets.token_urlsafe(32)}
    kept()["clients"][client["clientId"]] = client["clientSecret"]
    return {**client, "clientIdIssuedAt": int(time.time()), "clientSecretExpiresAt": int(time.time()) + 90 * 86_400}


def _client(given: Given) -> None:
    if kept()["clients"].get(given.get("clientId")) != given.get("clientSecret") or not given.get("clientSecret"):
        raise _refused("InvalidClientException", "Client not recognized", 401)


def _authorize(given: Given) -> Given:
    _client(given)
    device, code = secrets.token_urlsafe(32), f"{secrets.token_hex(2)}-{secrets.token_hex(2)}".upper()
    kept()["codes"][device] = {"code": code, "until": time.time() + CODE_SECONDS, "user": None}
    where = f"{given['startUrl'].rstrip('/')}/#/device"
    known = {"verificationUri": where, "verificationUriComplete": f"{where}?user_code={code}"}
    return {"deviceCode": device, "userCode": code, **known, "expiresIn": CODE_SECONDS, "interval": EVERY_SECONDS}


def _confirmed(given: Given, keys: Keys) -> Given:
    """What happens in the browser: Okta says who is there, and Identity Center must have a user called so."""
    header, _ = unverified(given["id_token"])
    name = str(verified(given["id_token"], header, keys())["email"])
    users = directory().users.values()
    user = next((each.UserId for each in users if each.UserName.lower() == name.lower()), None)
    if user is None:
        raise _refused("AccessDeniedException", f"{name} is no user of Identity Center", 403)
    for each in kept()["codes"].values():
        if each["code"] == given["user_code"] and each["until"] > time.time():
            each["user"] = user
            return {}
    raise _refused("InvalidRequestException", "The code is unknown or expired")


def _token(given: Given) -> Given:
    _client(given)
    if given.get("grantType") != "urn:ietf:params:oauth:grant-type:device_code":
        raise _refused("UnsupportedGrantTypeException", f"Unsupported grant type {given.get('grantType')}")
    known = kept()["codes"].get(given.get("deviceCode"))
    if known is None or known["until"] <= time.time():
        raise _refused("ExpiredTokenException", "Device code expired")
    if known["user"] is None:
        raise _refused("AuthorizationPendingException", "Authorization is pending")
    del kept()["codes"][given["deviceCode"]]
    token = secrets.token_urlsafe(48)
    kept()["tokens"][token] = {"user": known["user"], "until": time.time() + TOKEN_SECONDS}
    return {"accessToken": token, "tokenType": "Bearer", "expiresIn": TOKEN_SECONDS}


def _credentials(asked: Mapping[str, str], token: str) -> Given:
    known = kept()["tokens"].get(token)
    user = directory().users.get(known["user"]) if known and known["until"] > time.time() else None
    if known is None or user is None:
        raise _refused("UnauthorizedException", "Session token not found or invalid", 401)
    found = next((each for each in kept()["sets"].items() if each[1]["Name"] == asked.get("role_name")), None)
    role = provisioning.role_of(found[1]) if found else None
    has = found and any(
        arn == found[0] and (who == user.UserId or user.UserId in users_of(who)) for arn, who, _ in kept()["assigned"]
    )
    if asked.get("account_id") != ACCOUNT_ID or not found or not has or role is None:
        raise _refused("ForbiddenException", "No access", 403)
    hours = _DURATION.fullmatch(found[1]["SessionDuration"])
    seconds = int(hours[1]) * 3600 if hours else 3600
    session = sts_backends[ACCOUNT_ID][PARTITION].assume_role(
        region_name=REGION,
        role_session_name=user.UserName,
        role_arn=role.arn,
        policy="",
        duration=seconds,
        external_id="",
    )
    mark(session, role, {}, provisioning.PROVIDER, None)
    ends = datetime.now(UTC) + timedelta(seconds=seconds)
    return {
        "roleCredentials": {
            "accessKeyId": session.access_key_id,
            "secretAccessKey": session.secret_access_key,
            "sessionToken": session.session_token,
            "expiration": int(ends.timestamp() * 1000),
        }
    }
