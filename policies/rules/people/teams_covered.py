"""A cohort has people of every team, or its feedback is of some kinds of work only."""

from __future__ import annotations

from policies.engine.rosters import roster_rule

RULE = roster_rule(
    name="teams-are-covered",
    description="Each team of the organization is represented in a cohort.",
    remediation="Add somebody of the team; `rollout select` proposes a roster.",
)
