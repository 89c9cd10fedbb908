"""No session outlives an hour: leaving a group is felt only when it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from policies.engine.iam import PERMISSION_SET, ROLE
from policies.engine.resources import UNKNOWN, Resource
from policies.engine.rules import Breach, Finding, Later, ResourceRule, Severity

SAML_APP: Final = "okta:app/saml:Saml"
SECONDS = 3600
HOUR: Final = "PT1H"


def judge(resource: Resource) -> Iterator[Finding]:
    if resource.type == ROLE:
        seconds: Any = resource.props.get("maxSessionDuration", SECONDS)
        if seconds is UNKNOWN:
            yield Breach("how long its sessions last is not known in a preview; give it plainly")
            return
    elif resource.type == PERMISSION_SET:
        if resource.props.get("sessionDuration") != HOUR:
            yield Breach(f"sessions of {resource.props.get('sessionDuration')}; {HOUR} is said plainly")
        return
    else:
        settings: Any = resource.props.get("appSettingsJson") or "{}"
        if settings is UNKNOWN:  # it names the sign-in app's id, which Okta may choose
            yield Later("appSettingsJson")
            return
        seconds = json.loads(settings).get("sessionDuration", SECONDS)
    if not isinstance(seconds, int | float) or seconds > SECONDS:
        yield Breach(f"sessions of up to {seconds} s; at most {SECONDS}")


RULE = ResourceRule(
    name="session-at-most-one-hour",
    severity=Severity.HIGH,
    description="A session lasts an hour at most, by its role and by what Okta asks for.",
    remediation="Leave max_session_duration at 3600; `session_minutes` is the stack file's.",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-settings.html",
    types={ROLE, SAML_APP, PERMISSION_SET},
    judge=judge,
)
