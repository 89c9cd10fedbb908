"""Mistakes that only show when parts of the stack file are held against each other.

These run on the document as it was written, beside the models, so that all mistakes come out at once. Whatever has the
wrong shape is passed over here: the models say so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from pydantic import ValidationError

from rollout.incidents.cut_rules import RAISE_ENDS
from rollout.levels import Level
from rollout.model.budgets import Budgets
from rollout.model.errors import Mistake, nearest, shown
from rollout.model.fields import small
from rollout.model.rollout import Federation
from rollout.names import RESERVED
from rollout.stack_file.budget_consistency import contradictions
from rollout.usage.records import UNKNOWN_TEAM

Document = Mapping[str, Any]
# A clock may run ahead of the one that wrote `since` by this much.
CLOCK_SKEW = timedelta(minutes=5)
# The least that Identity Center takes (its user guide, session duration for AWS accounts), and the most that we do.
PERMISSION_SET_MINUTES = 60


def part(value: object, *path: str) -> Document:
    """The map at a path, or an empty one where there is none."""
    for key in path:
        value = cast("Document", value).get(key) if isinstance(value, Mapping) else None
    return cast("Document", value) if isinstance(value, Mapping) else {}


def level_of(value: Document) -> Level | None:
    text = value.get("level")
    return Level(text) if isinstance(text, str) and text in set(Level) else None


def each_cohort(document: Document) -> Iterator[tuple[str, Document]]:
    for name in part(document, "cohorts"):
        yield name, part(document, "cohorts", name)


def each_member(document: Document) -> Iterator[tuple[str, str, Document, Document]]:
    for name, cohort in each_cohort(document):
        for email in part(cohort, "members"):
            yield name, email, cohort, part(cohort, "members", email)


def teams(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    known = part(document, "organization", "teams")
    for name, email, _, member in each_member(document):
        team = member.get("team")
        if isinstance(team, str) and team not in known:
            yield Mistake(
                ("cohorts", name, "members", email, "team"),
                f"no such team in organization.teams: {shown(team)}; {nearest(team, known)}",
            )


def models(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    known = part(document, "models")
    for name, cohort in each_cohort(document) if known else ():
        labels = cohort.get("models")
        seen: set[str] = set()
        for label in labels if isinstance(labels, list) else []:  # pyright: ignore[reportUnknownVariableType]
            if not isinstance(label, str):
                continue
            if label not in known:
                yield Mistake(
                    ("cohorts", name, "models"), f"no such label in models: {shown(label)}; {nearest(label, known)}"
                )
            elif label in seen:
                yield Mistake(("cohorts", name, "models"), f"named twice: {shown(label)}")
            seen.add(label)


def throttle_model(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    known = part(document, "models")
    label = part(document, "throttle").get("model")
    if isinstance(label, str) and label not in known:
        yield Mistake(("throttle", "model"), f"no such label in models: {shown(label)}; {nearest(label, known)}")
        return
    label = label if isinstance(label, str) else "haiku"
    throttled = {name for name, cohort in each_cohort(document) if level_of(cohort) is Level.THROTTLED} | {
        name for name, _, _, member in each_member(document) if level_of(member) is Level.THROTTLED
    }
    for name in sorted(throttled):
        labels = part(document, "cohorts", name).get("models")
        if isinstance(labels, list) and label not in labels:
            yield Mistake(
                ("cohorts", name, "models"),
                f"without {shown(label)}, all that is left at throttled; add it, or set throttle.model to one of these",
            )


def budgets(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    try:
        yield from contradictions(Budgets.model_validate(part(document, "budgets")))
    except ValidationError:
        return  # the models say so


def cohort_names(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    for name, _ in each_cohort(document):
        if name in RESERVED:
            text = f"{shown(name)} is the name of something of ours in AWS; not one of {', '.join(RESERVED)}"
            yield Mistake(("cohorts", name), text)


def incidents(document: Document, now: datetime) -> Iterator[Mistake]:
    places: list[tuple[tuple[str, ...], Document, Document]] = [
        (("cohorts", name), cohort, {}) for name, cohort in each_cohort(document)
    ]
    places += [(("cohorts", n, "members", e), member, cohort) for n, e, cohort, member in each_member(document)]
    for path, place, parent in places:
        level = level_of(place)
        incident = part(place, "incident")
        if level and level.needs_incident and not incident and not part(parent, "incident"):
            yield Mistake((*path, "incident"), f"missing; {level} needs incident: {{id, since, reason}}")
        for key, since in (
            ("incident.since", incident.get("since")),
            ("sessions_valid_from", place.get("sessions_valid_from")),
            ("extended", place.get("extended")),
        ):
            if isinstance(since, datetime) and since > now + CLOCK_SKEW:
                text = f"in the future: {since.isoformat()}; it is {now:%Y-%m-%dT%H:%M:%SZ} now"
                yield Mistake((*path, key), text, by_clock=True)


def member_levels(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    """A cut of a member's own stays in the file while their cohort is cut deeper: of the two the deeper is in force."""
    for name, email, cohort, member in each_member(document):
        own, whole = level_of(member), level_of(cohort)
        if own and whole and own.rank < whole.rank and not own.needs_incident:
            yield Mistake(
                ("cohorts", name, "members", email, "level"),
                f"{own} is below the cohort's {whole}; a member's own level can only take away more",
            )


