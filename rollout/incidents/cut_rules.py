"""How a stack's record of cuts goes on from one update to the next: what is cut stays cut until a resume says so.

Pure: the clock comes in as `now`, and is used where something ends or begins (a resume, somebody who leaves), so that
an update that changes nothing previews nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from rollout import names
from rollout.iam_limits import MANAGED_PER_ROLE
from rollout.incidents.cut_record import CohortRecord, PersonRecord, Record
from rollout.incidents.ends import End, end_of
from rollout.incidents.name_shards import sticky, within
from rollout.incidents.named_stops import homes_of, named_stops_of
from rollout.incidents.pruned import pruned
from rollout.incidents.quotas import to_be_stopped
from rollout.levels import Level
from rollout.model.cohort import Cohort, Machine, Member
from rollout.model.rollout import Rollout
from rollout.model.times import latest

# Of all session names in one policy; the rest, with the throttle model's ARNs, takes at most 800 characters. Not cut by
# the whole document, since how many policies there are must be known in a preview, where ARNs are not.
NAMES_CHARACTERS = 5_000
# A stopped name can stand in two statements of its policy: at `throttled`, and as a session from before.
STOP_CHARACTERS = NAMES_CHARACTERS // 2
# A policy of quotas has the more dates: `rollout.access.quota_document`, whose names each stand in one statement, with
# two for the stops of a day and a month, one of everybody, and two for each time at which a raise ends.
QUOTA_CHARACTERS, RAISE_ENDS = 3_400, 4
# Of a role's ten managed policies; the rest is for quotas and stops in dollars. What 200 members need, by their e-mail
# addresses alone, each with a level and an older incident of their own.
MAX_STOPPED, MOST_STOPS = 200, 7
# Of the ten of a role that IAM Identity Center makes. Three are fixed (`rollout.access.permission_set`), and what is
# for names is attached before anybody is stopped.
STOPS_THERE, QUOTAS_THERE = 4, 3
# Of somebody who is not stopped. Who renames their login more often than this within a session is not followed.
NAMES_KEPT = 8


def advance(
    before: Record,
    rollout: Rollout,
    known: Mapping[str, Sequence[str]] | None,
    now: datetime,
    moved: Collection[str] = (),
) -> Record:
    """The record of an update of `rollout`. `known`: by e-mail address, the names that sessions have now, of every
    account of that address; None where Okta does not answer: then what is on record is kept. `moved`: whom `rollout
    cut` denies where they were, and nothing where they are now (`rollout.incidents.cuts`): from now on the stack has
    them cut alone."""
    # STS dates a session to the second: one of this very second is from before.
    now = now.replace(microsecond=0) + timedelta(seconds=1 if now.microsecond else 0)
    homes = homes_of(rollout)
    cohorts = {name: _cohort(before, rollout, name, known, homes, now, moved) for name in rollout.declared}
    gone = {
        name: replace(each, is_deployed=False, absent=each.absent or now)
        for name, each in before.cohorts.items()
        if name not in cohorts
    }
    grown = Record(cohorts={**cohorts, **gone})
    kept = dict(grown.cohorts)
    if grown != before:
        left = {name: pruned(rollout, name, each, now) for name, each in grown.cohorts.items()}
        kept = {name: each for name, each in left.items() if each}
    return Record(cohorts={name: _sharded(before, rollout, homes, kept, name) for name in kept})


def _cohort(
    before: Record,
    rollout: Rollout,
    name: str,
    known: Mapping[str, Sequence[str]] | None,
    homes: Mapping[str, str],
    now: datetime,
    moved: Collection[str],
) -> CohortRecord:
    cohort, was = rollout.declared[name], before.cohorts.get(name)
    line = latest(cohort.valid_from(), was.dead_before if was else None)
    if was and was.is_cut and not cohort.level.is_cut:
        line = latest(line, now)
    ended_by = None
    if cohort.level.is_cut:
        # What stood there when it began ends nothing: an older copy of the file says it too.
        began = latest(was.dead_before if was else None, cohort.sessions_valid_from)
        ended_by = was.ended_by if was and was.is_cut else began
    incident = cohort.incident if cohort.level.needs_incident else None
    known_people: Mapping[str, PersonRecord] = was.people if was else {}
    people = {
        email: _cut_now(found, now) if email in moved and homes[email] == name and not found.is_cut else found
        for email, member in cohort.holders.items()
        for found in [_person(before, name, cohort, email, member, known, now)]
    }
    left = {
        email: _left(person, _level_elsewhere(rollout, homes, email), now)
        for email, person in known_people.items()
        if email not in people
    }
    end = End(until=cohort.until, extended=cohort.extended).after(end_of(was), now)
    return CohortRecord(
        level=cohort.level,
        until=end.until,
        extended=end.extended,
        until_since=end.since,
        incident=incident.id if incident else None,
        since=_since(was, incident.id, incident.since) if incident else None,
        dead_before=line,
        ended_by=ended_by,
        people=dict(sorted({**people, **left}.items())),
        umbrella=_umbrella(rollout, cohort, was, homes, known is not None),
        stop_shards=was.stop_shards if was else (),
        quota_shards=was.quota_shards if was else (),
        overfull=was.overfull if was else False,
        profiles={
            label: names.source_digest(rollout.models[label].source)
            for label in (cohort.models if cohort.level.effects.role else ())
        },
        gateway=_gateway(rollout, cohort, was),
    )


def _gateway(rollout: Rollout, cohort: Cohort, was: CohortRecord | None) -> str | None:
    if rollout.gateway and not cohort.machines and cohort.level.effects.role:
        return rollout.gateway.url
    return "" if was and was.gateway is not None else None


def _level_elsewhere(rollout: Rollout, homes: Mapping[str, str], email: str) -> Level | None:
    return rollout.declared[homes[email]].level_of(email) if email in homes else None


def _left(person: PersonRecord, elsewhere: Level | None, now: datetime) -> PersonRecord:
    """Who was removed and comes back, to whatever cohort, begins anew: no session from before that lives again. Whose
    cut has ended where they are now is not cut here."""
    line = latest(person.dead_before, now if person.is_removed and elsewhere else None)
    over = elsewhere is not None and not elsewhere.is_cut
    return replace(
        person,
        level=None if over else person.level,
        left=person.left or now,
        is_removed=elsewhere is None,
        dead_before=line,
    )


def _since(was: CohortRecord | PersonRecord | None, incident: str, since: datetime) -> datetime:
    """Of one incident, the first time that was ever said."""
    return min(since, was.since) if was and was.incident == incident and was.since else since


def _person(
    before: Record,
    name: str,
    cohort: Cohort,
    email: str,
    member: Member | Machine,
    known: Mapping[str, Sequence[str]] | None,
    now: datetime,
) -> PersonRecord:
    records = before.of(email)
    here = before.cohorts[name].people.get(email) if name in before.cohorts else None
    line = latest(cohort.member_valid_from(email), *(each.dead_before for each in records))
    cut = next((each for each in [here, *records] if each and each.is_cut), None)
    level, incident = member.level, member.incident if member.level and member.level.needs_incident else None
    cuts = level is not None and level.is_cut
    held = cut is not None and not cuts and not is_ended(cut, member.sessions_valid_from)
    was_cut = (cut is not None or (here is not None and here.left is not None)) and not held
    if was_cut and not cohort.level_of(email).is_cut:
        line = latest(line, now)
    ended_by = None
    if cuts or held:
        ended_by = cut.ended_by if cut else latest(*(each.dead_before for each in records), member.sessions_valid_from)
    # Longest known first, so that what is kept when there are too many is the newest.
    called = dict.fromkeys([*before.names(email), *(known or {}).get(email, ())])
    called.pop(email, None)
    stopped = line is not None or cohort.level_of(email).needs_incident
    ended = end_of(next((each for each in [here, *records] if each and not each.left), None))
    end = End(until=member.until, extended=cohort.extended_of(email)).after(ended, now)
    current = here.current if known is None and here else tuple((known or {}).get(email, ()))
    found = PersonRecord(
        until=end.until,
        extended=end.extended if end.until or member.extended or ended != End() else None,
        until_since=end.since,
        current=current if end.until or cohort.until else (),
        identity=member.identity if isinstance(member, Machine) else None,
        names=tuple(called) if stopped or held else tuple(called)[-NAMES_KEPT:],
        level=level,
        incident=incident.id if incident else None,
        since=_since(here, incident.id, incident.since) if incident else None,
        dead_before=line,
        ended_by=ended_by,
    )
    # A copy that does not know of it, applied while the whole cohort is cut, does not end a cut of one person.
    return replace(found, level=cut.level, incident=cut.incident, since=cut.since) if cut and held else found


def _cut_now(person: PersonRecord, now: datetime) -> PersonRecord:
    """Cut by nothing that the file says: by what it says next, access may be given back."""
    line = latest(person.dead_before, now)
    return replace(person, level=Level.SUSPENDED, dead_before=line, ended_by=person.dead_before)


def is_ended(cut: CohortRecord | PersonRecord, said: datetime | None) -> bool:
    """Whether `sessions_valid_from` ends a cut: at or after the time before which sessions are dead, and later than
    what stood there when the cut began. It is the subject's own: a cohort's ends nobody's who was cut alone."""
    if said is None or (cut.dead_before and said < cut.dead_before):
        return False
    return cut.ended_by is None or said > cut.ended_by


