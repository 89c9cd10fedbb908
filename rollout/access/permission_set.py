"""A cohort's documents where its role is IAM Identity Center's, and nobody may change that role.

What the permission set names are customer managed policies of this account, and these are ours. The default version of
one is in effect for every role that it is attached to (IAM user guide, versioning IAM policies), so a Deny is another
document in a policy that has long been attached: seconds, as an inline policy elsewhere, and Identity Center is not
asked. Which policies there are must therefore never change with a level: decision 35.
"""

from __future__ import annotations

from rollout import names
from rollout.access.documents import Document
from rollout.access.ends import ends_document
from rollout.access.managed_cut import NOBODY
from rollout.iam_limits import INLINE_CHARACTERS, MANAGED_CHARACTERS
from rollout.incidents.cut_record import Record
from rollout.incidents.cut_rules import QUOTA_CHARACTERS, QUOTAS_THERE, STOP_CHARACTERS, STOPS_THERE
from rollout.incidents.ends import Ends
from rollout.incidents.name_shards import characters as name_characters
from rollout.model.rollout import Rollout

# An hour: the least that Identity Center takes (its user guide, session duration for AWS accounts).
SESSION_DURATION = "PT1H"
# Of the stop of a whole cohort, beside the ends in its policy.
STOP_ROOM = 400


def stop_document(stop: Document | None, ends: Ends) -> Document:
    """Of the whole cohort, and of whom access ends at a time: one policy, so that fewer are attached."""
    ending = ends_document(ends, INLINE_CHARACTERS - MANAGED_CHARACTERS + STOP_ROOM)
    statements = [statement for each in (stop, ending) if each for statement in each["Statement"]]
    return {"Version": "2012-10-17", "Statement": statements} if statements else NOBODY


def policies_of_names(rollout: Rollout, record: Record, cohort: str) -> tuple[int, int]:
    """How many policies are kept attached: for the stops of single members, and for the meter's. Enough for everybody
    at once, so that whoever is stopped, and whenever, nothing has to be attached for it."""
    known = record.cohorts[cohort]
    every = {name for email in rollout.cohorts[cohort].holders for name in record.names(email)}
    stops, quotas = room_for(every)
    # Another stack's meter stops nobody of ours.
    watched = 0 if rollout.adopt.meter else max(quotas, len(known.quota_shards))
    return min(max(stops, len(known.stop_shards)), STOPS_THERE), min(watched, QUOTAS_THERE)


def room_for(sessions: set[str]) -> tuple[int, int]:
    """The same of so many names of sessions. A policy may stay as empty as its longest name is long."""
    taken = sum(map(name_characters, sessions))
    longest = max(map(name_characters, sessions), default=0)
    return _policies(taken, STOP_CHARACTERS - longest), _policies(taken, QUOTA_CHARACTERS - longest)


def fits(sessions: set[str]) -> bool:
    """Whether a role can carry what so many names take. With more than these, as who is renamed has, everybody is
    stopped in place of whom there is no room for (`rollout.incidents.cut_rules`), and an update ends with an error that
    names whom the meter cannot stop (`rollout.incidents.quotas`)."""
    stops, quotas = room_for(sessions)
    return stops <= STOPS_THERE and quotas <= QUOTAS_THERE


def _policies(taken: int, room: int) -> int:
    return max(1, -(-taken // room))


def attached(rollout: Rollout, record: Record, cohort: str) -> list[str]:
    """Names of the policies that the permission set has, in the order in which they are attached."""
    stops, quotas = policies_of_names(rollout, record, cohort)
    return [
        names.invoke_policy(cohort),
        names.stop_policy(cohort),
        names.cut_managed_policy(cohort),
        *(names.member_stop_policy(cohort, number) for number in range(1, stops + 1)),
        *(names.quota_policy(cohort, number) for number in range(1, quotas + 1)),
    ]
