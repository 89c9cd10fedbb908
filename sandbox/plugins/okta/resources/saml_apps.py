"""SAML apps from Okta's catalogue, such as `amazon_aws`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.plugins.framework.constraints import json_text, one_of
from sandbox.plugins.framework.entry import Call, Entry
from sandbox.plugins.framework.errors import Failure, PluginError
from sandbox.plugins.framework.values import UNKNOWN, Props
from sandbox.plugins.okta.client import Okta, gone
from sandbox.plugins.okta.resources import apps
from sandbox.plugins.okta.saml_metadata import parsed

_OVERRIDES = {
    "ssoUrl": "ssoAcsUrlOverride",
    "audience": "audienceOverride",
    "recipient": "recipientOverride",
    "destination": "destinationOverride",
}
_FLAGS = {
    "assertionSigned": "assertionSigned",
    "responseSigned": "responseSigned",
    "honorForceAuthn": "honorForceAuthn",
    "samlSignedRequestEnabled": "samlSignedRequestEnabled",
}
_SUPPORTED = apps.COMMON_INPUTS | {*_OVERRIDES, *_FLAGS, "defaultRelayState"}


def _body(new: Props) -> Props:
    sign_on: Props = {theirs: new.get(ours) or "" for ours, theirs in _OVERRIDES.items()}
    sign_on |= {theirs: bool(new.get(ours)) for ours, theirs in _FLAGS.items()}
    sign_on |= {
        "defaultRelayState": new.get("defaultRelayState") or "",
        "attributeStatements": [],
        "allowMultipleAcsEndpoints": False,
        "slo": {"enabled": False},
    }
    body: Props = {"name": new["preconfiguredApp"], "signOnMode": "SAML_2_0", **apps.envelope(new)}
    body["settings"] |= {"signOn": sign_on}
    return body


def _create(call: Call[Okta]) -> str:
    active = str(call.new["status"] == apps.ACTIVE).lower()
    app = call.cloud.post("/api/v1/apps", _body(call.new), activate=active)
    call.id = app["id"]
    if not call.new["skipAuthenticationPolicy"]:
        call.cloud.is_classic()
    apps.set_policy(call, app["id"])
    return app["id"]


def _update(call: Call[Okta]) -> None:
    body = _body(call.new)
    body["credentials"]["signing"] = {"kid": call.old.get("keyId")}
    call.cloud.put(f"/api/v1/apps/{call.id}", body)
    apps.set_status(call)
    apps.set_policy(call, call.id)


def _read(call: Call[Okta]) -> Props | None:
    okta = call.cloud
    try:
        app = okta.get(f"/api/v1/apps/{call.id}")
    except Exception as error:
        if gone(error):
            return None
        raise
    if not call.old.get("skipAuthenticationPolicy"):
        okta.is_classic()
    try:
        key = app["credentials"]["signing"]["kid"]
    except KeyError as error:
        raise PluginError(f"app {call.id}: the answer lacks {error}: the official plug-in crashes here") from error
    sign_on = app["settings"].get("signOn") or {}
    return {
        **apps.envelope_read(app),
        "preconfiguredApp": app.get("name"),
        "appSettingsJson": apps.settings_read(app),
        **{ours: sign_on.get(theirs) or None for ours, theirs in (_OVERRIDES | _FLAGS).items()},
        "defaultRelayState": sign_on.get("defaultRelayState") or None,
        "features": app.get("features") or [],
        "keyId": key,
        **_metadata(okta, app, key),
        "keys": [_key(item) for item in okta.get(f"/api/v1/apps/{call.id}/credentials/keys")],
        "embedUrl": _embed_url(app),
    }


def _metadata(okta: Okta, app: Any, key: str) -> Props:
    """Inactive apps have none."""
    url = ((app.get("_links") or {}).get("metadata") or {}).get("href", "")
    if app.get("status") != apps.ACTIVE:
        return {"metadataUrl": url}
    text = okta.get(f"/api/v1/apps/{app['id']}/sso/saml/metadata", accept="application/xml", kid=key)
    metadata = parsed(text)
    return {
        "metadata": text,
        "metadataUrl": url,
        "entityUrl": metadata.entity_id,
        "entityKey": metadata.entity_key,
        "certificate": metadata.certificate,
        "httpPostBinding": metadata.http_post,
        "httpRedirectBinding": metadata.http_redirect,
    }


def _embed_url(app: Any) -> str:
    links = (app.get("_links") or {}).get("appLinks") or [{}]
    return links[0].get("href", "")


def _key(key: Any) -> Props:
    return {
        "kid": key["kid"],
        "created": key["created"],
        "lastUpdated": key["lastUpdated"],
        "expiresAt": key["expiresAt"],
        "e": key.get("e", ""),
        "kty": key.get("kty", ""),
        "n": key.get("n", ""),
        "use": key.get("use", ""),
        "x5cs": key.get("x5c", []),
        "x5tS256": key.get("x5t#S256", ""),
    }


def _from_the_catalogue(inputs: Props) -> Iterable[Failure]:
    if inputs.get("preconfiguredApp", "") in ("", None) and inputs.get("preconfiguredApp") is not UNKNOWN:
        yield Failure("preconfiguredApp", "is required: the stand-in Okta plug-in knows catalogue apps only")


ENTRIES = (
    Entry(
        token="okta:app/saml:Saml",
        replaces=("preconfiguredApp",),
        defaults=apps.COMMON_DEFAULTS | {"hideIos": False, "hideWeb": False, "honorForceAuthn": False},
        computed=("authenticationPolicy",),
        checks={"status": one_of("ACTIVE", "INACTIVE"), "appSettingsJson": json_text},
        rules=(_from_the_catalogue, apps.only(_SUPPORTED, "SAML apps")),
        same={"appSettingsJson": apps.same_settings},
        create=_create,
        read=_read,
        update=_update,
        delete=apps.delete,
    ),
)
