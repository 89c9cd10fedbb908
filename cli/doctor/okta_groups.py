"""Whether the app that people sign in to a gateway with tells it their groups: a person sets that in Okta's console."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx

from cli.doctor.finding import Finding, broken, document, fine, unknown
from rollout import okta_names
from rollout.account import Account
from rollout.gateway.claude_apps import groups_filter
from rollout.model.rollout import Rollout

CHECK = "groups claim"
APPS, INTERNAL = "/api/v1/apps", "/api/v1/internal/apps/{app}/settings/oauth/idToken"


def applies(rollout: Rollout) -> bool:
    """Of either kind: both ask Okta in which groups people are, by the same app."""
    return rollout.gateway is not None


def findings(okta: httpx.Client, rollout: Rollout, account: Account | None, *, by_token: bool) -> Iterator[Finding]:
    """With an API token Okta says what is set, at an address of its console's; to a service app it says nothing."""
    if account is None:
        yield unknown(CHECK, "of which account is not known", "set aws:allowedAccountIds, or sign in to AWS")
        return
    label, wanted = okta_names.gateway_app(account.id), groups_filter(rollout, account)
    fix = (
        f"in Okta's console: Applications, {label}, Sign On, OpenID Connect ID Token, "
        f"groups claim filter: groups, Matches regex, {wanted}"
    )
    apps: list[dict[str, Any]] = document(okta.get(APPS, params={"q": label, "limit": 200}))
    found = [app["id"] for app in apps if app.get("label") == label]
    if not found:
        yield unknown(CHECK, f"{label} is not there yet", "run `pulumi up`, which makes it; then look again")
    elif not by_token:
        yield unknown(CHECK, f"of {label}: Okta tells it to no service app", fix)
    else:
        said = document(okta.get(INTERNAL.format(app=found[0])))
        given = (said.get("name"), said.get("groupFilterType"), said.get("value"))
        if given == ("groups", "REGEX", wanted):
            yield fine(CHECK, f"{label} tells the gateway its people's groups")
        else:
            yield broken(CHECK, f"{label} tells the gateway no group, or others: nobody is served", fix)
