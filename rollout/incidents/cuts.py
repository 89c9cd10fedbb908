"""What a stack file says of those whom IAM denies by `rollout cut`: a file that has them below suspended is behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rollout import names
from rollout.incidents.cut_record import PersonRecord, Record
from rollout.incidents.cut_rules import advance
from rollout.incidents.named_stops import homes_of
from rollout.levels import Level
from rollout.model.cohort import Cohort
from rollout.model.errors import dotted
from rollout.model.rollout import Rollout
from rollout.people.directory import Directory, session_names


@dataclass(frozen=True)
class Word:
    """`behind`: whether the file would give access that IAM denies."""

    line: str
    behind: bool


def recorded_with(
    cuts: Mapping[str, Sequence[str]], before: Record, rollout: Rollout, known: Directory | None, now: datetime
) -> tuple[Record, Mapping[str, str]]:
    """The record of an update, and whom `cut_and_moved` finds, who are cut alone in it. `known`: Okta's people; None
    where Okta does not answer."""
    called = session_names(rollout, known) if known else None
    record = advance(before, rollout, called, now)
    moved = cut_and_moved(rollout, cuts, before, record)
    return (advance(before, rollout, called, now, moved) if moved else record), moved


def cut_and_moved(
    rollout: Rollout, cuts: Mapping[str, Sequence[str]], before: Record, record: Record
) -> dict[str, str]:
    """Whom IAM denies by `rollout cut` on the role of a cohort, alone or with all of it, and whom this file has in
    another one, where nothing would: by e-mail address or name, the cohort that they were cut in. Where all of that
    other one is cut they count as well, since nothing else tells of them once it is not. `cuts`: names of policies that
    IAM holds, by cohort. `before`, `record`: of the last update, and of this one.

    Not whom the file gives access back: by a `sessions_valid_from` that is news to the record, or was heard already:
    they are in that cohort on record, and not cut. When `rollout cut` was, the names of its policies do not tell.
    """
    found: dict[str, str] = {}
    alone = {
        name: {policy: _called(subject, record) for policy in policies if (subject := names.cut_subject(policy))}
        for name, policies in cuts.items()
    }
    whole = {name: _were_in(name, before) for name, policies in cuts.items() if names.CUT_POLICY in policies}
    for email, home in sorted(homes_of(rollout).items()):
        holder, called = rollout.declared[home].holders[email], _names(email, record)
        said = holder.sessions_valid_from
        if (holder.level and holder.level.is_cut) or _is_given_back(said, email, home, called, before):
            continue
        own = set(cuts.get(home, ()))
        for name in cuts:
            by_name = any(policy not in own and called & every for policy, every in alone[name].items())
            if name != home and (by_name or called & whole.get(name, frozenset())):
                found[email] = name
    return found


def _were_in(name: str, before: Record) -> frozenset[str]:
    """Every name of whom the last update had in a cohort: whose address changed with the move has one still."""
    people: Mapping[str, PersonRecord] = before.cohorts[name].people if name in before.cohorts else {}
    return frozenset(one for email, person in people.items() if not person.left for one in _names(email, before))


def _is_given_back(said: datetime | None, email: str, home: str, called: frozenset[str], before: Record) -> bool:
    if said is None:
        return False
    here = before.cohorts[home].people.get(email) if home in before.cohorts else None
    was_heard = here is not None and not here.left and not here.is_cut
    if was_heard:
        return True
    known = before.of(email) or [
        person
        for cohort in before.cohorts.values()
        for other, person in cohort.people.items()
        if called & _names(other, before)
    ]
    return all(each.dead_before is None or said > each.dead_before for each in known)


def words_of_cuts(
    rollout: Rollout, cuts: Mapping[str, Sequence[str]], record: Record, moved: Mapping[str, str]
) -> Iterator[Word]:
    """`cuts`: names of policies that IAM holds, by cohort. `record`: it knows every name that sessions have. `moved`:
    of `cut_and_moved`."""
    yield from _of_moved(rollout, {email: there for email, there in moved.items() if there in cuts})
    for name, policies in cuts.items():
        cohort = rollout.declared.get(name)
        if cohort is None:
            continue
        for policy in policies:
            subject = names.cut_subject(policy)
            called = _called(subject, record) if subject else frozenset[str]()
            if subject is None:
                yield _word(("cohorts", name), cohort.level, f"rollout set-level -s STACK {name}")
            elif email := _member(cohort, called, record):
                place = ("cohorts", name, cohort.holders_key, email)
                typed = f"rollout set-level -s STACK {name}"
                yield _word(place, cohort.level_of(email), typed, f" --member {email}")
            elif any(called & _names(each, record) for each, there in moved.items() if there == name):
                continue
            elif elsewhere := _elsewhere(rollout, cuts, policy, name, record):
                yield elsewhere
            else:
                yield Word(
                    f"cohorts.{name}: {subject} is denied in IAM by `rollout cut`, and is no member; `rollout cut "
                    f"{subject} --cohort {name} --lift` takes that away",
                    behind=False,
                )


def _elsewhere(
    rollout: Rollout, cuts: Mapping[str, Sequence[str]], policy: str, cut_from: str, record: Record
) -> Word | None:
    """Of a person whom IAM denies on a cohort's role and who is in another cohort, where they were given access."""
    subject = names.cut_subject(policy)
    called = _called(subject, record) if subject else frozenset[str]()
    for name, cohort in rollout.declared.items():
        email = _member(cohort, called, record) if name != cut_from else None
        if email and policy not in cuts.get(name, ()) and not cohort.level_of(email).is_cut:
            return Word(
                f"{dotted(('cohorts', name, cohort.holders_key, email))}: denied in IAM by `rollout cut` on the role "
                f"of {cut_from}, and this file has them at {cohort.level_of(email)} in {name}, where nothing denies "
                f"them: `rollout set-level -s STACK {email} suspended`, or give access back by the same with `active`",
                behind=True,
            )
    return None


