"""OAuth and OpenID Connect apps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.plugins.framework.constraints import json_text, one_of
from sandbox.plugins.framework.entry import Call, Entry
from sandbox.plugins.framework.errors import PluginError
from sandbox.plugins.framework.values import Props
from sandbox.plugins.okta.client import Okta, OktaError
from sandbox.plugins.okta.resources import apps

_CLIENT_SETTINGS = {
    "clientUri": "client_uri",
    "logoUri": "logo_uri",
    "loginUri": "initiate_login_uri",
    "policyUri": "policy_uri",
    "tosUri": "tos_uri",
    "redirectUris": "redirect_uris",
    "postLogoutRedirectUris": "post_logout_redirect_uris",
    "consentMethod": "consent_method",
    "issuerMode": "issuer_mode",
    "wildcardRedirect": "wildcard_redirect",
}
_SUPPORTED = apps.COMMON_INPUTS | {
    *_CLIENT_SETTINGS,
    *("type", "grantTypes", "responseTypes", "autoKeyRotation", "pkceRequired", "tokenEndpointAuthMethod"),
    *("clientId", "omitSecret", "loginMode"),
}
_GRANTS = {"native": ["authorization_code"], "browser": ["authorization_code"], "web": ["authorization_code"]}


def _body(new: Props, client_id: str | None) -> Props:
    kind = new["type"]
    grants = new.get("grantTypes") or _GRANTS.get(kind, ["client_credentials"])
    method = new["tokenEndpointAuthMethod"]
    client: Props = {
        "application_type": kind,
        "grant_types": grants,
        "response_types": new.get("responseTypes") or _response_types(grants),
        "dpop_bound_access_tokens": False,
        "idp_initiated_login": {"mode": new["loginMode"], "default_scope": []},
    }
    client |= {theirs: new[ours] for ours, theirs in _CLIENT_SETTINGS.items() if new.get(ours)}
    body: Props = {"name": "oidc_client", "signOnMode": "OPENID_CONNECT", **apps.envelope(new)}
    body["credentials"]["oauthClient"] = apps.given(
        {
            "client_id": client_id,
            "autoKeyRotation": new["autoKeyRotation"],
            "pkce_required": new.get("pkceRequired", method == "none" or kind in {"native", "browser"}),
            "token_endpoint_auth_method": method,
        }
    )
    body["settings"]["oauthClient"] = client
    return body


def _response_types(grants: Iterable[str]) -> list[str]:
    grants = set(grants)
    token = ["token"] if grants & {"implicit", "client_credentials"} else []
    return token + (["code"] if grants & {"authorization_code", "refresh_token", "password"} else [])


def _terse(action: str, work: Callable[[], Any]) -> Any:
    """Of an error with OAuth apps the official plug-in shows the status only."""
    try:
        return work()
    except OktaError as error:
        raise PluginError(f"failed to {action} OAuth application: {error.status} {error.reason}") from error


def _create(call: Call[Okta]) -> str:
    active = str(call.new["status"] == apps.ACTIVE).lower()
    body = _body(call.new, call.new.get("clientId"))
    app = _terse("create", lambda: call.cloud.post("/api/v1/apps", body, activate=active))
    call.id = app["id"]
    call.cloud.post(f"{_internal(call.id)}", {"issuerMode": call.new["issuerMode"]})
    if not call.new["skipAuthenticationPolicy"]:
        call.cloud.is_classic()
    apps.set_policy(call, call.id)
    return call.id


def _internal(app_id: str) -> str:
    return f"/api/v1/internal/apps/{app_id}/settings/oauth/idToken"


def _update(call: Call[Okta]) -> None:
    body = _body(call.new, call.old.get("clientId"))
    _terse("update", lambda: call.cloud.put(f"/api/v1/apps/{call.id}", body))
    apps.set_status(call)
    apps.set_policy(call, call.id)


def _read(call: Call[Okta]) -> Props:
    """An app that is gone is an error: it must be taken out of state by hand."""
    okta = call.cloud
    app = _terse("get", lambda: okta.get(f"/api/v1/apps/{call.id}"))
    if not call.old.get("skipAuthenticationPolicy"):
        okta.is_classic()
    okta.get(_internal(call.id))
    missing = [name for name in ("signOnMode", "label", "name", "credentials") if name not in app]
    if missing:
        raise PluginError(f"app {call.id}: the answer lacks {missing[0]}: the official plug-in refuses it")
    client, credentials = app["settings"]["oauthClient"], app["credentials"]["oauthClient"]
    return {
        **apps.envelope_read(app),
        "type": client.get("application_type"),
        "grantTypes": client.get("grant_types", []),
        "responseTypes": client.get("response_types", []),
        **{ours: client.get(theirs) or None for ours, theirs in _CLIENT_SETTINGS.items()},
        "loginMode": client.get("idp_initiated_login", {}).get("mode", "DISABLED"),
        "clientId": credentials.get("client_id"),
        "clientSecret": None if call.old.get("omitSecret") else credentials.get("client_secret", ""),
        "autoKeyRotation": credentials.get("autoKeyRotation"),
        "pkceRequired": credentials.get("pkce_required"),
        "tokenEndpointAuthMethod": credentials.get("token_endpoint_auth_method"),
    }


ENTRIES = (
    Entry(
        token="okta:app/oAuth:OAuth",
        replaces=("type", "clientId"),
        defaults=apps.COMMON_DEFAULTS
        | {
            "hideIos": True,
            "hideWeb": True,
            "autoKeyRotation": True,
            "consentMethod": "TRUSTED",
            "issuerMode": "ORG_URL",
            "loginMode": "DISABLED",
            "omitSecret": False,
            "tokenEndpointAuthMethod": "client_secret_basic",
            "wildcardRedirect": "DISABLED",
        },
        computed=("authenticationPolicy", "clientId", "grantTypes", "pkceRequired", "responseTypes"),
        checks={
            "type": one_of("web", "native", "browser", "service"),
            "status": one_of("ACTIVE", "INACTIVE"),
            "appSettingsJson": json_text,
        },
        rules=(apps.only(_SUPPORTED, "OAuth apps"),),
        sets=("grantTypes", "responseTypes", "postLogoutRedirectUris"),
        create=_create,
        read=_read,
        update=_update,
        delete=apps.delete,
    ),
)
