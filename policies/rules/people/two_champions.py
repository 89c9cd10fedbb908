"""Knowledge that one person has leaves with them."""

from __future__ import annotations

from policies.engine.rosters import roster_rule

RULE = roster_rule(
    name="two-champions-per-team",
    description="Each team in a cohort has two champions.",
    remediation="Mark a second person as champion.",
)
