"""Access that ends at a time: what a stack keeps of `until` from one update to the next, and whom it ends when.

An end only moves earlier, unless the file says when it was moved later (`extended`) and that is news: a copy from
before it was written down, or shortened, gives nothing back. Pure; no clock is read: an end that has passed is in force
as one that has not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from rollout import names
from rollout.incidents.cut_record import CohortRecord, PersonRecord, Record
from rollout.model.rollout import Rollout
from rollout.model.times import earliest, latest, moment


@dataclass(frozen=True, kw_only=True)
class End:
    """`until`: none where access does not end. `extended`: when it was last moved later or taken away. `since`: of one
    on record, when it was written down."""

    until: datetime | None = None
    extended: datetime | None = None
    since: datetime | None = None

    @property
    def newest(self) -> datetime | None:
        """What `extended` must be later than to say more than this does."""
        return latest(self.extended, self.since)

    def forgets(self, known: End) -> bool:
        """Whether this would give more than `known` without knowing of it."""
        if known.until is None or (self.until is not None and self.until <= known.until):
            return False
        if self.extended is None or (known.extended is not None and self.extended <= known.extended):
            return True
        return known.since is not None and self.extended < known.since

    def after(self, known: End, now: datetime) -> End:
        """What is kept: of one that forgets, what is known."""
        until = known.until if self.forgets(known) else self.until
        # An update's time is rounded up to the second, and a word of that second is from after it.
        since = known.since if until == known.until else now - timedelta(seconds=1)
        return End(until=until, extended=latest(known.extended, self.extended), since=since if until else None)


def end_of(known: CohortRecord | PersonRecord | None) -> End:
    return End(until=known.until, extended=known.extended, since=known.until_since) if known else End()


@dataclass(frozen=True, kw_only=True)
class Ends:
    """Of one cohort's role. `whole`: of everybody. `sessions`: by a session's name, of single people; those that end
    with the whole or later are there too, so that whoever moves the whole later gives them nothing. `newest`: of each
    person the e-mail address and the names that Okta knew them by last: with an older login nobody signs in any
    more."""

    whole: datetime | None
    sessions: Mapping[str, datetime]
    newest: Mapping[str, datetime]

    def __bool__(self) -> bool:
        return self.whole is not None or bool(self.sessions)


def ends(record: Record, homes: Mapping[str, str], cohort: str) -> Ends:
    """`homes`: the cohort of each person (`named_stops.homes_of`). Who moved to another cohort ends on this role when
    they end there; who is nowhere any more is stopped by name (`named_stops`)."""
    known = record.cohorts[cohort]
    found, newest = dict[str, datetime](), set[str]()
    for email, until in _people(known, record, homes):
        called = list(filter(names.SESSION.fullmatch, record.names(email)))
        for name in called:
            found[name] = min(until, found.get(name, until))
        current = record.current(email)
        newest |= {*called[:1], *current} if current else set(called)
    sessions = dict(sorted(found.items()))
    return Ends(whole=known.until, sessions=sessions, newest={n: at for n, at in sessions.items() if n in newest})


def _people(cohort: CohortRecord, record: Record, homes: Mapping[str, str]) -> Iterator[tuple[str, datetime]]:
    for email, person in cohort.people.items():
        until = person.until
        if person.left:
            home = record.cohorts.get(homes.get(email, ""))
            there = home.people.get(email) if home else None
            until = earliest(there.until if there else None, home.until if home else None)
        if until:
            yield email, until


def still_in_okta(before: Record, rollout: Rollout) -> Iterator[str]:
    """Who has ended, and was in Okta's groups when the last update ended: IAM denies them already."""
    for name, cohort in rollout.declared.items():
        known = before.cohorts.get(name)
        for email in cohort.ended if known else ():
            if known and email in known.umbrella and (end := cohort.end_of(email)):
                yield (
                    f"cohorts.{name}.members.{email}: access ended {moment(end)}, and AWS denies them since; "
                    "`rollout up` takes them out of Okta's groups as well"
                )
