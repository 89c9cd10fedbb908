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

from rollout.access.ends import ends_characters
from rollout.access.sizes import boundary_characters, inline_characters
from rollout.iam_limits import INLINE_CHARACTERS, MANAGED_CHARACTERS, MANAGED_PER_ROLE
from rollout.incidents.cut_rules import MAX_STOPPED, MOST_STOPS, RAISE_ENDS, quota_characters
from rollout.incidents.name_shards import sticky
from rollout.levels import Level
from rollout.model.budgets import Budgets
from rollout.model.cohort import STOPPING
from rollout.model.errors import Mistake, nearest, shown
from rollout.model.fields import SOURCE
from rollout.model.models import Model
from rollout.model.rollout import Federation
from rollout.names import RESERVED
from rollout.stack_file.budget_consistency import contradictions
from rollout.usage.records import UNKNOWN_TEAM

Document = Mapping[str, Any]
# A clock may run ahead of the one that wrote `since` by this much.
CLOCK_SKEW = timedelta(minutes=5)


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
    }
    for key in unused.get(federation, ()) if isinstance(federation, str) else ():
        if part(document, "adopt").get(key) is not None:
            yield Mistake(
                ("adopt", key), f"not used under federation: {shown(federation)}; take it out, or change federation"
            )


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


def members_stopped_alone(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    """More would not fit into the policies that a role can carry."""
    for name, cohort in each_cohort(document):
        members = part(cohort, "members")
        alone = [email for email in members if part(members, email).keys() & set(STOPPING)]
        if len(alone) > MAX_STOPPED:
            text = (
                f"{len(alone)} members with a level or incident of their own; at most {MAX_STOPPED}: set the cohort's"
            )
            yield Mistake(("cohorts", name, "members"), text)


def quota_members(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    """Each must fit into a policy that can stop them for a while, beside the stops of single members. With a stop in
    dollars that is everybody, and the room for single members is kept for whatever comes."""
    try:
        stops = bool(Budgets.model_validate(part(document, "budgets")).stops)
    except ValidationError:
        stops = False  # the models say so
    for name, cohort in each_cohort(document):
        whole, members = level_of(cohort), part(cohort, "members")
        levels = {email: (level_of(part(members, email)), whole) for email in members} if whole else {}
        strictest = {email: max(filter(None, both), key=lambda level: level.rank) for email, both in levels.items()}
        throttled = [email for email, level in strictest.items() if level is Level.THROTTLED]
        watched = (
            [email for email, level in strictest.items() if level.effects.models != "none"] if stops else throttled
        )
        alone = stops or any(part(members, email).keys() & set(STOPPING) for email in members)
        needed = len(sticky((), watched, quota_characters(stops)))
        room = MANAGED_PER_ROLE - (MOST_STOPS if alone else 0)
        if needed > room and stops:
            text = f"{len(watched)} members, whose stops in dollars take {needed} IAM policies; the role has room for "
            yield Mistake(("cohorts", name, "members"), f"{text}{room}: split it, or take the stops out of budgets")
        elif needed > room:
            text = f"{len(throttled)} members throttled, whose daily tokens take {needed} IAM policies to watch over; "
            yield Mistake(("cohorts", name, "members"), f"{text}the role has room for {room}: split it, or suspend it")


def stops(document: Document, now: datetime) -> Iterator[Mistake]:
    budgets, members = part(document, "budgets"), {email for _, email, _, _ in each_member(document)}
    addresses = Counter(str(email).strip().lower() for email in part(budgets, "raises"))
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


def role_policies(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    """Names and ends that would not fit into IAM's policies."""
    known = part(document, "models")
    for name, cohort in each_cohort(document):
        named = cast("list[object]", labels) if isinstance(labels := cohort.get("models"), list) else []
        sources = {str(label): str(part(known, str(label)).get("source")).strip() for label in named}
        models = {label: Model.model_construct(source=s) for label, s in sources.items() if SOURCE.fullmatch(s)}
        for size, most, where in (
            (inline_characters(models), INLINE_CHARACTERS, "on a role"),
            (boundary_characters(models), MANAGED_CHARACTERS, "as its boundary"),
        ):
            if size > most:
                text = f"{len(models)} models with names this long make an IAM policy of up to {size} characters; "
                yield Mistake(("cohorts", name, "models"), f"{text}IAM takes {most} {where}: name fewer")
                break
        else:
            yield from _too_many_ends(name, cohort, INLINE_CHARACTERS - inline_characters(models))


def _too_many_ends(name: str, cohort: Document, room: int) -> Iterator[Mistake]:
    members, whole = part(cohort, "members"), cohort.get("until")
    found = {email: at for email in members if isinstance(at := part(members, email).get("until"), datetime)}
    size = ends_characters(whole if isinstance(whole, datetime) else None, found)
    if size > room:
        text = f"{len(found)} members with an `until` of {len(set(found.values()))} times take {size} characters of IAM"
        yield Mistake(
            ("cohorts", name, "members"),
            f"{text}, and the role has room for {room}: let several end together, split the cohort, or give it `until`",
        )


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
    findings_log,
    jamf_secret,
    retired,
    members_stopped_alone,
    quota_members,
    stops,
    role_policies,
)
