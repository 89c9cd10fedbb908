"""About 60 of 100 seniors and mids are senior, as the plan has it."""

from __future__ import annotations

from policies.engine.rosters import roster_rule

RULE = roster_rule(
    name="seniority-is-mixed",
    description="Of seniors and mids together 50 to 70 percent are senior.",
    remediation="Change the mix; a later wave may mean another.",
)
