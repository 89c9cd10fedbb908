"""Whether a request is served, as far as its caller, their level and the model's name tell. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from gateway.levels import Cohort, Standing
from gateway.refusals import Refused, Why
from gateway.tokens import Caller


def required(found: Standing | None, caller: Caller, now: datetime, ask: str) -> Standing:
    """Who may be served at all. Raises Refused."""
    if found is None:
        raise Refused(Why.NO_COHORT, 403, f"Claude Code is not given to {caller.session} here; {ask}")
    if not found.is_served:
        raise Refused(Why.NOT_ALLOWED, 403, found.person.says or f"Claude Code is {found.level} for you; {ask}")
    if found.person.end is not None and now.timestamp() >= found.person.end:
        raise Refused(Why.ENDED, 403, f"your access to Claude Code has ended; {ask}")
    if found.person.valid_from is not None and caller.issued_at < found.person.valid_from:
        raise Refused(Why.OLD_SESSION, 401, "Claude Code is not signed in: your sign-in is from before the incident")
    return found


def model(asked: object, found: Standing, ask: str) -> str:
    """The label of what was asked for. Raises Refused: nothing is called in its place."""
    if not isinstance(asked, str) or not asked.strip():
        raise Refused(Why.BODY, 400, "model: missing")
    label = label_of(asked, found.cohort)
    if label in found.labels:
        return label
    left = ", ".join(found.labels) or "none"
    why = f" ({found.person.says})" if found.is_throttled and found.person.says else ""
    shown = "".join(each for each in asked[:80] if each.isprintable())
    raise Refused(Why.MODEL, 403, f"model {shown!r} is not one that you may use now: {left}{why}; {ask}")


def label_of(asked: str, cohort: Cohort) -> str | None:
    """By its label, by what clients call it, or by the ARN of the cohort's own profile; None for all else. What a
    client adds in brackets, such as a longer context, is Bedrock's to refuse."""
    name = asked.strip().lower().partition("[")[0]
    if name in cohort.models:
        return name
    if name in cohort.called:
        return cohort.called[name]
    return next((label for label, arn in cohort.models.items() if arn.lower() == name), None)


def within_tokens(held: Mapping[str, Decimal], found: Standing, ask: str) -> None:
    """`held`: what the meter has counted for them today. Raises Refused once the day's tokens are used up."""
    throttle = found.cohort.throttle
    used = sum((held.get(kind, Decimal(0)) for kind in throttle.counts), Decimal(0))
    if used >= throttle.daily_tokens:
        why = f" ({found.person.says})" if found.person.says else ""
        text = f"your {throttle.daily_tokens:,} tokens of today are used up; the next ones come at midnight UTC{why}"
        raise Refused(Why.TOKENS, 403, f"{text}; {ask}")
