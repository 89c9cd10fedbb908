"""The two sides of a month: what the meter counted, and what AWS billed to the same people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from rollout import names
from rollout.account import Account
from rollout.model.models import Model
from rollout.model.rollout import Rollout
from rollout.reconcile.lines import Line
from rollout.reconcile.usage_types import KINDS, UNITS, foundation_name, model_name, usage_type
from rollout.usage.meter_input import prices

PER = Decimal(1_000_000)
# What AWS may still be late with (AWS Data Exports user guide: a day, and another until a line is there).
LATE = timedelta(hours=48)
# Of use; any other type of a line is of the account.
USE = frozenset({"Usage", "DiscountedUsage", "SavingsPlanCoveredUsage"})
UNKNOWN = "?"
# The kind under which the prices of long prompts stand, since the meter has them by the request and not by the token.
LONG = "long_prompt"


@dataclass(frozen=True, order=True, kw_only=True)
class Key:
    """`person`: the session's name in lower case. `model`: its label in the stack file."""

    cohort: str
    person: str
    model: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class Counted:
    """By the meter: of one person, day and model. `tokens`: by `KINDS`, each token once. `usd`: at the prices by which
    the meter counted then."""

    day: date
    person: str
    cohort: str
    model: str
    tokens: Mapping[str, int]
    usd: Decimal


@dataclass(kw_only=True)
class Day:
    """Of one key. `priced`: USD that the tokens billed cost by the stack file's prices. `lines`: of the bill."""

    counted: int = 0
    counted_usd: Decimal = Decimal()
    billed: Decimal = Decimal()
    billed_usd: Decimal = Decimal()
    priced: Decimal = Decimal()
    lines: int = 0


@dataclass(frozen=True, kw_only=True)
class Month:
    """`delivered`: when AWS wrote the export. `first`: its first day."""

    first: date
    delivered: datetime

    @property
    def last(self) -> date:
        return (self.first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)

    @property
    def settled(self) -> bool:
        return self.is_settled(self.last)

    def is_settled(self, day: date) -> bool:
        """Whether all of it must be in the export."""
        end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        return end + LATE <= self.delivered


@dataclass(frozen=True, kw_only=True)
class Priced:
    """A model of the stack file. `usd`: per million tokens, by kind; `long`: the same of long prompts."""

    name: str | None
    everywhere: bool
    usd: Mapping[str, Decimal]
    long: Mapping[str, Decimal]


def priced(model: Model) -> Priced:
    said = prices(model)
    usd = {kind: Decimal(said[kind]) for kind in KINDS}
    tier = said.get("long_prompt")
    return Priced(
        name=foundation_name(model.foundation_model),
        everywhere=model.geography == "global",
        usd=usd,
        long={kind: Decimal(tier[kind]) for kind in KINDS} if tier else usd,
    )


@dataclass(kw_only=True)
class Aside:
    """Of the bill, and not compared."""

    usd: Decimal = Decimal()
    lines: int = 0

    def add(self, line: Line) -> None:
        self.usd += line.usd
        self.lines += 1


@dataclass(kw_only=True)
class Books:
    """`days`: by key and day. `aside`: what has no person, by what it is. `strange`: lines of our people whose usage
    type is not understood, by key's cohort, person and that type."""

    month: Month
    models: Mapping[str, Priced]
    days: dict[Key, dict[date, Day]] = field(default_factory=dict[Key, dict[date, Day]])
    aside: defaultdict[str, Aside] = field(default_factory=lambda: defaultdict(Aside))
    strange: defaultdict[tuple[str, str, str], Aside] = field(default_factory=lambda: defaultdict(Aside))
    newest: date | None = None
    """The last day that a line of our people is of."""

    def at(self, key: Key, day: date) -> Day:
        return self.days.setdefault(key, {}).setdefault(day, Day())


