"""A person belongs to one cohort: to be in a planned one as well is a roster that is out of date."""

from __future__ import annotations

from policies.engine.rosters import roster_rule

RULE = roster_rule(
    name="one-cohort-each",
    description="Nobody is in two cohorts.",
    remediation="Take the person out of the other roster.",
)
