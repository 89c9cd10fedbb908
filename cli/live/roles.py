"""What IAM has in force for each cohort, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cli.live.asking import Unreachable, asking
from cli.live.aws import Clients
from cli.live.emergency import RoleState, role_state


def role_states(clients: Clients, cohorts: Iterable[str]) -> Mapping[str, RoleState | Unreachable]:
    with asking() as ask:
        answers = {cohort: ask.of("IAM", role_state, clients, cohort) for cohort in sorted(set(cohorts))}
        return {cohort: answer.get() for cohort, answer in answers.items()}
