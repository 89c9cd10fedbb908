"""When a counter says that somebody is to be told of spend, or stopped until their day or month ends.

This runs in AWS Lambda too, where there is no pydantic: standard library only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from rollout.access.quota_document import Stop, stamp

# What each counter's key begins with, and whose it is.
Whose = Literal["user", "team", "month"]
WATCHED: Mapping[str, Whose] = {"user-day": "user", "user-month": "user", "team-day": "team", "month": "month"}
# Counters with a budget of which people are told though nothing stops.
TOLD: Mapping[str, Whose] = {"user-day": "user", "team-day": "team", "month": "month"}
# At which percent of a stop people are told.
STEPS = (80, 95, 100)


@dataclass(frozen=True, kw_only=True)
class Budget:
    """USD as text: of the period, and from which on people are told."""

    usd: str
    alert_usd: str


@dataclass(frozen=True, kw_only=True)
class Raise:
    """Other stops for one person until a time. `stops`: USD as text by kind of counter. `until`: RFC 3339."""

    until: str
    stops: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Alert:
    """Spend that has come near a budget, or near a stop or to it.

    `id`: one per person, team or month, period and step. `to`: an e-mail address. `percent`: of the stop, one of
    `STEPS`; None of a budget, which stops nothing. `stop_usd`: of a budget, at what it stops, if it does. `ends`: when
    a stop is lifted, and `raised_until`, when a raise ends, RFC 3339.
    """

    id: str
    whose: Whose
    name: str
    period: str
    usd: str
    budget_usd: str
    to: str | None
    link: str
    percent: int | None = None
    stop_usd: str | None = None
    ends: str | None = None
    raised_until: str | None = None

    def message(self) -> dict[str, Any]:
        """As it goes through the queue: what says nothing is left out."""
        return {"alert": {name: value for name, value in asdict(self).items() if name in _ALWAYS or value is not None}}


_ALWAYS = frozenset({"to"})


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a stack file says of spend.

    `addresses`: of people by session, of leads by team. `stops`: USD as text by kind of counter. `raises`: by session.
    `quota_policies`: by the ARN of an IAM policy, the sessions that it can stop, as STS names them. `throttled`: whom
    the day's tokens stop. `quota_kinds`: tokens that count. `teams`: by session. Sessions in lower case but for those
    of `quota_policies`.
    """

    budgets: Mapping[str, Budget]
    addresses: Mapping[str, Mapping[str, str]]
    link: str
    quota_tokens: int
    quota_kinds: Sequence[str]
    quota_policies: Mapping[str, Sequence[str]]
    throttled: Collection[str] = ()
    stops: Mapping[str, str] = field(default_factory=dict[str, str])
    raises: Mapping[str, Raise] = field(default_factory=dict[str, Raise])
    teams: Mapping[str, str] = field(default_factory=dict[str, str])

    @staticmethod
    def read(document: Mapping[str, Any], teams: Mapping[str, str]) -> Limits:
        parts: dict[str, Any] = dict(document)
        parts["budgets"] = {whose: Budget(**budget) for whose, budget in document["budgets"].items()}
        parts["raises"] = {session: Raise(**one) for session, one in document["raises"].items()}
        parts["throttled"] = frozenset(document["throttled"])
        return Limits(**parts, teams=teams)

    @cached_property
    def policies(self) -> Mapping[str, frozenset[str]]:
        """The policies that can stop a session, by its name in lower case: of who moved, of the role before too."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for policy, sessions in self.quota_policies.items():
            for one in sessions:
                found[one.lower()].add(policy)
        return {one: frozenset(policies) for one, policies in found.items()}

    def policies_of(self, key: str) -> list[str]:
        """Those that hold whoever this counter is of."""
        kind, name, _ = parts(key)
        if WATCHED[kind] == "user":
            return sorted(self.policies.get(name.lower(), ()))
        if kind == "month":
            return sorted(self.quota_policies)
        return sorted({each for one, found in self.policies.items() if self.teams.get(one) == name for each in found})

    def raised(self, kind: str, name: str, now: datetime) -> tuple[Decimal, datetime] | None:
        """What stops this person in place of the usual, and until when; None where nothing is raised now."""
        found = self.raises.get(name.lower()) if WATCHED[kind] == "user" else None
        if found is None or kind not in found.stops:
            return None
        until = datetime.fromisoformat(found.until)
        return (Decimal(found.stops[kind]), until) if now < until else None

    def stop_usd(self, kind: str, name: str, now: datetime) -> Decimal:
        """At what this one stops now, of a kind of counter that stops."""
        raised = self.raised(kind, name, now)
        return raised[0] if raised else Decimal(self.stops[kind])

    def quota_used(self, counted: Mapping[str, Decimal]) -> Decimal:
        """Tokens of a day's counter that count towards its quota."""
        return sum((counted.get(kind, Decimal(0)) for kind in self.quota_kinds), Decimal(0))


def watched(key: str) -> bool:
    return key.partition("#")[0] in WATCHED


