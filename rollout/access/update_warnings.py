"""What an update does that its author may not see: clients that lose a profile, tokens that outlive a suspension."""

from __future__ import annotations

from collections.abc import Mapping

from rollout.access.residual import TOKEN_MINUTES
from rollout.incidents.cut_record import Record
from rollout.incidents.named_stops import homes_of
from rollout.model.rollout import Federation, Rollout


def tokens_that_outlive(record: Record, rollout: Rollout) -> list[str]:
    """Who is let in again by this update, and whose ID token from before may buy a session once more, a line each.

    Under `federation: oidc` a role's trust policy sees no time at which a token was issued (IAM user guide, keys for
    OIDC federation), and the session that it buys is a new one, which no Deny of older sessions meets.
    """
    if rollout.federation is not Federation.OIDC:
        return []
    homes, found = homes_of(rollout), list[str]()
    for name, known in sorted(record.cohorts.items()):
        declared = rollout.declared.get(name)
        if known.is_cut and declared and not declared.level.is_cut:
            found.append(f"cohorts.{name}")
        found += [
            f"cohorts.{homes[email]}.members.{email}"
            for email, person in sorted(known.people.items())
            if person.is_cut and not person.left and email in homes
            if not rollout.declared[homes[email]].level_of(email).is_cut
        ]
    minutes = TOKEN_MINUTES[Federation.OIDC]
    return [
        f"{path}: an ID token that Okta issued before the suspension buys a new session until it is {minutes} minutes "
        f"old; give access back no earlier than {minutes} minutes after the suspension was verified"
        for path in found
    ]


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
