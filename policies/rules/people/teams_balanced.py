"""No team has far more people in a cohort than the others, by head-count."""

from __future__ import annotations

from policies.engine.rosters import roster_rule

RULE = roster_rule(
    name="teams-are-balanced",
    description="No team's share of its head-count is 1.5 times that of the others.",
    remediation="Take fewer of the team, or more of the others.",
)
