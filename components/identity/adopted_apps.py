"""Okta apps that are adopted, read and judged before anything is given by way of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_okta as okta

from rollout.access.adopted_apps import AwsApp, SignInApp, aws_app_mistakes, settings_of, sign_in_app_mistakes
from rollout.account import Account
from rollout.model.rollout import Rollout


def fits(
    rollout: Rollout, account: Account, app: okta.app.Saml | None, sign_in: okta.app.OAuth | None, client_id: Any
) -> pulumi.Output[bool]:
    """Whether those that are adopted fit, None where one is not; all that does not is one error, in previews too.

    `client_id`: of the sign-in app, whosever that is. While an incident is open a misfit is a warning: an app that
    leads nowhere must not stop access from being cut.
    """
    known: dict[str, pulumi.Input[Any]] = {"client_id": client_id}
    if sign_in:
        known |= {"sign_in_status": sign_in.status, "grants": sign_in.grant_types}
    if app:
        known |= {"status": app.status, "settings": app.app_settings_json}
        # Not the template's suffix: a preview takes an output that is not there for unknown, and so all of this.
        known["template"] = app.user_name_template

    def judged(known: Mapping[str, Any]) -> bool:
        lines: list[str] = []
        if sign_in:
            grants = known["grants"] or ()
            lines += sign_in_app_mistakes(SignInApp(status=known["sign_in_status"], grant_types=grants))
        if app:
            found = AwsApp(
                status=known["status"],
                settings=settings_of(known["settings"] or ""),
                user_name_template=known["template"] or "",
            )
            lines += aws_app_mistakes(rollout, account, found, known["client_id"])
        if lines and not rollout.incident_open:
            raise pulumi.RunError("\n".join(["An adopted Okta app does not fit:", *(f"  {line}" for line in lines)]))
        for line in lines:
            pulumi.log.warn(line)
        return not lines

    return pulumi.Output.all(**known).apply(judged)