def alerts(
    key: str, counted: Mapping[str, Decimal], limits: Limits, told: Collection[str], now: datetime
) -> list[tuple[str, list[Alert]]]:
    """What to say of one counter, each with the mark by which it is known to have been said. `counted`: what the
    counter holds. `told`: the marks that it has. Of a stop, the last step that was reached speaks for those before; of
    whom no policy can stop, such as a login that no update has seen, nobody is told that they are."""
    found = [*_near_budget(key, counted, limits), *_near_stop(key, counted, limits, now)]
    return [(mark, said) for mark, said in found if mark not in told]


BUDGET = "budget"


def _near_budget(key: str, counted: Mapping[str, Decimal], limits: Limits) -> Iterator[tuple[str, list[Alert]]]:
    kind, name, period = parts(key)
    usd = counted.get("usd", Decimal(0))
    if kind not in TOLD or usd < Decimal(limits.budgets[TOLD[kind]].alert_usd):
        return
    said = Alert(
        id=key,
        whose=WATCHED[kind],
        name=name,
        period=period,
        usd=format(usd.normalize(), "f"),
        budget_usd=limits.budgets[TOLD[kind]].usd,
        to=_address(kind, name, limits),
        link=limits.link,
        stop_usd=limits.stops.get(kind) if limits.policies_of(key) else None,
    )
    yield BUDGET, [said]


def _near_stop(
    key: str, counted: Mapping[str, Decimal], limits: Limits, now: datetime
) -> Iterator[tuple[str, list[Alert]]]:
    kind, name, period = parts(key)
    if kind not in limits.stops or not _is_current(kind, period, now) or not limits.policies_of(key):
        return
    raised = limits.raised(kind, name, now)
    whole = limits.stop_usd(kind, name, now)
    usd = counted.get("usd", Decimal(0))
    reached = [percent for percent in STEPS if usd * 100 >= whole * percent]
    if not reached:
        return
    mark = f"{reached[-1]}% of {whole}"
    said = Alert(
        id=f"{key}#{mark}",
        whose=WATCHED[kind],
        name=name,
        period=period,
        usd=format(usd.normalize(), "f"),
        budget_usd=format(whole, "f"),
        to=_address(kind, name, limits),
        link=limits.link,
        percent=reached[-1],
        ends=stamp(period_end(kind, now)),
        raised_until=stamp(raised[1]) if raised else None,
    )
    yield mark, [said, *_of_members(said, limits)]


def _of_members(said: Alert, limits: Limits) -> Iterator[Alert]:
    """Who is stopped with their team is told so in person, as its lead is."""
    if said.whose != "team" or said.percent != STEPS[-1]:
        return
    addresses = {limits.addresses.get("user", {}).get(one) for one, team in limits.teams.items() if team == said.name}
    for address in sorted(filter(None, addresses - {said.to})):
        yield replace(said, id=f"{said.id}#{address}", to=address)


def _address(kind: str, name: str, limits: Limits) -> str | None:
    whose = WATCHED[kind]
    return limits.addresses.get(whose, {}).get(name.lower() if whose == "user" else name)


def stop_of(key: str, counted: Mapping[str, Decimal], limits: Limits, now: datetime) -> Stop | None:
    """What one counter says of stopping; None where nobody is to be stopped for it.

    A raise that ends before its day or month does is written down as the usual stop from then on: so IAM ends it by
    itself, by the time of the call.
    """
    kind, name, period = parts(key)
    if not _is_current(kind, period, now):
        return None
    whom, until = _whom(kind, name, limits), period_end(kind, now)
    throttled = kind == "user-day" and name.lower() in limits.throttled
    if throttled and limits.quota_used(counted) >= limits.quota_tokens:
        return Stop(sessions=whom, until=until)
    usd, usual = counted.get("usd", Decimal(0)), limits.stops.get(kind)
    raised = limits.raised(kind, name, now)
    if usual is None or usd < Decimal(usual):
        return None
    if raised is None or usd >= raised[0]:
        return Stop(sessions=whom, until=until)
    return Stop(sessions=whom, until=until, since=raised[1]) if raised[1] < until else None


def _whom(kind: str, name: str, limits: Limits) -> frozenset[str] | None:
    if kind == "month":
        return None
    if WATCHED[kind] == "user":
        return frozenset({name})
    sessions = (one for sessions in limits.quota_policies.values() for one in sessions)
    return frozenset(one for one in sessions if limits.teams.get(one.lower()) == name)


def parts(key: str) -> tuple[str, str, str]:
    """(kind, name, period). A name may hold anything, the period may not."""
    kind, _, rest = key.partition("#")
    name, _, period = rest.rpartition("#")
    return kind, name, period


def is_current(key: str, now: datetime) -> bool:
    """Whether the counter is of this day or month."""
    kind, _, period = parts(key)
    return _is_current(kind, period, now)


def _is_current(kind: str, period: str, now: datetime) -> bool:
    form = "%Y-%m-%d" if kind.endswith("-day") else "%Y-%m"
    return period == now.astimezone(UTC).strftime(form)


def period_end(kind: str, now: datetime) -> datetime:
    """When the counter's day or month is over, UTC."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if kind.endswith("-day"):
        return today + timedelta(days=1)
    return (today.replace(day=1) + timedelta(days=32)).replace(day=1)
