"""What is said of a change of level: to whom, by which way, in which words.

This runs in AWS Lambda too, where there is no pydantic: standard library and `rollout.levels` only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from rollout.incidents.cohort_state import Change, digest
from rollout.levels import Level
from rollout.model.times import instant
from rollout.names import MACHINE

AUDIENCES = ("engineering", "team_leads", "finance", "security", "leadership")
# The plan, exercise 2, level 4: a review within 48 hours. People are reminded half-way.
REVIEW_WITHIN = timedelta(hours=48)
REVIEW_REMINDER = timedelta(hours=24)
# Of one mail (SES developer guide, quotas).
MAX_RECIPIENTS = 50

Way = Literal["log", "webhook", "topic", "slack", "slack_person", "email", "schedule"]


@dataclass(frozen=True, kw_only=True)
class Route:
    """Who hears of a level. `people`: those affected and their managers. `recorded`: the incident tracker."""

    audiences: tuple[str, ...] = ()
    email: bool = False
    people: bool = False
    recorded: bool = False
    review: bool = False


# fmt: off
ROUTES: Mapping[Level, Route] = {
    Level.PLANNED:     Route(),
    Level.ACTIVE:      Route(),
    Level.RESTRICTED:  Route(recorded=True, audiences=("engineering",)),
    Level.THROTTLED:   Route(recorded=True, audiences=("engineering",), email=True),
    Level.SUSPENDED:   Route(recorded=True, audiences=("engineering",), email=True, people=True),
    Level.ROLLED_BACK: Route(recorded=True, audiences=("engineering", "leadership", "security"), email=True, people=True, review=True),
}
# fmt: on
# One person's level is no matter for a channel: they, their manager, and security.
ALONE = Route(recorded=True, audiences=("security",), email=True, people=True)

MEANS: Mapping[Level, str] = {
    Level.PLANNED: "No access yet.",
    Level.ACTIVE: "Whoever is in the cohort can use Claude Code as agreed.",
    Level.RESTRICTED: "Claude Code goes on under strict settings: no bypass mode, managed rules only, no `git push`.",
    Level.THROTTLED: "Only {throttle_model} answers, with at most {daily_tokens} tokens per person and day.",
    Level.SUSPENDED: "No model answers, in sessions that are open too, and Okta's groups no longer let people in.",
    Level.ROLLED_BACK: "Role, inference profiles and Okta's assignment are taken away. Logs stay, for a year at least.",
}
REMOVED = "No longer in any cohort: no model answers, also in sessions that are open still."
NEXT: Mapping[Level, str] = {
    Level.PLANNED: "Nothing to do.",
    Level.ACTIVE: "Nothing to do but to sign in again: sessions from before the incident stay dead.",
    Level.RESTRICTED: "In force everywhere by {due}. Whoever is on call decides whether it ends or goes up.",
    Level.THROTTLED: "In force everywhere by {due}. Sonnet and Opus return when the level goes back to active.",
    Level.SUSPENDED: "In force everywhere by {due}. Nothing to do; please do not look for another way in.",
    Level.ROLLED_BACK: "In force everywhere by {due}. The post-incident review is held by {review}.",
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a stack file says of notices. `audiences`: those with a topic. Addresses and channels by audience."""

    organization: str
    throttle_model: str
    daily_tokens: int
    bot: bool
    email_from: str | None
    webhook: str | None
    channels: Mapping[str, str]
    emails: Mapping[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One thing to send, once. `id` tells it from every other; `to`: a channel, address, audience or e-mail."""

    id: str
    way: Way
    to: list[str]
    title: str
    lines: list[str]
    record: dict[str, Any]


def route_of(change: Change) -> Route:
    """Who heard that access was taken hears that it is back."""
    highest = max(change.before, change.after, key=lambda level: level.rank)
    if change.subject and highest.needs_incident:
        return ALONE
    return ROUTES[highest]


def deliveries(change: Change, settings: Settings) -> list[Delivery]:
    """Everything to send because of one change, the record first."""
    return list(_deliveries(change, settings))


def _deliveries(change: Change, settings: Settings) -> Iterator[Delivery]:
    route, record = route_of(change), record_of(change)
    title, lines = _words(change, settings)
    for way, to in _impersonal(change, route, settings):
        yield Delivery(id=digest(change.id, way, *to), way=way, to=to, title=title, lines=lines, record=record)
    for person, own_title, own_lines in _personal(change, settings) if route.people else ():
        for way in ways_to_people(settings):
            id_ = digest(change.id, way, own_title, person)
            yield Delivery(id=id_, way=way, to=[person], title=own_title, lines=own_lines, record=record)


def _impersonal(change: Change, route: Route, settings: Settings) -> Iterator[tuple[Way, list[str]]]:
    yield "log", []
    if route.recorded and settings.webhook:
        yield "webhook", [settings.webhook]
    if route.review and change.after is Level.ROLLED_BACK and change.incident:
        yield "schedule", [review_name(change.cohort, change.incident["id"])]
    yield from to_audiences(route, settings)


def to_audiences(route: Route, settings: Settings) -> Iterator[tuple[Way, list[str]]]:
    for audience in route.audiences:
        yield "topic", [audience]
        if settings.bot and audience in settings.channels:
            yield "slack", [settings.channels[audience]]
        addresses = settings.emails.get(audience, []) if route.email and settings.email_from else []
        for first in range(0, len(addresses), MAX_RECIPIENTS):
            yield "email", addresses[first : first + MAX_RECIPIENTS]


def ways_to_people(settings: Settings) -> Iterator[Way]:
    if settings.bot:
        yield "slack_person"
    if settings.email_from:
        yield "email"


def _personal(change: Change, settings: Settings) -> Iterator[tuple[str, str, list[str]]]:
    """(address, title, lines) for everybody affected who has one, and for each manager once, with the names of theirs:
    a machine has none, and who answers for it stands as its manager."""
    state = _state(change)
    lines = _lines(change, settings)
    for email in (each for each in change.people if not MACHINE.fullmatch(each)):
        yield email, f"Your access to Claude Code is {state}", lines
    reports: dict[str, list[str]] = {}
    for email, subject in change.people.items():
        if subject.manager:
            reports.setdefault(subject.manager, []).append(f"{subject.name} ({email})" if subject.name else email)
    for manager, names in sorted(reports.items()):
        whose = names[0] if len(names) == 1 else f"{len(names)} people of yours"
        yield (
            manager,
            f"Access to Claude Code is {state} for {whose}",
            [f"For: {', '.join(names)}", *lines],
        )


def _state(change: Change) -> str:
    """Nobody who left is told that they have access."""
    if change.removed:
        return "removed"
    if change.after is Level.ACTIVE and change.before.needs_incident:
        return f"no longer {_word(change.before)}"
    again = change.after.rank < change.before.rank
    return _word(change.after) + (" again" if again else "")


def _word(level: Level) -> str:
    return level.value.replace("_", " ")


def _words(change: Change, settings: Settings) -> tuple[str, list[str]]:
    who = f"cohort {change.cohort}"
    if change.subject:
        who = f"{change.people[change.subject].name or change.subject} of cohort {change.cohort}"
    whom = "nobody" if not change.people else f"{len(change.people)} people"
    if len(change.people) == 1:
        whom = "1 person"
    return f"Claude Code: {who} is {_state(change)}", [f"For: {whom}", *_lines(change, settings)]


def _lines(change: Change, settings: Settings) -> list[str]:
    incident, minutes = change.incident, change.after.effects.minutes
    since = instant(incident["since"]) if incident else change.at
    facts = {
        "due": shown(change.at + timedelta(minutes=minutes or 0)),
        "review": shown(since + REVIEW_WITHIN),
        "throttle_model": settings.throttle_model,
        "daily_tokens": f"{settings.daily_tokens:,}",
    }
    lines = [
        f"Level: {change.before} -> {'removed' if change.removed else change.after}, {shown(change.at)}",
        f"What it means: {REMOVED if change.removed else MEANS[change.after].format(**facts)}",
    ]
    if incident:
        lines.append(f"Incident: {incident['id']}, since {shown(since)}")
        lines.append(f"Why: {incident['reason']}")
    return [*lines, f"Next: {NEXT[change.after].format(**facts)}"]


def record_of(change: Change) -> dict[str, Any]:
    """The change as data, for the incident log, the tracker and whoever subscribes."""
    return {
        "schema": "claude-code-rollout/level-change/1",
        "id": change.id,
        "at": change.at.isoformat(),
        "cohort": change.cohort,
        "member": change.subject,
        "before": change.before.value,
        "after": change.after.value,
        "incident": dict(change.incident) or None,
        "people": list(change.people),
        **({"removed": True} if change.removed else {}),
    }


def review_deliveries(review: Mapping[str, Any], settings: Settings) -> list[Delivery]:
    """The reminder of a review, to those who heard of the rollback."""
    incident = review["incident"]
    title = f"Claude Code: post-incident review of {incident['id']}"
    lines = [
        f"Cohort {review['cohort']} was rolled back: {incident['reason']}",
        f"The review is due by {shown(instant(incident['since']) + REVIEW_WITHIN)}.",
        "Next: hold it, write down what is to change, and decide in the stack file whether the cohort returns.",
    ]
    record = {"schema": "claude-code-rollout/review/1", "cohort": review["cohort"], "incident": incident}
    return [
        Delivery(
            id=digest("review", review["cohort"], incident["id"], incident["since"], way, *to),
            way=way,
            to=to,
            title=title,
            lines=lines,
            record=record,
        )
        for way, to in to_audiences(ROUTES[Level.ROLLED_BACK], settings)
    ]


def review_name(cohort: str, incident_id: str) -> str:
    """At most 32 of the scheduler's 64 characters. One review per cohort and incident."""
    return f"review-{cohort}-{digest(incident_id)[:8]}"


def review_time(incident: Mapping[str, Any], now: datetime) -> datetime:
    """When people are reminded: a day into the incident, or in five minutes where that is over.

    EventBridge Scheduler refuses a one-time schedule in the past.
    """
    return max(instant(incident["since"]) + REVIEW_REMINDER, now + timedelta(minutes=5))


def shown(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