def books(rollout: Rollout, account: Account, month: Month, counted: Iterable[Counted], bill: Iterable[Line]) -> Books:
    """ExportError of `bill` passes through. What is of another month is left out: an export has one month."""
    found = Books(month=month, models={label: priced(model) for label, model in rollout.models.items()})
    for row in counted:
        _count(found, row)
    reader = _Bill(found, rollout, account)
    for line in bill:
        reader.take(line)
    return found


def _count(found: Books, row: Counted) -> None:
    known = found.models.get(row.model)
    rest = row.usd
    for kind, tokens in row.tokens.items():
        if tokens and known:
            usd = tokens * known.usd[kind] / PER
            rest -= usd
            key = Key(cohort=row.cohort, person=row.person.lower(), model=row.model, kind=kind)
            day = found.at(key, row.day)
            day.counted += tokens
            day.counted_usd += usd
    # Of a model that the file has no longer, all of it.
    rest = rest.quantize(Decimal("0.000001"))
    if rest:
        key = Key(cohort=row.cohort, person=row.person.lower(), model=row.model, kind=LONG)
        found.at(key, row.day).counted_usd += rest


class _Bill:
    """Who and what each line is of."""

    def __init__(self, found: Books, rollout: Rollout, account: Account) -> None:
        self._found = found
        self._roles = {names.role(cohort): cohort for cohort in rollout.logged}
        self._begins = f"arn:{account.partition}:sts::{account.id}:assumed-role/"
        self._labels = {cohort: rollout.cohorts[cohort].models for cohort in rollout.declared}

    def take(self, line: Line) -> None:
        month = self._found.month
        claude = _is_claude(line)
        if not month.first <= line.day <= month.last:
            return
        if line.type not in USE:
            if claude or line.principal:
                self._found.aside["tax" if line.type == "Tax" else "credits, fees and discounts"].add(line)
            return
        role, _, person = line.principal.removeprefix(self._begins).partition("/")
        cohort = self._roles.get(names.of_cohort(role)) if line.principal.startswith(self._begins) else None
        if cohort is None:
            if claude:
                self._found.aside["no principal" if not line.principal else "principals not of ours"].add(line)
            return
        self._ours(line, cohort, person.lower())

    def _ours(self, line: Line, cohort: str, person: str) -> None:
        use, unit = usage_type(line.usage_type), UNITS.get(line.unit.lower())
        label = self._label(cohort, model_name(*line.about), everywhere=bool(use and use.everywhere))
        if use is None or unit is None or label is None:
            if line.usd or line.amount:
                self._found.strange[cohort, person, line.usage_type[:120]].add(line)
            return
        newest = self._found.newest
        self._found.newest = max(newest, line.day) if newest else line.day
        price = self._found.models[label]
        # A line's tokens are whole; in millions with ten digits they nearly are.
        tokens = (line.amount * unit).to_integral_value()
        base, whole = tokens * price.usd[use.kind] / PER, tokens * price.usd[use.kind] / PER
        if use.long_prompt:
            whole = tokens * price.long[use.kind] / PER
        day = self._found.at(Key(cohort=cohort, person=person, model=label, kind=use.kind), line.day)
        day.billed += tokens
        day.billed_usd += line.usd - (whole - base)
        day.priced += base
        day.lines += 1
        if use.long_prompt:
            long = self._found.at(Key(cohort=cohort, person=person, model=label, kind=LONG), line.day)
            long.billed_usd += whole - base
            long.priced += whole - base
            long.lines += 1

    def _label(self, cohort: str, name: str | None, *, everywhere: bool) -> str | None:
        """Of several labels of one model the cohort's own, and of these the one of the same reach."""
        labels = [label for label, model in sorted(self._found.models.items()) if name and model.name == name]
        own = [label for label in labels if label in self._labels.get(cohort, ())] or labels
        same = [label for label in own if self._found.models[label].everywhere == everywhere] or own
        return same[0] if same else None


def _is_claude(line: Line) -> bool:
    return any("claude" in text.lower() for text in line.about)
