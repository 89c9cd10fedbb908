"""What SAML and OAuth apps have in common: their envelope, their policy, and how they are deleted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.plugins.framework.entry import Call
from sandbox.plugins.framework.errors import Failure, PluginError
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry
from sandbox.plugins.okta.client import Okta, OktaError

_DELETION_SECONDS = 25
ACTIVE = "ACTIVE"

COMMON_DEFAULTS: Props = {
    "status": ACTIVE,
    "accessibilitySelfService": False,
    "autoSubmitToolbar": False,
    "implicitAssignment": False,
    "skipAuthenticationPolicy": False,
    "userNameTemplate": "${source.login}",
    "userNameTemplateType": "BUILT_IN",
}
COMMON_INPUTS = frozenset(
    {
        *COMMON_DEFAULTS,
        *("label", "hideIos", "hideWeb", "adminNote", "enduserNote", "authenticationPolicy", "appSettingsJson"),
        *("accessibilityErrorRedirectUrl", "accessibilityLoginRedirectUrl", "preconfiguredApp"),
        *("userNameTemplateSuffix", "userNameTemplatePushStatus"),
    }
)


def only(supported: frozenset[str], noted: str) -> Callable[[Props], Iterable[Failure]]:
    """A rule: an input whose behaviour was never measured is refused, not guessed."""

    def rule(inputs: Props) -> Iterable[Failure]:
        for name in sorted(inputs.keys() - supported):
            yield Failure(name, f"is not supported by the stand-in Okta plug-in for {noted}: remove it")

    return rule


def envelope(new: Props) -> Props:
    """The part of an app's body that every kind has."""
    accessibility = {
        "selfService": new["accessibilitySelfService"],
        "errorRedirectUrl": new.get("accessibilityErrorRedirectUrl"),
        "loginRedirectUrl": new.get("accessibilityLoginRedirectUrl"),
    }
    template = {
        "template": new["userNameTemplate"],
        "type": new["userNameTemplateType"],
        "suffix": new.get("userNameTemplateSuffix"),
        "pushStatus": new.get("userNameTemplatePushStatus"),
    }
    return {
        "label": new["label"],
        "accessibility": given(accessibility),
        "visibility": {
            "autoSubmitToolbar": new["autoSubmitToolbar"],
            "hide": {"iOS": new["hideIos"], "web": new["hideWeb"]},
        },
        "credentials": {"userNameTemplate": given(template)},
        "settings": {
            "app": json.loads(new.get("appSettingsJson") or "{}"),
            "implicitAssignment": new["implicitAssignment"],
            "notes": {"admin": new.get("adminNote"), "enduser": new.get("enduserNote")},
        },
    }


def given(document: Props) -> Props:
    return {name: value for name, value in document.items() if value is not None}


def envelope_read(app: Any) -> Props:
    """The official plug-in crashes where these are absent, and sees a false difference where others are."""
    try:
        hide, template = app["visibility"]["hide"], app["credentials"]["userNameTemplate"]
        settings = app["settings"]
    except KeyError as error:
        raise PluginError(f"app {app.get('id')}: lacks {error}: the official plug-in crashes here") from error
    accessibility, notes = app.get("accessibility") or {}, settings.get("notes") or {}
    links = app.get("_links") or {}
    return {
        "name": app.get("name"),
        "label": app.get("label"),
        "status": app.get("status"),
        "signOnMode": app.get("signOnMode"),
        "accessibilitySelfService": accessibility.get("selfService", False),
        "accessibilityErrorRedirectUrl": accessibility.get("errorRedirectUrl"),
        "accessibilityLoginRedirectUrl": accessibility.get("loginRedirectUrl"),
        "autoSubmitToolbar": app["visibility"].get("autoSubmitToolbar", False),
        "hideIos": hide.get("iOS", False),
        "hideWeb": hide.get("web", False),
        "userNameTemplate": template.get("template"),
        "userNameTemplateType": template.get("type"),
        "userNameTemplateSuffix": template.get("suffix"),
        "userNameTemplatePushStatus": template.get("pushStatus"),
        "implicitAssignment": settings.get("implicitAssignment", False),
        "adminNote": notes.get("admin"),
        "enduserNote": notes.get("enduser"),
        "authenticationPolicy": _last(links.get("accessPolicy", {}).get("href", "")),
        "logoUrl": _logo(links),
    }


def _last(address: str) -> str | None:
    return address.rsplit("/", maxsplit=1)[-1] or None


def _logo(links: Props) -> str:
    logo = links.get("logo") or [{}]
    return (logo[0] if isinstance(logo, list) else logo).get("href", "")


def settings_read(app: Any) -> str:
    """Reading drops nulls and empty texts, so a key the user sets to one differs for ever."""
    found = app["settings"].get("app", {}).items()
    settings = {name: value for name, value in found if value is not None and value != ""}
    return json.dumps(settings, sort_keys=True, separators=(",", ":"))


def same_settings(one: str, other: str) -> bool:
    """Neither order nor `false` counts; 3600 and "3600" differ."""

    def meant(text: str) -> Any:
        return {name: value for name, value in json.loads(text or "{}").items() if value is not False}

    try:
        return meant(one) == meant(other)
    except (ValueError, AttributeError):
        return False


def set_policy(call: Call[Okta], app_id: str) -> None:
    """The chosen policy, the one in state, or the organization's default."""
    okta = call.cloud
    if call.new.get("skipAuthenticationPolicy"):
        return
    policy = call.new.get("authenticationPolicy") or call.old.get("authenticationPolicy")
    if not policy:
        if okta.is_classic():
            return
        policies = [p for p in okta.get("/api/v1/policies", type="ACCESS_POLICY") if p.get("system")]
        if len(policies) != 1:
            raise PluginError(f"one default access policy is expected in Okta: {len(policies)} found")
        policy = policies[0]["id"]
    okta.put(f"/api/v1/apps/{app_id}/policies/{policy}")


def set_status(call: Call[Okta]) -> None:
    if call.changed("status"):
        action = "activate" if call.new["status"] == ACTIVE else "deactivate"
        call.cloud.post(f"/api/v1/apps/{call.id}/lifecycle/{action}")


def delete(call: Call[Okta]) -> None:
    """An app must be inactive to be deleted. Okta may take a while; an app that is gone fails after 25 s."""
    if call.old.get("status", ACTIVE) == ACTIVE:
        _insistently(lambda: call.cloud.post(f"/api/v1/apps/{call.id}/lifecycle/deactivate"))
    _insistently(lambda: call.cloud.delete(f"/api/v1/apps/{call.id}"))


def _insistently(attempt: Callable[[], object]) -> None:
    retry(attempt, lambda error: isinstance(error, OktaError), seconds=_DELETION_SECONDS)
