"""The steps of a cohort's update as resources: what waits for what is `rollout.update_order`'s."""

from __future__ import annotations

from collections.abc import Iterable

import pulumi

from rollout.update_order import Order, Step, turn


class Steps:
    """What each step is made of, filled in as the program declares it."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self._made: dict[Step, list[pulumi.Resource]] = {}
        self._asked: set[Step] = set()

    def made(self, step: Step, resources: Iterable[pulumi.Resource]) -> None:
        """Raises LookupError if something that waits for this step was declared before it."""
        late = [each for each in self._asked if step in turn(self.order, each).waits_for]
        if late:
            raise LookupError(f"{late[0]} waits for {step}, which is declared after it")
        self._made.setdefault(step, []).extend(resources)

    def before(self, step: Step) -> list[pulumi.Resource]:
        """What `step` waits for: its resources' `depends_on`."""
        self._asked.add(step)
        return [each for waited in turn(self.order, step).waits_for for each in self._made.get(waited, ())]
