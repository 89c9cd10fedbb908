"""Mistakes in exceptions from the policy pack; as `rollout.stack_file.checks`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from pydantic import TypeAdapter, ValidationError

from rollout.model.errors import Mistake, nearest
from rollout.model.time_fields import Day
from rollout.stack_file.checks import Document, each_cohort, each_member, level_of, part
from rollout.stack_file.policy_rules import RULES

LONGEST = timedelta(days=366)
_DAY: TypeAdapter[date] = TypeAdapter(Day)


def policy_exceptions(document: Document, now: datetime) -> Iterator[Mistake]:
    """While an incident is open an expired one is no mistake: it must not stop access from being cut.

    It excepts nothing then either: the pack takes the day at its word.
    """
    today, urgent = now.date(), _incident_open(document)
    for rule in part(document, "policy_exceptions"):
        path = ("policy_exceptions", rule)
        if rule not in RULES:
            yield Mistake(path, f"no such rule; {nearest(rule, RULES)}")
        try:
            expires = _DAY.validate_python(part(document, "policy_exceptions", rule).get("expires"))
        except ValidationError:
            continue  # the models say so
        if expires < today and not urgent:
            text = f"expired: {expires}; mend what it excepts and take it out, or give a new day with a reason"
            yield Mistake((*path, "expires"), text, by_clock=True)
        elif expires > today + LONGEST:
            text = f"too far off: {expires}; at most a year from now, then it is looked at anew"
            yield Mistake((*path, "expires"), text, by_clock=True)


def _incident_open(document: Document) -> bool:
    """As `Rollout.incident_open`, of a document that may still hold mistakes."""
    places = [cohort for _, cohort in each_cohort(document)] + [member for *_, member in each_member(document)]
    return any(level is not None and level.needs_incident for level in map(level_of, places))


EXCEPTION_CHECKS: tuple[Callable[[Document, datetime], Iterator[Mistake]], ...] = (policy_exceptions,)
