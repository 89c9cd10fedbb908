"""What a stack remembers of cuts, outside its stack file: who is cut, since when, and by which names.

It is kept in the stack's state (`components.identity.cut_record`), where an update writes it before it changes anything
else. Documents here are JSON: times as RFC 3339 in UTC, what is empty left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, cast

from rollout.levels import Level
from rollout.model.times import instant, latest

# The version of the form below; a stack deployed before there was one has its cuts in the output `cohorts`.
FORM = 1
TIMES = ("since", "dead_before", "ended_by", "until", "extended", "until_since")
# The resource of a stack's state that holds it.
NAME, STASH = "cuts-on-record", "pulumi:index:Stash"


@dataclass(frozen=True, kw_only=True)
class PersonRecord:
    """One person in one cohort.

    `names`: every other name than the e-mail address that sessions of theirs were ever known by. `level`: their own, by
    the stack file. `dead_before`: sessions issued earlier are dead. `ended_by`: of a cut, what `sessions_valid_from`
    must be later than to end it: what stood there when it began. `left`: when the stack file had them in this cohort
    no more; sessions may outlive that. `is_removed`: they left, and are in no other cohort. `until`, `extended`: their
    own end, and when it was last moved later; `until_since`: when that end went on record (`rollout.incidents.ends`).
    `current`: of whom has an end, the names by which Okta knew them last. `identity`: of a machine, by what IAM tells
    it from others.
    """

    names: tuple[str, ...] = ()
    level: Level | None = None
    incident: str | None = None
    since: datetime | None = None
    dead_before: datetime | None = None
    ended_by: datetime | None = None
    left: datetime | None = None
    is_removed: bool = False
    until: datetime | None = None
    extended: datetime | None = None
    until_since: datetime | None = None
    current: tuple[str, ...] = ()
    identity: str | None = None

    @property
    def is_cut(self) -> bool:
        """Suspended alone, or above."""
        return self.level is not None and self.level.is_cut


@dataclass(frozen=True, kw_only=True)
class CohortRecord:
    """`people`: by e-mail address. `umbrella`: whom this cohort let into the umbrella group. `stop_shards`,
    `quota_shards`: session names by the policy that holds them. `overfull`: more names are stopped than a role's
    policies hold, so everybody is. `profiles`: by model label, the digest of what each is copied from. `absent`: since
    when the stack file declares nothing of it, whose role may outlive that. `gateway`: the address that its people come
    in by; empty once they did, and do no more. `until`, `extended`, `until_since`: as of a person."""

    level: Level
    is_deployed: bool = True
    incident: str | None = None
    since: datetime | None = None
    dead_before: datetime | None = None
    ended_by: datetime | None = None
    people: Mapping[str, PersonRecord] = field(default_factory=dict[str, PersonRecord])
    umbrella: tuple[str, ...] = ()
    stop_shards: tuple[tuple[str, ...], ...] = ()
    quota_shards: tuple[tuple[str, ...], ...] = ()
    overfull: bool = False
    profiles: Mapping[str, str] = field(default_factory=dict[str, str])
    absent: datetime | None = None
    until: datetime | None = None
    extended: datetime | None = None
    until_since: datetime | None = None
    gateway: str | None = None

    @property
    def is_cut(self) -> bool:
        return self.level.is_cut

    @property
    def denies_everybody(self) -> bool:
        return self.is_cut or self.overfull


@dataclass(frozen=True, kw_only=True)
class Record:
    """Of a whole stack, by cohort."""

    cohorts: Mapping[str, CohortRecord] = field(default_factory=dict[str, CohortRecord])

    def of(self, holder: str) -> list[PersonRecord]:
        """What each cohort has of this person, or machine."""
        return [each.people[holder] for each in self.cohorts.values() if holder in each.people]

    def names(self, email: str) -> tuple[str, ...]:
        """Every name that this person's sessions were ever known by, the e-mail address first. Asked of everybody."""
        return tuple(dict.fromkeys((email, *self._known.get(email, ()))))

    @cached_property
    def _known(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for email, person in ((email, one) for each in self.cohorts.values() for email, one in each.people.items()):
            found.setdefault(email, []).extend(person.names)
        return found

    def current(self, email: str) -> tuple[str, ...]:
        """Of whom has an end, the names by which Okta knew them last."""
        return tuple(name for each in self.of(email) for name in each.current)

    def called(self, name: str) -> frozenset[str]:
        """Every name of whoever is called so, by address or by any other name, in whatever spelling."""
        everybody = set(map(self.names, self._known))
        return frozenset(
            one for names in everybody if name.lower() in {each.lower() for each in names} for one in names
        )

    def document(self) -> dict[str, Any]:
        return {"form": FORM, "cohorts": {name: _cohort_document(each) for name, each in sorted(self.cohorts.items())}}


def read(document: Mapping[str, Any]) -> Record:
    """What `Record.document` wrote. ValueError where it is of a newer form than this program knows."""
    form = int(document.get("form") or FORM)
    if form > FORM:
        raise ValueError(
            f"the stack's record of cuts has form {form}, and this program knows {FORM}: use the newer one"
        )
    return Record(cohorts={name: _cohort(each) for name, each in _map(document, "cohorts").items()})


def kept_in(resources: Mapping[str, Any]) -> Record | None:
    """`resources`: a state's by URN, with `type` and `outputs`; None where none of them is a record."""
    for urn, resource in resources.items():
        if resource.get("type") == STASH and urn.endswith(f"::{NAME}"):
            return read(_map(_map(resource, "outputs"), "input"))
    return None


def from_stack(outputs: Mapping[str, Any]) -> Record:
    """What a stack's outputs say of cuts. Until its next update a stack of an older version has them in `cohorts`."""
    return from_outputs(_map(outputs, "cohorts") or _map(outputs, "cuts"))


def joined(record: Record, outputs: Record) -> Record:
    """`record`, and what a stack's outputs say is cut besides: an update of some resources only (`--target`) writes its
    outputs and not its record. Of a resume that was killed half-way the record is the newer one."""
    cohorts = dict(record.cohorts)
    for name, said in outputs.cohorts.items():
        known = cohorts.get(name)
        if known is None:
            continue
        people = dict(known.people)
        for email, person in said.people.items():
            was = people.get(email, PersonRecord())
            if person.is_cut and not was.is_cut and _is_newer(person, was):
                people[email] = replace(
                    was, level=person.level, dead_before=latest(was.dead_before, person.dead_before)
                )
        if said.is_cut and not known.is_cut and _is_newer(said, known):
            line = latest(known.dead_before, said.dead_before)
            known = replace(known, level=said.level, dead_before=line)
        cohorts[name] = replace(known, people=people)
    return Record(cohorts=cohorts)


def _is_newer(said: CohortRecord | PersonRecord, known: CohortRecord | PersonRecord) -> bool:
    return known.dead_before is None or (said.dead_before is not None and said.dead_before > known.dead_before)


def from_outputs(cohorts: Mapping[str, Any]) -> Record:
    """By cohort, from the output of a stack that no update has given a record yet, or of one in part."""
    return Record(cohorts={str(name): _from_output(each) for name, each in cohorts.items()})


def _from_output(known: Mapping[str, Any]) -> CohortRecord:
    alone = {
        email: PersonRecord(level=Level(each["level"]), dead_before=instant(each["sessions_valid_from"]))
        for email, each in _map(known, "stopped").items()
    }
    there = {str(email): PersonRecord() for email in known.get("members") or ()}
    level = Level(known["level"])
    return CohortRecord(
        level=level,
        is_deployed=level.effects.group,
        dead_before=_time(known.get("sessions_valid_from")),
        people={**there, **alone},
        umbrella=tuple(sorted(there)) if level.effects.members else (),
    )


def _cohort(given: Mapping[str, Any]) -> CohortRecord:
    return CohortRecord(
        level=Level(given["level"]),
        is_deployed=bool(given.get("deployed", True)),
        incident=given.get("incident"),
        people={email: _person(each) for email, each in _map(given, "people").items()},
        umbrella=tuple(given.get("umbrella") or ()),
        stop_shards=tuple(map(tuple, given.get("stop_shards") or ())),
        quota_shards=tuple(map(tuple, given.get("quota_shards") or ())),
        overfull=bool(given.get("overfull")),
        profiles=dict(_map(given, "profiles")),
        absent=_time(given.get("absent")),
        gateway=given.get("gateway"),
        **_times(given),
    )


def _person(given: Mapping[str, Any]) -> PersonRecord:
    return PersonRecord(
        names=tuple(given.get("names") or ()),
        level=Level(given["level"]) if given.get("level") else None,
        incident=given.get("incident"),
        left=_time(given.get("left")),
        is_removed=bool(given.get("removed")),
        current=tuple(given.get("current") or ()),
        identity=given.get("identity"),
        **_times(given),
    )


def _times(given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _time(given.get(key)) for key in TIMES}


def _cohort_document(cohort: CohortRecord) -> dict[str, Any]:
    found = {
        "level": cohort.level.value,
        "deployed": cohort.is_deployed,
        "incident": cohort.incident,
        "since": text_of(cohort.since),
        "dead_before": text_of(cohort.dead_before),
        "ended_by": text_of(cohort.ended_by),
        "people": {email: _person_document(each) for email, each in sorted(cohort.people.items())},
        "umbrella": list(cohort.umbrella),
        "stop_shards": [list(shard) for shard in cohort.stop_shards],
        "quota_shards": [list(shard) for shard in cohort.quota_shards],
        "overfull": cohort.overfull,
        "profiles": dict(sorted(cohort.profiles.items())),
        "absent": text_of(cohort.absent),
        "until": text_of(cohort.until),
        "extended": text_of(cohort.extended),
        "until_since": text_of(cohort.until_since),
        "gateway": cohort.gateway,
    }
    return {key: value for key, value in found.items() if value not in (None, [], {}, False) or key == "deployed"}


def _person_document(person: PersonRecord) -> dict[str, Any]:
    found = {
        "names": list(person.names),
        "level": person.level.value if person.level else None,
        "incident": person.incident,
        "since": text_of(person.since),
        "dead_before": text_of(person.dead_before),
        "ended_by": text_of(person.ended_by),
        "left": text_of(person.left),
        "removed": person.is_removed,
        "until": text_of(person.until),
        "extended": text_of(person.extended),
        "until_since": text_of(person.until_since),
        "current": list(person.current),
        "identity": person.identity,
    }
    return {key: value for key, value in found.items() if value not in (None, [], False)}


def _time(text: str | None) -> datetime | None:
    return instant(text) if text else None


def text_of(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def _map(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", document.get(key) or {})
