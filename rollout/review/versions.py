"""What a newer version of the program would do to a stack, beside what the present one would: by two previews."""

from __future__ import annotations

from dataclasses import dataclass

from rollout.review.engine_plan import PARTS, Plan, Step

SAME = "same"
# Each takes something away, or makes it anew: not to be done unread.
HARSH = ("delete", "replace", "discard")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A resource that the two would treat otherwise. `now`, `then`: the engine's words, such as `update`; None where a
    version does not know it and it is not there."""

    kind: str
    name: str
    now: str | None
    then: str | None

    @property
    def is_harsh(self) -> bool:
        return self.then is not None and self.then.startswith(HARSH)


def differences(now: Plan, then: Plan) -> tuple[Difference, ...]:
    """Harsh ones first, then by kind and name."""
    before, after = _operations(now), _operations(then)
    found = [
        Difference(kind=kind, name=name, now=before.get((kind, name)), then=after.get((kind, name)))
        for kind, name in before.keys() | after.keys()
        if before.get((kind, name)) != after.get((kind, name))
    ]
    return tuple(sorted(found, key=lambda one: (not one.is_harsh, one.kind, one.name)))


def _operations(plan: Plan) -> dict[tuple[str, str], str]:
    """Of a replacement, which is several steps, that word alone."""
    found: dict[tuple[str, str], str] = {}
    for step in plan.steps:
        if not _is_part(step):
            found[step.kind, step.name] = "replace" if _replaces(step) else step.operation
    return found


def _is_part(step: Step) -> bool:
    return step.operation in PARTS or step.operation.endswith("-replaced")


def _replaces(step: Step) -> bool:
    return step.operation == "replace"