def _of_moved(rollout: Rollout, moved: Mapping[str, str]) -> Iterator[Word]:
    homes = homes_of(rollout)
    for email, cut_from in moved.items():
        home = homes[email]
        cohort = rollout.declared[home]
        place, level = dotted(("cohorts", home, cohort.holders_key, email)), cohort.level_of(email)
        text = (
            f"{place}: denied in IAM by `rollout cut` on the role of {cut_from}, and this file has them at {level} in "
        )
        if level.is_cut:
            text += f"{home}: denied by name there too once all of it is not, until they are given access back"
        else:
            text += (
                f"{home}: denied there by name from this update on; `rollout set-level -s STACK {email} suspended`, or "
                f"give access back by the same with `active`"
            )
        yield Word(text, behind=not level.is_cut)


def _word(place: tuple[str, ...], level: Level, typed: str, member: str = "") -> Word:
    where = dotted(place)
    if level.is_cut:
        return Word(
            f"{where}: denied in IAM by `rollout cut` as well, until `rollout set-level` lifts it", behind=False
        )
    return Word(
        f"{where}: denied in IAM by `rollout cut`, and this file has it at {level}: set it to suspended, or give "
        f"access back by `{typed} {level}{member}`",
        behind=True,
    )


def _member(cohort: Cohort, called: frozenset[str], record: Record) -> str | None:
    """Whose address or other name of a session is one of these."""
    return next((email for email in cohort.holders if called & _names(email, record)), None)


def _called(subject: str, record: Record) -> frozenset[str]:
    """Every name of whom a policy's name has in lower case, by an address, of before too, or a name of their sessions:
    who has one of these is the same person."""
    return frozenset({subject.lower(), *(name.lower() for name in record.called(subject))})


def _names(email: str, record: Record) -> frozenset[str]:
    return frozenset(name.lower() for name in record.names(email))
