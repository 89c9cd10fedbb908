"""What would not fit into IAM's policies: as `rollout.stack_file.checks`, on the document as it was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import cast

from pydantic import ValidationError

from rollout import names
from rollout.access import permission_set
from rollout.access.documents import WRITE_LOG, allow
from rollout.access.documents import document as policy_of
from rollout.access.ends import ends_characters
from rollout.access.parts import managed
from rollout.access.sizes import LONGEST, boundary_characters, inline_characters, invoke_characters
from rollout.iam_limits import INLINE_CHARACTERS, MANAGED_CHARACTERS, MANAGED_PER_ROLE
from rollout.incidents.cut_rules import MAX_STOPPED, MOST_STOPS, quota_characters
from rollout.incidents.name_shards import sticky
from rollout.levels import Level
from rollout.model.budgets import Budgets
from rollout.model.cohort import STOPPING
from rollout.model.errors import Mistake
from rollout.model.fields import SOURCE
from rollout.model.models import Model
from rollout.model.rollout import Federation
from rollout.stack_file.checks import Document, each_cohort, level_of, part

# Each stack that adopts this one's meter attaches one or two to the meter's role.
KEPT_FOR_OTHER_STACKS = 4


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
    stops = _stops(document)
    for name, cohort in each_cohort(document):
        members = part(cohort, "members")
        watched = _watched(cohort, stops)
        alone = stops or any(part(members, email).keys() & set(STOPPING) for email in members)
        needed = len(sticky((), watched, quota_characters(stops)))
        room = MANAGED_PER_ROLE - (MOST_STOPS if alone else 0)
        if needed > room and stops:
            text = f"{len(watched)} members, whose stops in dollars take {needed} IAM policies; the role has room for "
            yield Mistake(("cohorts", name, "members"), f"{text}{room}: split it, or take the stops out of budgets")
        elif needed > room:
            text = f"{len(watched)} members throttled, whose daily tokens take {needed} IAM policies to watch over; "
            yield Mistake(("cohorts", name, "members"), f"{text}the role has room for {room}: split it, or suspend it")


def _stops(document: Document) -> bool:
    try:
        return bool(Budgets.model_validate(part(document, "budgets")).stops)
    except ValidationError:
        return False  # the models say so


def _watched(cohort: Document, stops: bool) -> list[str]:
    """Whom the meter may stop: with a stop in dollars whoever can call, else whoever is throttled."""
    whole, members = level_of(cohort), part(cohort, "members")
    levels = {email: (level_of(part(members, email)), whole) for email in members} if whole else {}
    strictest = {email: max(filter(None, both), key=lambda level: level.rank) for email, both in levels.items()}
    return [
        email
        for email, level in strictest.items()
        if (level.effects.models != "none" if stops else level is Level.THROTTLED)
    ]


def meters_role(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    """What the meter may do for each cohort must fit into the policies that its role can carry, beside those of stacks
    that adopt it."""
    if part(document, "adopt").get("meter"):
        return
    stops, named = _stops(document), dict[str, list[str]]()
    for name, cohort in each_cohort(document):
        shards = len(sticky((), _watched(cohort, stops), quota_characters(stops)))
        named[name] = [LONGEST.policy_arn(names.quota_policy(name, number)) for number in range(1, shards + 1)]
    retired = part(document, "logs").get("retired")
    known = [*named, *map(str, cast("list[object]", retired) if isinstance(retired, list) else ())]
    center = document.get("federation") == Federation.IDENTITY_CENTER
    reserved = [name for name, cohort in each_cohort(document) if center and not part(cohort, "machines")]
    roles = {name: LONGEST.role_arn(name) for name in known}
    roles |= {name: LONGEST.iam(f"role/{names.reserved_role_pattern(name)}") for name in reserved}
    said = {
        "UsageLogs": [LONGEST.log_stream_arn(names.usage_log_group(name), names.USAGE_LOG_STREAM) for name in known],
        "Sessions": list(roles.values()),
        "Quotas": (quotas := [arn for arns in named.values() for arn in arns]),
        "WhoseRole": [*(LONGEST.policy_arn(names.stop_policy(name)) for name in reserved), *quotas] if reserved else [],
        "CanaryJudged": [roles[name] for name, arns in named.items() if arns],
    }
    statements = [allow(sid, WRITE_LOG, arns) for sid, arns in said.items() if arns]
    needed, room = len(list(managed(policy_of(), statements))), MANAGED_PER_ROLE - KEPT_FOR_OTHER_STACKS
    if needed > room:
        text = f"{len(known)} cohorts, for which the meter's role takes {needed} IAM policies; it has room for {room}"
        yield Mistake(("cohorts",), f"{text}: put some into a stack of their own (`rollout init --beside`)")


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


def permission_set_policies(document: Document, now: datetime) -> Iterator[Mistake]:  # noqa: ARG001
    """Of a role that is IAM Identity Center's everything is a managed policy, and which there are cannot depend on who
    is stopped: there must be room for everybody."""
    if document.get("federation") != Federation.IDENTITY_CENTER:
        return
    known = part(document, "models")
    for name, cohort in each_cohort(document):
        if part(cohort, "machines"):
            continue
        if not permission_set.fits(set(part(cohort, "members"))):
            text = f"{len(part(cohort, 'members'))} members, whose names take more IAM policies than the"
            fix = f"{text} {MANAGED_PER_ROLE} that a permission set's role carries: split the cohort"
            yield Mistake(("cohorts", name, "members"), fix)
        labels = cohort.get("models")
        named = cast("list[object]", labels) if isinstance(labels, list) else []
        sources = {str(label): str(part(known, str(label)).get("source")).strip() for label in named}
        models = {label: Model.model_construct(source=s) for label, s in sources.items() if SOURCE.fullmatch(s)}
        if (size := invoke_characters(models)) > MANAGED_CHARACTERS:
            text = f"{len(models)} models make an Allow of {size} characters; a policy of a permission set takes"
            yield Mistake(("cohorts", name, "models"), f"{text} {MANAGED_CHARACTERS}: name fewer")
        yield from _too_many_ends(name, cohort, MANAGED_CHARACTERS - permission_set.STOP_ROOM)


SIZE_CHECKS: tuple[Callable[[Document, datetime], Iterator[Mistake]], ...] = (
    members_stopped_alone,
    quota_members,
    meters_role,
    role_policies,
    permission_set_policies,
)
