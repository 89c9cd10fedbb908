"""Which other cohorts' roles a person may still use than those that the file has them in, and what is not to be advised
while somebody has cut them there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from cli.explain.answers import Account, Rank, Reason, Says
from cli.live.asking import Unreachable
from rollout import names
from rollout.incidents.cut_record import Record
from rollout.incidents.pruned import LONGEST_SESSION

CUTS = frozenset({Rank.CUT, Rank.STOPPED})
# What an update, or a change of the file and an update, would mend: which may give back what somebody has cut.
BY_UPDATE = frozenset({Rank.NOT_MEMBER, Rank.PLANNED, Rank.NOT_DEPLOYED, Rank.NOT_IN_GROUP, Rank.NO_ROLE})


def deployed_in(record: Record, email: str) -> list[str]:
    """Cohorts that the last update left them in."""
    return [
        name
        for name, cohort in sorted(record.cohorts.items())
        if cohort.is_deployed and (known := cohort.people.get(email)) and not known.left
    ]


def left_lately(record: Record, email: str, now: datetime) -> list[str]:
    """Cohorts whose role a session of theirs may outlive."""
    return [
        name
        for name, cohort in sorted(record.cohorts.items())
        if (known := cohort.people.get(email)) and known.left and now - known.left < LONGEST_SESSION
    ]


def let_in_by(accounts: Sequence[Account], account_id: str) -> list[str]:
    """Cohorts whose role Okta gives to any account of theirs, by its groups' names."""
    beginning = names.okta_group(account_id, "")
    groups = sorted({group for each in accounts for group in each.groups if group.startswith(beginning)})
    cohorts = [group.removeprefix(beginning) for group in groups]
    return [each for each in cohorts if names.COHORT.fullmatch(each)]


def held(stack: str, found: Sequence[Says | Unreachable]) -> Iterator[Says | Unreachable]:
    """Of somebody who is cut, or of whom IAM does not tell, no update is advised."""
    is_cut = any(reason.rank in CUTS for one in found if isinstance(one, Says) for reason in one.reasons)
    silent = [one.source for one in found if isinstance(one, Unreachable) and one.source.startswith(("AWS", "IAM"))]
    for one in found:
        if isinstance(one, Unreachable) or not (is_cut or silent):
            yield one
        else:
            yield replace(one, reasons=tuple(_held(stack, one.reasons, is_cut, silent)))


def _held(stack: str, reasons: Sequence[Reason], is_cut: bool, silent: Collection[str]) -> Iterator[Reason]:
    for reason in reasons:
        if reason.rank not in BY_UPDATE:
            yield reason
        elif is_cut:
            do = f"nothing before the cut is ended, which an update may lift: `rollout incidents -s {stack}`"
            yield replace(reason, do=do)
        else:
            yield replace(reason, do=f"ask {' and '.join(silent)} first whether somebody cut them; then {reason.do}")