def one_cohort_each(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    """A person in two cohorts would lose the umbrella group, and so all access, when either is taken back."""
    first: dict[str, str] = {}
    for name, email, cohort, _ in each_member(document):
        level = level_of(cohort)
        if not level or not level.effects.members:
            continue
        if email in first:
            yield Mistake(
                ("cohorts", name, "members", email),
                f"already in cohort {shown(first[email])}; a person is in one cohort with access at a time",
            )
        first.setdefault(email, name)


def adoption(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    federation = document.get("federation", Federation.SAML)
    unused: dict[str, tuple[str, ...]] = {
        Federation.SAML: ("oidc_provider_arn",),
        Federation.OIDC: ("saml_provider_arn", "okta_app_id", "okta_sign_in_app_id"),
        Federation.IDENTITY_CENTER: ("oidc_provider_arn", "saml_provider_arn", "okta_app_id", "okta_sign_in_app_id"),
    }
    for key in unused.get(federation, ()) if isinstance(federation, str) else ():
        if part(document, "adopt").get(key) is not None:
            yield Mistake(
                ("adopt", key), f"not used under federation: {shown(federation)}; take it out, or change federation"
            )


def identity_center(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    """The instance is named where people sign in by it, and nowhere else; its sessions have no other length."""
    chosen = document.get("federation") == Federation.IDENTITY_CENTER
    if chosen and document.get("identity_center") is None:
        text = "missing: the organization's instance of IAM Identity Center, which people sign in by under `federation:"
        yield Mistake(("identity_center",), f"{text} identity_center` (docs/identity-center.md)")
    if not chosen and document.get("identity_center") is not None:
        yield Mistake(("identity_center",), "used under `federation: identity_center` alone; take it out, or choose it")
    minutes = document.get("session_minutes", PERMISSION_SET_MINUTES)
    # As the engine hands it over, a number is text.
    if chosen and str(minutes).strip() != str(PERMISSION_SET_MINUTES):
        text = f"{minutes}: a session of a permission set lasts an hour at least; take it out, or set"
        yield Mistake(("session_minutes",), f"{text} {PERMISSION_SET_MINUTES}")


def findings_log(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    if document.get("github_webhook_secret") and part(document, "adopt").get("meter") is True:
        text = "not used under adopt.meter: the stack that counts has the findings log; set it there, and take it out"
        yield Mistake(("github_webhook_secret",), f"{text} here")


def jamf_secret(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    if document.get("jamf") is not None and document.get("jamf_client_secret") is None:
        text = "missing; `pulumi config set --secret jamf_client_secret`, or take `jamf` out"
        yield Mistake(("jamf_client_secret",), text)


def retired(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    names: object = part(document, "logs").get("retired")
    for name, cohort in each_cohort(document):
        level = level_of(cohort)
        if isinstance(names, list) and name in names and level and level.effects.group:
            yield Mistake(
                ("logs", "retired"), f"{shown(name)} is {level}, so its logs are declared with it; take it out"
            )


def stops(document: Document, now: datetime) -> Iterator[Mistake]:
    budgets, members = part(document, "budgets"), {email for _, email, _, _ in each_member(document)}
    addresses = Counter(small(str(email)) for email in part(budgets, "raises"))
    for email in (email for email, times in addresses.items() if times > 1):
        yield Mistake(("budgets", "raises", email), "there twice, but for upper and lower case")
    try:
        said = Budgets.model_validate(budgets)
    except ValidationError:
        return  # the models say so
    if said.stops and part(document, "adopt").get("meter") is True:
        text = "not used under adopt.meter: the stack that counts is the one that stops; take them out here"
        yield Mistake(("budgets",), f"stops in dollars are {text}")
    for key, whose in (("announcer", "topics are"), ("meter", "budgets are")) if said.anomaly_usd is not None else ():
        if part(document, "adopt").get(key) is True:
            text = f"not used under adopt.{key}: the {whose} another stack's; set it there, and take it out"
            yield Mistake(("budgets", "anomaly_usd"), text)
    if "team-day" in said.stops and UNKNOWN_TEAM in part(document, "organization", "teams"):
        text = "what people in no roster spend is counted under this name, and would stop the team; take another one"
        yield Mistake(("organization", "teams", UNKNOWN_TEAM), text)
    for email in said.raises:
        if email not in members:
            text = f"no such member in any cohort; {nearest(email, sorted(members))}"
            yield Mistake(("budgets", "raises", email), text)
    ends = {raised.until for raised in said.raises.values() if raised.until > now}
    if len(ends) > RAISE_ENDS:
        text = f"end at {len(ends)} different times; a policy has room for {RAISE_ENDS}: let several end together"
        yield Mistake(("budgets", "raises"), text, by_clock=True)


CHECKS: tuple[Callable[[Document, datetime], Iterator[Mistake]], ...] = (
    teams,
    models,
    throttle_model,
    budgets,
    cohort_names,
    incidents,
    member_levels,
    one_cohort_each,
    adoption,
    identity_center,
    findings_log,
    jamf_secret,
    retired,
    stops,
)
