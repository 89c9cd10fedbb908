"""The two kinds of app this organization knows, what each accepts, and what Okta fills in."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import regex

from .errors import refuse
from .fields import a_flag, a_number, a_text, an_object, one_of, only, texts
from .store import Json

LONGEST_FILTER = 500

Check = Callable[[Any, str], object]


def _text(value: Any, field: str) -> str:
    return a_text(value, field, most=1024, least=0)


def _session(value: Any, field: str) -> int:
    return a_number(value, field, least=900, most=43200)


def _group_filter(value: Any, field: str) -> None:
    a_text(value, field, most=LONGEST_FILTER)
    try:
        group_filter(value)
    except (regex.error, RecursionError, OverflowError):
        refuse(field, "not a regular expression")


def group_filter(text: str) -> regex.Pattern[str]:
    """Okta writes a named group `(?{{accountid}}…)`."""
    return regex.compile(re.sub(r"\(\?\{\{(\w+)\}\}", r"(?P<\1>", text))


AWS_SETTINGS: dict[str, Check] = {
    "awsEnvironmentType": _text,
    "groupFilter": _group_filter,
    "roleValuePattern": _text,
    "useGroupMapping": a_flag,
    "joinAllRoles": a_flag,
    "sessionDuration": _session,
    "identityProviderArn": _text,
    "loginURL": _text,
    "appFilter": _text,
    "accountID": _text,
    "overrideAcsURL": _text,
    "accessKey": _text,
    "secretKey": _text,
    "secretKeyEnc": _text,
    "webSSOAllowedClient": _text,
}
AWS_DEFAULTS: Json = {**dict.fromkeys(AWS_SETTINGS), "appFilter": "okta", "useGroupMapping": False}

URN = "urn:ietf:params:oauth:grant-type:"
GRANT_TYPES = {
    "authorization_code",
    "client_credentials",
    "implicit",
    "interaction_code",
    "password",
    "refresh_token",
    f"{URN}device_code",
    f"{URN}jwt-bearer",
    f"{URN}saml2-bearer",
    f"{URN}token-exchange",
}
RESPONSE_TYPES = {"code", "id_token", "token"}
APPLICATION_TYPES = {"browser", "native", "service", "web"}
CONFIDENTIAL = {"client_secret_basic", "client_secret_jwt", "client_secret_post"}
AUTHENTICATION = {*CONFIDENTIAL, "none", "private_key_jwt"}
CLIENT_ID = re.compile(r"[A-Za-z0-9$\-_.+!*'(),]{6,100}")

HIDE = {"iOS": False, "web": False}
COMMON: Json = {
    "accessibility": {"selfService": False},
    "visibility": {"autoLaunch": False, "autoSubmitToolbar": False, "hide": HIDE},
    "features": [],
    "credentials": {"userNameTemplate": {"template": "${source.login}", "type": "BUILT_IN"}},
}


def amazon_aws(app: Json) -> Json:
    settings = app["settings"]
    given = an_object(settings.get("app", {}), "settings.app")
    only(given, AWS_SETTINGS, "settings.app")
    kept = {key: value for key, value in given.items() if value is not None}
    for key, value in kept.items():
        AWS_SETTINGS[key](value, f"settings.app.{key}")
    return {**app, "settings": {**settings, "app": {**AWS_DEFAULTS, **kept}}}


def oidc_client(app: Json) -> Json:
    settings, credentials = app["settings"], app["credentials"]
    client = _client(an_object(settings.get("oauthClient"), "settings.oauthClient"))
    who = _credentials(an_object(credentials.get("oauthClient", {}), "credentials.oauthClient"))
    return {
        **app,
        "settings": {**settings, "oauthClient": client},
        "credentials": {**credentials, "oauthClient": who},
    }


def _client(client: Json) -> Json:
    path = "settings.oauthClient"
    one_of(client.get("application_type"), f"{path}.application_type", APPLICATION_TYPES)
    grants = texts(client.get("grant_types") or [], f"{path}.grant_types")
    answers = texts(client.get("response_types", ["code"]), f"{path}.response_types")
    redirects = texts(client.get("redirect_uris") or [], f"{path}.redirect_uris")
    for grant in grants:
        one_of(grant, f"{path}.grant_types", GRANT_TYPES)
    for answer in answers:
        one_of(answer, f"{path}.response_types", RESPONSE_TYPES)
    if not grants:
        refuse(f"{path}.grant_types", "The field cannot be left blank")
    if {"authorization_code", "implicit"} & set(grants) and not redirects:
        refuse(f"{path}.redirect_uris", "'redirect_uris' is required by grant type authorization_code or implicit")
    if "authorization_code" in grants and "code" not in answers:
        refuse(f"{path}.response_types", "'code' is required by grant type authorization_code")
    for redirect in redirects:
        _redirect(redirect, f"{path}.redirect_uris")
    return {**client, "grant_types": grants, "response_types": answers, "redirect_uris": redirects}


def _redirect(value: str, field: str) -> None:
    try:
        parts = urlsplit(value)
    except ValueError:
        refuse(field, f"not a URI: {value}")
    if not parts.scheme or "#" in value or (parts.scheme in {"http", "https"} and not parts.netloc):
        refuse(field, f"not an absolute URI without a fragment: {value}")


def _credentials(who: Json) -> Json:
    path = "credentials.oauthClient"
    method = one_of(
        who.get("token_endpoint_auth_method", "client_secret_basic"),
        f"{path}.token_endpoint_auth_method",
        AUTHENTICATION,
    )
    pkce = a_flag(who.get("pkce_required", method == "none"), f"{path}.pkce_required")
    if method == "none" and not pkce:
        refuse(f"{path}.pkce_required", "must be true when 'token_endpoint_auth_method' is 'none'")
    who = {key: value for key, value in who.items() if value is not None}
    client_id = who.get("client_id")
    if client_id is not None and not CLIENT_ID.fullmatch(a_text(client_id, f"{path}.client_id", most=100, least=6)):
        refuse(f"{path}.client_id", "must be 6 to 100 letters, digits or $-_.+!*'(),")
    secret = who.pop("client_secret", None) or secrets.token_urlsafe(48)
    a_text(secret, f"{path}.client_secret", most=100, least=14)
    kept = {"autoKeyRotation": True, **who, "token_endpoint_auth_method": method, "pkce_required": pkce}
    return {**kept, "client_secret": secret} if method in CONFIDENTIAL else kept


# name: the only sign-on mode it has, and what checks and completes it.
CATALOGUE: dict[str, tuple[str, Callable[[Json], Json]]] = {
    "amazon_aws": ("SAML_2_0", amazon_aws),
    "oidc_client": ("OPENID_CONNECT", oidc_client),
}


def checked(body: Json) -> Json:
    """The app as Okta would keep it, without what only Okta sets."""
    name = one_of(body.get("name"), "name", CATALOGUE)
    mode, complete = CATALOGUE[name]
    one_of(body.get("signOnMode"), "signOnMode", {mode})
    label = a_text(body.get("label"), "label", most=100)
    app: Json = {"name": name, "label": label, "signOnMode": mode}
    for key, usual in COMMON.items():
        app[key] = _merged(usual, body.get(key), key)
    if body.get("profile") is not None:
        app["profile"] = an_object(body["profile"], "profile")
    settings = body.get("settings")
    return complete({**app, "settings": {} if settings is None else an_object(settings, "settings")})


def _merged(usual: Any, given: Any, field: str) -> Any:
    """What was given, and below it what was left out; null is left out."""
    if given is None:
        return usual
    if isinstance(usual, list):
        return texts(given, field)
    if not isinstance(usual, dict):
        return given
    given = an_object(given, field)
    return {**given, **{key: _merged(usual[key], given.get(key), f"{field}.{key}") for key in usual}}
