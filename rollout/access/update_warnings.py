"""What an update does that its author may not see: clients that lose a profile, tokens that outlive a suspension,
access that lasts beyond the end it had."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from rollout.access import gateway_trust
from rollout.access.ends import ends_characters
from rollout.access.residual import TOKEN_MINUTES, WORKFLOW_TOKEN_MINUTES, lasting_minutes, sign_in_minutes
from rollout.access.sizes import inline_characters
from rollout.account import Account
from rollout.iam_limits import INLINE_CHARACTERS
from rollout.incidents.cut_record import CohortRecord, Record
from rollout.incidents.named_stops import homes_of
from rollout.model.cohort import Cohort
from rollout.model.gateway import Gateway
from rollout.model.rollout import Federation, Rollout
from rollout.model.times import earliest, moment


def tokens_that_outlive(record: Record, rollout: Rollout) -> list[str]:
    """Who is let in again by this update, and whose token from before may buy a session once more, a line each.

    A role's trust policy sees no time at which a token of an OIDC provider was issued (IAM user guide, keys for OIDC
    federation), and the session that it buys is a new one, which no Deny of older sessions meets.
    """
    homes, found = homes_of(rollout), list[str]()
    for name, known in sorted(record.cohorts.items()):
        declared = rollout.declared.get(name)
        if known.is_cut and declared and not declared.level.is_cut:
            found += _outlives(f"cohorts.{name}", *_tokens(rollout, declared, None))
        for holder, person in sorted(known.people.items()):
            home = rollout.declared[homes[holder]] if holder in homes else None
            if home and person.is_cut and not person.left and not home.level_of(holder).is_cut:
                path = f"cohorts.{homes[holder]}.{home.holders_key}.{holder}"
                found += _outlives(path, *_tokens(rollout, home, holder))
    return found


def _tokens(rollout: Rollout, cohort: Cohort, holder: str | None) -> tuple[str, int]:
    """Whose tokens buy sessions, and for how many minutes; none where what is signed names an assertion's moment, or
    where there is no token."""
    machines = [machine for name, machine in cohort.machines.items() if holder in (None, name)]
    if machines:
        return ("GitHub", WORKFLOW_TOKEN_MINUTES) if any(machine.github for machine in machines) else ("", 0)
    if rollout.gateway:
        return "its gateway", sign_in_minutes(rollout)
    return ("Okta", TOKEN_MINUTES[Federation.OIDC]) if rollout.federation is Federation.OIDC else ("", 0)


def _outlives(path: str, issuer: str, minutes: int) -> list[str]:
    what = "a sign-in" if issuer == "its gateway" else "an ID token"
    text = (
        f"{path}: {what} that {issuer} issued before the suspension buys a new session until it is {minutes} "
        f"minutes old; give access back no earlier than {minutes} minutes after the suspension was verified"
    )
    return [text] if minutes else []


def later_ends(before: Record, rollout: Rollout, after: Record) -> list[str]:
    """Whose access was to end by the last update, and ends later or not at all by this one, by name: a line for all of
    a cohort whose end moves alike. `after`: the record of this one."""
    alike: dict[tuple[str, datetime, datetime | None, str], list[str]] = {}
    for holder, home in sorted(homes_of(rollout).items()):
        was = next((name for name, each in before.cohorts.items() if _is_in(each, holder)), None)
        if was is None:
            continue
        ended, ends = _end(before.cohorts[was], holder), _end(after.cohorts[home], holder)
        if ended and (ends is None or ends > ended):
            moved = f", by the move from {was}" if was != home else ""
            alike.setdefault((home, ended, ends, moved), []).append(holder)
    return [
        f"cohorts.{home}: access beyond {moment(ended)}, when it was to end{moved}: {', '.join(who)}: it "
        f"{f'ends {moment(ends)}' if ends else 'does not end'} by this file"
        for (home, ended, ends, moved), who in alike.items()
    ]


def too_large_at_once(before: Record, rollout: Rollout) -> list[str]:
    """Roles on which the Deny of ends would not fit beside the Allow that this update takes models from only later, a
    line each. Of a model that `models` has no more, the size is not known."""
    lines: list[str] = []
    for name, cohort in rollout.declared.items():
        was = before.cohorts.get(name)
        old = {label: rollout.models[label] for label in (was.profiles if was else ()) if label in rollout.models}
        until = {holder: each.until for holder, each in cohort.holders.items() if each.until}
        size = inline_characters(old) + ends_characters(cohort.until, until)
        if old.keys() - {*cohort.models} and size > INLINE_CHARACTERS:
            lines.append(
                f"cohorts.{name}: IAM would refuse this in one step: its role's policies come to {size} characters of "
                f"{INLINE_CHARACTERS} while the Allow of the models that go is still there; take the models out by one "
                "update, and give the ends by the next"
            )
    return lines


def _is_in(cohort: CohortRecord, holder: str) -> bool:
    return holder in cohort.people and not cohort.people[holder].left


def _end(cohort: CohortRecord, holder: str) -> datetime | None:
    return earliest(cohort.people[holder].until, cohort.until)


def changed_profiles(record: Record, rollout: Rollout, after: Record) -> list[str]:
    """Profiles that clients hold and that this update replaces or deletes, a line each: `after` is its record."""
    lines: list[str] = []
    for name, known in sorted(record.cohorts.items()):
        now: Mapping[str, str] = after.cohorts[name].profiles if name in rollout.declared else {}
        for label, source in sorted(known.profiles.items()):
            if label not in now:
                lines.append(
                    f"cohorts.{name}: the profile of {label} is deleted; clients that hold its ARN are refused"
                )
            elif now[label] != source:
                lines.append(
                    f"cohorts.{name}: the profile of {label} gets a new ARN; clients that hold the old one are refused "
                    "until they have the new settings"
                )
    return lines


def changed_ways_in(record: Record, rollout: Rollout) -> list[str]:
    """Of cohorts whose people come in otherwise from this update on, a line each: `record` is from before it."""
    found: list[str] = []
    gateway = rollout.gateway.url if rollout.gateway else None
    for name, known in sorted(record.cohorts.items()):
        cohort = rollout.declared.get(name)
        if not cohort or cohort.machines or not cohort.level.effects.role or not known.profiles:
            continue
        before = known.gateway or None
        if before != gateway:
            old = before or "Okta's sign-in"
            now = f"reach Bedrock by {gateway} alone" if gateway else "sign in to AWS through Okta again"
            found.append(
                f"cohorts.{name}: people now {now}; AWS sessions by {old} that exist end within "
                f"{lasting_minutes(rollout, by_gateway=before is not None)} minutes, and no new one begins; "
                "a machine without its new settings is refused until it has them"
            )
    return found


def _role(gateway: Gateway) -> str:
    """As long as it is in any account."""
    return gateway_trust.role_of(gateway, Account("0" * 12, "us-east-1"))


def refused_spellings(rollout: Rollout, after: Record) -> list[str]:
    """Of cohorts that are too large for a gateway's trust policy to name their members: whom it has no room for, a line
    each cohort. `after`: the record of this update, which has how Okta spells them."""
    found: list[str] = []
    for name, cohort in sorted(rollout.declared.items()):
        names = gateway_trust.spellings(cohort.members, after)
        if rollout.gateway and (refused := gateway_trust.left_out(_role(rollout.gateway), names)):
            found.append(
                f"cohorts.{name}: too large for its role to name its members, and {rollout.okta.domain} spells these "
                f"with capitals, so that the gateway's sessions for them may be refused: {', '.join(refused)}; spell "
                "them in lower case there, or divide the cohort"
            )
    return found
