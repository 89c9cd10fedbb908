"""From what the engine hands a program (text by key) to a validated rollout, or all mistakes at once."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from rollout import names
from rollout.access import residual
from rollout.model import errors
from rollout.model.cohort import OWN
from rollout.model.errors import Mistake, StackFileError, one_of
from rollout.model.fields import RosterPath, small
from rollout.model.rollout import Rollout, ServiceLevels
from rollout.model.time_fields import End, Instant
from rollout.stack_file.checks import CHECKS, each_cohort, part
from rollout.stack_file.exception_checks import EXCEPTION_CHECKS
from rollout.stack_file.gateway_checks import GATEWAY_CHECKS
from rollout.stack_file.machine_checks import MACHINE_CHECKS
from rollout.stack_file.regions import region_mistakes
from rollout.stack_file.roster import read_roster
from rollout.stack_file.roster_table import COLUMNS
from rollout.stack_file.size_checks import SIZE_CHECKS
from rollout.stack_file.success_checks import SUCCESS_CHECKS

PROJECT = names.PROJECT
SECRETS = ("slack_bot_token", "webhook_signing_key", "github_token", "github_webhook_secret", "jamf_client_secret")
_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
_END: TypeAdapter[datetime] = TypeAdapter(End)
_ROSTER: TypeAdapter[str] = TypeAdapter(RosterPath)


def load(
    config: Mapping[str, str],
    folder: Path,
    now: datetime,
    encrypted: Collection[str] | None = None,
    by_clock: bool = True,
) -> Rollout:
    """The rollout that a stack's configuration describes.

    `config`: values by full key, maps and lists as JSON, as the engine gives them. `folder`: where rosters are.
    `now`: to refuse an incident in the future and an exception that expired, and to know whose access has ended.
    `encrypted`: the full keys that the stack file holds encrypted; None where nobody knows. `by_clock`: whether
    mistakes count that come or go with time alone; not so for a file that is history. Raises StackFileError with a line
    for each mistake.
    """
    document = {
        key.removeprefix(f"{PROJECT}:"): _value(text) for key, text in config.items() if key.startswith(f"{PROJECT}:")
    }
    lines = [
        f"{key}: in clear text; `pulumi config set --secret {key}` a new one, and take this one out of use"
        for key in SECRETS
        if encrypted is not None and key in document and f"{PROJECT}:{key}" not in encrypted
    ]
    lines += [mistake.line({}) for mistake in region_mistakes(document, config.get("aws:region"))]
    return validate(document, folder, now, _okta_provider(config), lines, by_clock)


def validate(
    document: dict[str, Any],
    folder: Path,
    now: datetime,
    okta_domain: str | None = None,
    known_mistakes: Iterable[str] = (),
    by_clock: bool = True,
) -> Rollout:
    """As `load`, from a document of maps and lists."""
    origins: dict[errors.Path, str] = {}
    lines = [*known_mistakes, *_add_rosters(document, folder, origins)]
    mistakes = _normalize(document)
    rollout: Rollout | None = None
    try:
        rollout = Rollout.model_validate(document)
    except ValidationError as error:
        mistakes += errors.mistakes_of(error, Rollout, part(document, "organization", "teams"))
    for check in (*CHECKS, *SIZE_CHECKS, *MACHINE_CHECKS, *GATEWAY_CHECKS, *SUCCESS_CHECKS, *EXCEPTION_CHECKS):
        mistakes += [mistake for mistake in check(document, now) if by_clock or not mistake.by_clock]
    if okta_domain and rollout and rollout.okta.domain != okta_domain:
        text = f"{rollout.okta.domain}, but okta:orgName and okta:baseUrl say {okta_domain}; make them agree"
        mistakes.append(Mistake(("okta", "domain"), text))
    if rollout and rollout.service_levels is ServiceLevels.ENFORCE:
        mistakes += residual.missed(rollout)
    lines += sorted({mistake.line(origins) for mistake in mistakes})
    if lines or rollout is None:
        raise StackFileError(lines)
    return rollout.as_of(now)


def _value(text: str) -> Any:
    if text[:1] in {"{", "["}:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


def _okta_provider(config: Mapping[str, str]) -> str | None:
    if organization := config.get("okta:orgName"):
        return f"{organization}.{config.get('okta:baseUrl', 'okta.com')}".lower()
    return None


def _add_rosters(document: dict[str, Any], folder: Path, origins: dict[errors.Path, str]) -> list[str]:
    """Put the rows of each cohort's roster among its members; give the mistakes of the files themselves."""
    lines: list[str] = []
    for name, cohort in each_cohort(document):
        try:
            roster = _ROSTER.validate_python(cohort.get("roster"))
        except ValidationError:
            continue
        rows, mistakes = read_roster(roster, folder)
        lines += mistakes
        if not isinstance(cohort.get("members", {}), Mapping | None):
            continue
        members: dict[str, Any] = dict(part(cohort, "members"))
        written = {small(email): email for email in members}
        teams = {team.lower(): team for team in part(document, "organization", "teams")}
        for row in rows:
            path = ("cohorts", name, "members", row.email)
            member = {key: value for key, value in row.member.items() if value is not None}
            member["team"] = teams.get(str(member.get("team", "")).lower(), member.get("team"))
            if row.email in written:
                own = part(members, written[row.email])
                del members[written[row.email]]
                if not own or set(own) - set(OWN):
                    lines.append(f"{errors.dotted(path)}: {row.origin} has this person; only {one_of(OWN)} may be here")
                members[row.email] = {**member, **own}
                origins.update({(*path, column): f"{row.origin}: {column}" for column in COLUMNS if column not in OWN})
            else:
                members[row.email] = member
                origins[path] = row.origin
        cast("dict[str, Any]", cohort)["members"] = members
    return lines


def _normalize(document: dict[str, Any]) -> list[Mistake]:
    """Lower-case e-mail keys, and times as times, where they are in order; the models name those that are not."""
    mistakes: list[Mistake] = []
    for name, cohort in each_cohort(document):
        members: dict[str, Any] = {}
        for email, member in part(cohort, "members").items():
            if small(email) in members:
                mistakes.append(
                    Mistake(("cohorts", name, "members", email), "there twice, but for upper and lower case")
                )
            members[small(email)] = member
            _read_times(member)
        if "members" in cohort and isinstance(cohort["members"], Mapping):
            cast("dict[str, Any]", cohort)["members"] = members
        for machine in part(cohort, "machines").values():
            _read_times(machine)
        _read_times(cohort)
    return mistakes


def _read_times(place: Any) -> None:
    for holder, key, kind in (
        (place, "sessions_valid_from", _INSTANT),
        (place, "opened", _INSTANT),
        (place, "extended", _INSTANT),
        (place, "until", _END),
        (part(place, "incident"), "since", _INSTANT),
    ):
        if isinstance(holder, dict) and key in holder:
            try:
                holder[key] = kind.validate_python(holder[key])
            except ValidationError:
                continue
