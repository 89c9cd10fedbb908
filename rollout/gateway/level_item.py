"""What an update writes down of a cohort for LiteLLM's hook, as one item of the meter's table.

The hook reads it every few seconds (`gateway.levels`), so that a level counts within a minute without a restart. It
says who is a member and what each may do now; IAM denies the same whatever is written here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rollout import names
from rollout.account import Account
from rollout.levels import Level
from rollout.model.cohort import Cohort, Incident, Member
from rollout.model.names_at_gateway import model_names, other_names
from rollout.model.rollout import Rollout
from rollout.model.whom_to_ask import whom_to_ask

FORM = 1
# An item of DynamoDB has 400 KB; beyond this its members are left out, and STS alone knows who is one.
MEMBER_BYTES = 300_000
# AWS's most for a role that a role takes (STS API reference, AssumeRole, role chaining).
MOST_SESSION_SECONDS = 3600


def level_item(rollout: Rollout, account: Account, cohort: str, profile_arns: Mapping[str, str]) -> dict[str, Any]:
    """`profile_arns`: by label, of the cohort's profiles; none where it has none at its level."""
    called = model_names(rollout, cohort)
    said = {
        "form": FORM,
        **_own(rollout, rollout.cohorts[cohort], None),
        "role_arn": account.role_arn(cohort),
        "session_seconds": min(rollout.session_minutes * 60, MOST_SESSION_SECONDS),
        "models": {
            label: {"arn": arn, "called": list(dict.fromkeys([called[label], *other_names(rollout, cohort, label)]))}
            for label, arn in profile_arns.items()
        },
        "throttle": {
            "model": rollout.throttle.model,
            "daily_tokens": rollout.throttle.daily_tokens,
            "delay_seconds": rollout.throttle.delay_seconds,
            "counts": list(rollout.throttle.counts),
        },
        "members": _members(rollout, rollout.cohorts[cohort]),
    }
    return {"id": {"S": names.gateway_item(cohort)}, "said": {"S": json.dumps(said)}}


def _members(rollout: Rollout, cohort: Cohort) -> dict[str, Any] | None:
    """By session name; what a member has of their own, alone."""
    usual = _own(rollout, cohort, None)
    found = {
        email.lower(): {name: value for name, value in _own(rollout, cohort, email).items() if usual.get(name) != value}
        for email in sorted(cohort.members)
    }
    return found if len(json.dumps(found)) <= MEMBER_BYTES else None


def _own(rollout: Rollout, cohort: Cohort, email: str | None) -> dict[str, Any]:
    """Of the cohort, or of one member."""
    if email is None:
        level, incident = cohort.level, cohort.incident
        line, end = cohort.valid_from(), cohort.until
    else:
        member = cohort.members[email]
        level, incident = cohort.level_of(email), _incident(cohort, member)
        line, end = cohort.member_valid_from(email), cohort.end_of(email)
    says = sentence(rollout, level, incident)
    told = {"says": says, "valid_from": _stamp(line), "end": _stamp(end)}
    return {"level": level.value, **{name: value for name, value in told.items() if value}}


def _incident(cohort: Cohort, member: Member) -> Incident | None:
    """A member's level may rest on the cohort's incident."""
    return member.incident or cohort.incident if member.level and member.level.needs_incident else cohort.incident


def _stamp(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def sentence(rollout: Rollout, level: Level, incident: Incident | None) -> str:
    """What people read whom a level takes something from: its reason was written for them."""
    if not level.needs_incident or level is Level.RESTRICTED:
        return ""
    why = f"{incident.id}: {incident.reason.rstrip('.')}" if incident else "no incident named"
    throttle = rollout.throttle
    if level is Level.THROTTLED:
        return f"Claude Code is throttled ({why}): {throttle.model} alone, {throttle.daily_tokens:,} tokens a day"
    gone = "suspended" if level is Level.SUSPENDED else "taken back"
    return f"Claude Code is {gone} ({why}). You will be told when it is back; {whom_to_ask(rollout)}."