def _umbrella(
    rollout: Rollout, cohort: Cohort, was: CohortRecord | None, homes: Mapping[str, str], answers: bool
) -> tuple[str, ...]:
    """Those this cohort lets in, and those who moved to another that does: two cohorts change the umbrella group side
    by side, and the one that takes somebody out may well be the last."""
    kept = was.umbrella if was else ()
    if not answers:
        return kept
    moved = {
        email
        for email in kept
        if email not in cohort.members and email in homes and email in rollout.declared[homes[email]].signed_in
    }
    return tuple(sorted({*cohort.signed_in, *moved}))


def quota_characters(has_stops: bool) -> int:
    """Of all session names in one policy of quotas: without a stop in dollars it has the day's statement alone."""
    return QUOTA_CHARACTERS if has_stops else NAMES_CHARACTERS


def _sharded(
    before: Record, rollout: Rollout, homes: Mapping[str, str], cohorts: Mapping[str, CohortRecord], name: str
) -> CohortRecord:
    """With each stopped name in the policy that has it already. Where they are too many for a role, the sessions from
    before of everybody are dead in their place, and where those alone are too many, everybody is stopped."""
    cohort, was = cohorts[name], before.cohorts.get(name)
    if name not in rollout.declared:
        return cohort
    record = Record(cohorts=cohorts)
    stops = named_stops_of(cohort, record, rollout, homes, name)
    held = was.stop_shards if was else ()
    shards = sticky(held, stops.names, STOP_CHARACTERS)
    most = STOPS_THERE if rollout.by_permission_set(name) else MOST_STOPS
    if _taken(shards, rollout, name) > most and stops.dead_before:
        cohort = replace(cohort, dead_before=latest(cohort.dead_before, *stops.dead_before.values()))
        shards = sticky(held, sorted({*stops.suspended, *stops.throttled}), STOP_CHARACTERS)
    overfull = _taken(shards, rollout, name) > most
    return replace(
        cohort,
        stop_shards=() if overfull else shards,
        quota_shards=_quota_shards(was.quota_shards if was else (), record, rollout, homes, name),
        overfull=overfull,
    )


