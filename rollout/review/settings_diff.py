"""What else differs between two stack files, by path: settings, and what is said of members."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from rollout.model.cohort import Machine, Member
from rollout.model.rollout import Rollout

# None: not there, or nothing in it.
Change = tuple[Any, Any]
# Of a cohort: compared person by person, or by what it means.
ELSEWHERE = {"members", "machines", "roster", "level"}


def settings(base: Rollout | None, head: Rollout | None) -> Iterator[tuple[str, Change]]:
    """By dotted path. Of a cohort or a stack that is new, what differs from the defaults; secrets show nothing."""
    if head is not None:
        yield from _differing(dict(_flat(base, head)), dict(_flat(head, base)))


def member_settings(
    base: Rollout | None, head: Rollout | None, shown: Collection[str]
) -> Iterator[tuple[tuple[str, str], Change]]:
    """By e-mail address and field, of those who are in both; `cohort` where somebody comes, goes or moves who is not
    among those `shown` already for what they gain or lose."""
    before, after = _members(base), _members(head)
    for email in sorted({*before, *after}):
        was, is_ = before.get(email, {}), after.get(email, {})
        gone, new = sorted({*was} - {*is_}), sorted({*is_} - {*was})
        if (gone or new) and email not in shown:
            yield (email, "cohort"), (", ".join(gone) or None, ", ".join(new) or None)
        pairs = [(was[name], is_[name]) for name in sorted({*was} & {*is_})]
        pairs += [(was[gone[0]], is_[name]) for name in new if gone]
        for then, now in pairs:
            for path, change in _differing(dict(_walk("", then.model_dump())), dict(_walk("", now.model_dump()))):
                yield (email, path), change


def _members(rollout: Rollout | None) -> dict[str, dict[str, Member | Machine]]:
    """By e-mail address and cohort."""
    found: dict[str, dict[str, Member | Machine]] = {}
    for name, cohort in rollout.cohorts.items() if rollout else ():
        for email, member in cohort.holders.items():
            found.setdefault(email, {})[name] = member
    return found


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, Change]]:
    for path in sorted({*before, *after}):
        if before.get(path) != after.get(path):
            yield path, (before.get(path), after.get(path))


def _flat(rollout: Rollout | None, other: Rollout | None) -> Iterator[tuple[str, Any]]:
    if rollout is None:
        return
    yield from _walk("", rollout.model_dump(exclude={"cohorts"}, exclude_defaults=other is None))
    for name, cohort in rollout.cohorts.items():
        alone = other is None or name not in other.cohorts
        left_out = {*ELSEWHERE, "models"} if alone else ELSEWHERE  # profiles tell of new models, and not of their order
        yield from _walk(f"cohorts.{name}", cohort.model_dump(exclude=left_out, exclude_defaults=alone))


def _walk(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Values by path, but for those that say nothing. Secrets are `SecretStr`, which shows nothing and compares."""
    if isinstance(value, Mapping):
        for key, inner in value.items():  # pyright: ignore[reportUnknownVariableType]
            yield from _walk(f"{path}.{key}" if path else str(key), inner)  # pyright: ignore[reportUnknownArgumentType]
    elif value is not None and value != ():
        yield path, value
