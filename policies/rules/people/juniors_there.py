"""Without juniors the documentation is tried by those who need it least."""

from __future__ import annotations

from policies.engine.rosters import roster_rule

RULE = roster_rule(
    name="juniors-are-there",
    description="At least two juniors are in a cohort.",
    remediation="Add two or three juniors.",
)
