"""When an update must not end well: people whom Okta does not know, and memberships that did not take."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from components.cohort import Cohort
from rollout.config import Rollout
from rollout.directory import Person, unknown_people
from rollout.words import StackFileError


def judge_people(rollout: Rollout, known: Mapping[str, Person]) -> None:
    """Refuse members whom Okta does not know, before anything is declared.

    While an incident is open they are a warning: somebody who left must not stop access from being cut.
    """
    lines = [mistake.line({}) for mistake in unknown_people(rollout, known)]
    if not lines:
        return
    if any(cohort.level.needs_incident for cohort in rollout.cohorts.values()):
        for line in lines:
            pulumi.log.warn(line)
    else:
        raise pulumi.RunError(str(StackFileError(lines)))


def require_memberships(cohorts: Mapping[str, Cohort]) -> None:
    """Fail the update when Okta's own lists differ from the stack file, after everything else is done."""

    def judge(mistakes: list[list[str]]) -> None:
        lines = [line for lines in mistakes for line in lines]
        if lines:
            raise pulumi.RunError(
                "\n".join(["Okta's groups are not as declared; run `pulumi up --refresh` to put them right:", *lines])
            )

    pulumi.Output.all(*(cohort.mistakes for cohort in cohorts.values())).apply(judge)
