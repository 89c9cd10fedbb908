"""How large IAM takes a document, without white space (IAM user guide, quotas). Standard library only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# Of all inline policies of a role together; splitting them would gain nothing.
INLINE_CHARACTERS = 10_240
MANAGED_CHARACTERS = 6_144
TRUST_CHARACTERS = 2_048
# Managed policies that fit on a role.
MANAGED_PER_ROLE = 10


def characters(document: Mapping[str, Any] | None) -> int:
    """As IAM counts."""
    return len(json.dumps(document, separators=(",", ":")))
