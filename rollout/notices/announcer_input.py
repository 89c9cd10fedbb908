"""What an announcement is told of a cohort, and what the announcer is told of a stack."""

from __future__ import annotations

from typing import Any

from rollout import names
from rollout.account import Account
from rollout.incidents.cut_record import CohortRecord, Record
from rollout.levels import Level
from rollout.model.cohort import Incident, Machine, Member
from rollout.model.rollout import Federation, Rollout
from rollout.model.whom_to_ask import whom_to_ask
from rollout.notices.access import Access
from rollout.notices.level_changes import AUDIENCES


def announced(rollout: Rollout, cohort: str, record: Record) -> dict[str, Any]:
    """Where a cohort stands, as `rollout.incidents.cohort_state.Standing` reads it.

    While a cohort is active its members are nobody's business: of a roster that grows `access` tells, those who are new
    alone. `removed`: who is in no cohort any more, or whose access has ended, so that nobody is told of access they do
    not have; of an end alone nothing is said here, so that it changes nothing where no incident ever was.
    """
    found = rollout.cohorts[cohort]
    ended = {email for email in found.ended if found.resumed or _was_stopped(found.holders[email], found.level)}
    listed = found.holders if found.level.needs_incident else {e: m for e, m in found.holders.items() if m.level}
    removed = sorted({*_removed(record.cohorts.get(cohort)), *ended})
    return {
        "cohort": cohort,
        "level": found.level.value,
        **({"incident": _incident(found.incident)} if found.level.needs_incident and found.incident else {}),
        "members": {email: _member(member) for email, member in sorted(listed.items()) if email not in ended},
        **({"removed": removed} if removed else {}),
    }


def _was_stopped(member: Member | Machine, cohort: Level) -> bool:
    return cohort.needs_incident or bool(member.level or member.incident or member.sessions_valid_from)


def access(rollout: Rollout, cohort: str, record: Record) -> dict[str, Any]:
    """Who has access once the update has ended, as `rollout.notices.access.Access` reads it."""
    found, notify = rollout.cohorts[cohort], rollout.notify
    owners = {
        name: machine.owner
        for name, machine in sorted(found.machines.items())
        if name not in found.ended and found.end_of(name) and found.level_of(name).effects.members
    }
    ends = {each: end for each in sorted({*found.members, *owners}) if (end := found.end_of(each))}
    on_record = record.cohorts.get(cohort)
    # Whom the record has cut although the file does not is told nothing that would not be true.
    held = {email for email, each in on_record.people.items() if each.is_cut} if on_record else set[str]()
    page = notify.onboarding_page.replace("{cohort}", cohort) if notify.onboarding_page else None
    return Access(
        cohort=cohort,
        people=tuple(email for email in found.signed_in if email not in held),
        above=tuple(sorted(email for email in found.members if found.level_of(email).needs_incident)),
        removed=tuple(_removed(record.cohorts.get(cohort))),
        models=found.usable_models(rollout.throttle),
        is_whole=found.level is Level.ACTIVE,
        tells=notify.onboarding,
        signs_in=rollout.federation is Federation.SAML,
        gateway=rollout.gateway.url if rollout.gateway else "",
        ask=whom_to_ask(rollout),
        page=page,
        ends={email: end.isoformat() for email, end in ends.items() if email not in found.ended},
        ended={email: end.isoformat() for email, end in ends.items() if email in found.ended},
        owners=owners,
    ).document()


def _removed(cohort: CohortRecord | None) -> list[str]:
    people = cohort.people.items() if cohort else ()
    return sorted(email for email, person in people if person.is_removed)


def _member(member: Member | Machine) -> dict[str, Any]:
    """Who answers for a machine is told as a manager is."""
    is_machine = isinstance(member, Machine)
    manager = member.owner if is_machine else member.manager
    return {
        **({} if is_machine else {"name": member.name}),
        **({"manager": manager} if manager else {}),
        **({"level": member.level.value} if member.level else {}),
        **({"incident": _incident(member.incident)} if member.level and member.incident else {}),
    }


def _incident(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "since": incident.since.isoformat(),
        "reason": incident.reason,
        **({"deny": list(incident.deny)} if incident.deny else {}),
    }


def unheard(rollout: Rollout) -> list[str]:
    """What a stack file names and nothing can reach: a line each, with what is missing."""
    notify, found = rollout.notify, list[str]()
    if notify.slack and not rollout.slack_bot_token and not notify.slack.amazon_q:
        found.append(
            "notify.slack: nothing posts there; set amazon_q: true, or `pulumi config set --secret slack_bot_token`"
        )
    if notify.incident_webhook and not rollout.webhook_signing_key:
        found.append(
            "notify.incident_webhook: nothing is sent unsigned; `pulumi config set --secret webhook_signing_key`"
        )
    if not notify.email_from:
        found.append("notify.email_from: missing, so nobody affected by a level is told by e-mail")
    return found


def announcer_settings(rollout: Rollout, account: Account) -> dict[str, Any]:
    """The announcer's `settings.json`: no secret is in it, only where secrets are."""
    notify = rollout.notify
    slack = notify.slack if notify.slack and not notify.slack.amazon_q else None
    return {
        "notices": {
            "organization": rollout.organization.name,
            "throttle_model": rollout.throttle.model,
            "daily_tokens": rollout.throttle.daily_tokens,
            "bot": rollout.slack_bot_token is not None,
            "email_from": notify.email_from,
            "webhook": notify.incident_webhook if rollout.webhook_signing_key else None,
            "channels": {audience: channel.id for audience, channel in sorted(slack.channels.items())} if slack else {},
            "emails": {audience: list(addresses) for audience, addresses in sorted(notify.email.items())},
        },
        "aws": {
            "table": names.NOTICES_TABLE,
            "topics": {audience: account.topic_arn(audience) for audience in AUDIENCES},
            "incident_log_group": names.INCIDENT_LOG_GROUP,
            "incident_log_stream": names.INCIDENT_LOG_STREAM,
            "slack_secret": names.SLACK_SECRET,
            "webhook_secret": names.WEBHOOK_SECRET,
            "schedule_group": names.REVIEWS,
            "schedule_role": account.iam(f"role/{names.REVIEWS_ROLE}"),
            "function_arn": account.function_arn(names.ANNOUNCER),
        },
    }