def _quota_shards(
    held: Sequence[Sequence[str]], record: Record, rollout: Rollout, homes: Mapping[str, str], name: str
) -> tuple[tuple[str, ...], ...]:
    """Of the members, and of who moved to another cohort while a session of this role could live: they are stopped here
    as they are there, unless the role has no room for more policies than its members need."""
    room = quota_characters(bool(rollout.budgets.stops))
    # No more are ever attached to a role of Identity Center's; who finds no place is said (`rollout.incidents.quotas`).
    there = QUOTAS_THERE if rollout.by_permission_set(name) else None
    held = within(held, room)[:there]
    left = [email for email, person in record.cohorts[name].people.items() if person.left and email in homes]
    elsewhere = {email for home in {homes[email] for email in left} for email in to_be_stopped(rollout, home)}
    moved = [email for email in left if email in elsewhere]
    own = [called for email in to_be_stopped(rollout, name) for called in record.names(email)]
    needed = sticky(held, own, room)
    wider = sticky(held, [*own, *(called for email in moved for called in record.names(email))], room)
    most = there or max(_count(needed), MANAGED_PER_ROLE - MOST_STOPS)
    return (wider if _count(wider) <= most else needed)[:there]


def _taken(shards: Sequence[Sequence[str]], rollout: Rollout, name: str) -> int:
    """How many of a role's policies these need. One that is attached for good is there though it holds nobody."""
    return len(shards) if rollout.by_permission_set(name) else _count(shards)


def _count(shards: Iterable[Sequence[str]]) -> int:
    return sum(1 for shard in shards if shard)
