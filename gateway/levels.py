"""What an update wrote down of a cohort, as it is in the meter's table, and what one person may do by it. Pure.

`gateway#<cohort>` is written by `rollout.gateway.level_item`; a form that is not known here is taken as no answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

FORM = 1
ITEM = "gateway#"
# As `rollout.levels.Level` has them, in order: a later one takes away at least what the one before it takes.
LEVELS = ("planned", "active", "restricted", "throttled", "suspended", "rolled_back")
SERVED = ("active", "restricted", "throttled")
MOST_DELAY_SECONDS = 60.0


class UnreadableError(ValueError):
    """An item of another form, or with something missing: nobody of that cohort is served by it."""


@dataclass(frozen=True, kw_only=True)
class Throttle:
    """What is left at `throttled`. `counts`: the kinds of tokens that count towards `daily_tokens`."""

    model: str
    daily_tokens: int
    delay_seconds: float
    counts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Person:
    """What the item says of one member. `end`: from when on they are refused. `valid_from`: sessions from before it
    stay dead. Both in seconds since 1970. `says`: why, in a sentence, where the level takes something."""

    level: str
    says: str = ""
    end: float | None = None
    valid_from: float | None = None


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """`models`: ARNs of profiles by label, the first is the default. `called`: labels by what clients call a model.
    `members`: by session name in lower case; None where there are too many for one item."""

    name: str
    level: str
    says: str
    role_arn: str
    session_seconds: int
    models: Mapping[str, str]
    called: Mapping[str, str]
    throttle: Throttle
    members: Mapping[str, Person] | None
    valid_from: float | None = None
    end: float | None = None

    def person(self, session: str) -> Person | None:
        """None where they are no member."""
        if self.members is None:
            return Person(level=self.level, says=self.says, end=self.end, valid_from=self.valid_from)
        return self.members.get(session)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One person, by the cohort that gives them least."""

    session: str
    cohort: Cohort
    person: Person

    @property
    def level(self) -> str:
        return self.person.level

    @property
    def is_served(self) -> bool:
        return self.level in SERVED

    @property
    def is_throttled(self) -> bool:
        return self.level == "throttled"

    @property
    def labels(self) -> tuple[str, ...]:
        """The models that may be called now."""
        if not self.is_served:
            return ()
        if self.is_throttled:
            return tuple(label for label in self.cohort.models if label == self.cohort.throttle.model)
        return tuple(self.cohort.models)


def standing(session: str, cohorts: Iterable[Cohort]) -> Standing | None:
    """Of the cohorts whose groups the person's token names; None where none has them as a member. Of two, the one that
    takes away more: a person is in one cohort with access at a time, and a group that lags must give nothing."""
    found = [
        Standing(session=session, cohort=cohort, person=person)
        for cohort in cohorts
        if (person := cohort.person(session))
    ]
    return max(found, key=lambda one: (LEVELS.index(one.level), one.cohort.name), default=None)


def cohort(name: str, item: Mapping[str, Any]) -> Cohort:
    """Of an item as DynamoDB gives it. Raises UnreadableError."""
    try:
        return _cohort(name, json.loads(item["said"]["S"]))
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise UnreadableError(f"{ITEM}{name}: {type(error).__name__}: {str(error)[:100]}") from None


def _cohort(name: str, said: Mapping[str, Any]) -> Cohort:
    if said["form"] != FORM:
        raise ValueError(f"form {said['form']!r}")
    level, says = _level(said["level"]), str(said.get("says", ""))
    valid_from, end = _instant(said.get("valid_from")), _instant(said.get("end"))
    usual = Person(level=level, says=says, end=end, valid_from=valid_from)
    members: Mapping[str, Mapping[str, Any]] | None = said["members"]
    throttle = said["throttle"]
    delay = float(throttle["delay_seconds"])
    if not 0 <= delay <= MOST_DELAY_SECONDS:
        raise ValueError(f"delay_seconds {delay}")
    return Cohort(
        name=name,
        level=level,
        says=says,
        role_arn=str(said["role_arn"]),
        session_seconds=int(said["session_seconds"]),
        models={str(label): str(one["arn"]) for label, one in said["models"].items()},
        called={str(each).lower(): str(label) for label, one in said["models"].items() for each in one["called"]},
        throttle=Throttle(
            model=str(throttle["model"]),
            daily_tokens=int(throttle["daily_tokens"]),
            delay_seconds=delay,
            counts=tuple(str(kind) for kind in throttle["counts"]),
        ),
        members=None if members is None else {who.lower(): _person(own, usual) for who, own in members.items()},
        valid_from=valid_from,
        end=end,
    )


def _person(own: Mapping[str, Any], usual: Person) -> Person:
    """What a member has of their own; in all else they are as their cohort. Never above it."""
    level = max(_level(own.get("level", usual.level)), usual.level, key=LEVELS.index)
    ends = [end for end in (usual.end, _instant(own.get("end"))) if end is not None]
    lines = [line for line in (usual.valid_from, _instant(own.get("valid_from"))) if line is not None]
    return Person(
        level=level,
        says=str(own.get("says") or usual.says),
        end=min(ends, default=None),
        valid_from=max(lines, default=None),
    )


def _level(value: object) -> str:
    if value not in LEVELS:
        raise ValueError(f"level {value!r}")
    return cast("str", value)


def _instant(text: str | None) -> float | None:
    """Of RFC 3339, seconds since 1970."""
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC).timestamp()
