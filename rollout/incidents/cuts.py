"""What a stack file says of those whom IAM denies by `rollout cut`: a file that has them below suspended is behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rollout import names
from rollout.incidents.cut_record import Record
from rollout.incidents.named_stops import homes_of
from rollout.levels import Level
from rollout.model.cohort import Cohort
from rollout.model.errors import dotted
from rollout.model.rollout import Rollout


@dataclass(frozen=True)
class Word:
    """`behind`: whether the file would give access that IAM denies."""

    line: str
    behind: bool


def cut_and_moved(
    rollout: Rollout, cuts: Mapping[str, Sequence[str]], before: Record, record: Record
) -> dict[str, str]:
    """Whom IAM denies by `rollout cut` on the role of a cohort, alone or with all of it, and whom this file has in
    another one, where nothing would: by e-mail address or name, the cohort that they were cut in. `cuts`: names of
    policies that IAM holds, by cohort. `before`, `record`: of the last update, and of this one.

    Not whom the file gives access back: by a `sessions_valid_from` that is news to the record, or was heard already:
    they are in that cohort on record, and not cut. When `rollout cut` was, the names of its policies do not tell.
    """
    found: dict[str, str] = {}
    for email, home in sorted(homes_of(rollout).items()):
        cohort = rollout.declared[home]
        if cohort.level_of(email).is_cut or _is_given_back(
            cohort.holders[email].sessions_valid_from, email, home, before
        ):
            continue
        called = {name.lower() for name in record.names(email)}
        own = set(cuts.get(home, ()))
        for name, policies in cuts.items():
            alone = any(names.cut_subject(policy) in called for policy in policies if policy not in own)
            was = before.cohorts[name].people.get(email) if name in before.cohorts else None
            whole = names.CUT_POLICY in policies and was is not None and not was.left
            if name != home and (alone or whole):
                found[email] = name
    return found


def _is_given_back(said: datetime | None, email: str, home: str, before: Record) -> bool:
    if said is None:
        return False
    here = before.cohorts[home].people.get(email) if home in before.cohorts else None
    was_heard = here is not None and not here.left and not here.is_cut
    return was_heard or all(each.dead_before is None or said > each.dead_before for each in before.of(email))


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
            if subject is None:
                yield _word(("cohorts", name), cohort.level, f"rollout set-level -s STACK {name}")
            elif email := _member(cohort, subject, record):
                place = ("cohorts", name, cohort.holders_key, email)
                typed = f"rollout set-level -s STACK {name}"
                yield _word(place, cohort.level_of(email), typed, f" --member {email}")
            elif any(_is_called(each, subject, record) for each, there in moved.items() if there == name):
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
    for name, cohort in rollout.declared.items():
        email = _member(cohort, subject, record) if subject and name != cut_from else None
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
        yield Word(
            f"{dotted(('cohorts', home, cohort.holders_key, email))}: denied in IAM by `rollout cut` on the role of "
            f"{cut_from}, and this file has them at {cohort.level_of(email)} in {home}: denied there by name from this "
            f"update on; `rollout set-level -s STACK {email} suspended`, or give access back by the same with `active`",
            behind=True,
        )


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


def _member(cohort: Cohort, subject: str, record: Record) -> str | None:
    """The policy's name has them in lower case, by an address or by what their sessions are called."""
    if subject in cohort.holders:
        return subject
    return next((email for email in cohort.holders if _is_called(email, subject, record)), None)


def _is_called(email: str, subject: str, record: Record) -> bool:
    return subject in {name.lower() for name in record.names(email)}
