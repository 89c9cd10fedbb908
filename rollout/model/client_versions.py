"""The versions of Claude Code that its settings were tried on."""

from __future__ import annotations

# The oldest that the facts are true of, which a stack file may let start, and the newest they were tried on;
# `tests/client/package.json` pins the same two.
FLOOR = "2.1.197"
NEWEST = "2.1.332"
# From here on a client obeys `allowedProviders`; an older one can be led elsewhere by what somebody exports (client.md
# F5: the change notes of 2.1.285; seen on NEWEST).
BINDS_PROVIDERS = "2.1.285"
