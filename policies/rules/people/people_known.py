"""Who is not in Okta cannot sign in, and a roster that names them is out of date."""

from __future__ import annotations

from policies.engine.rosters import roster_rule

RULE = roster_rule(
    name="people-are-known",
    description="Okta knows every member.",
    remediation="Mend the e-mail address, or take the person out.",
)
