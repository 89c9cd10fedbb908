"""What a stack file says of those whom IAM denies by `rollout cut`: a file that has them below suspended is behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rollout import names
from rollout.incidents.cut_record import Record
from rollout.levels import Level
from rollout.model.cohort import Cohort
from rollout.model.errors import dotted
from rollout.model.rollout import Rollout


@dataclass(frozen=True)
class Word:
    """`behind`: whether the file would give access that IAM denies."""

    line: str
    behind: bool


def words_of_cuts(rollout: Rollout, cuts: Mapping[str, Sequence[str]], record: Record) -> Iterator[Word]:
    """`cuts`: names of policies that IAM holds, by cohort. `record`: it knows every name that sessions have."""
    for name, policies in cuts.items():
        cohort = rollout.cohorts[name]
        for policy in policies:
            subject = names.cut_subject(policy)
            if subject is None:
                yield _word(("cohorts", name), cohort.level, f"rollout set-level -s STACK {name}")
            elif email := _member(cohort, subject, record):
                place = ("cohorts", name, cohort.holders_key, email)
                typed = f"rollout set-level -s STACK {name}"
                yield _word(place, cohort.level_of(email), typed, f" --member {email}")
            elif moved := _elsewhere(rollout, cuts, policy, name, record):
                yield moved
            else:
                yield Word(
                    f"cohorts.{name}: {subject} is denied in IAM by `rollout cut`, and is no member; `rollout cut "
                    f"{subject} --cohort {name} --lift` takes that away",
                    behind=False,
                )


def _elsewhere(
    rollout: Rollout, cuts: Mapping[str, Sequence[str]], policy: str, cut_from: str, record: Record
) -> Word | None:
    """Of a person whom IAM denies on a cohort's role and who is in another cohort now, where nothing denies them."""
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
    return next((e for e in cohort.holders if subject in {name.lower() for name in record.names(e)}), None)
