"""How large the policies of a role can become, as IAM counts: without white space (IAM user guide, quotas)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from rollout.account import Account
from rollout.config import Cohort, Model
from rollout.documents import Document, invoke_policy
from rollout.levels import Level
from rollout.stops import cohort_stop

# Of all inline policies of a role together; splitting them would gain nothing.
INLINE_CHARACTERS = 10_240
# The account and region are not known when the stack file is judged: the ones with the longest ARNs.
LONGEST = Account("0" * 12, "us-gov-west-1")
PROFILE_ID = "0" * 12


def inline_characters(models: Mapping[str, Model]) -> int:
    """Of a cohort with these models, at most: what it may invoke, and the stop that any incident may add."""
    arn = LONGEST.bedrock(f"application-inference-profile/{PROFILE_ID}")
    stop = cohort_stop(
        Cohort(level=Level.SUSPENDED, models=("any",), sessions_valid_from=datetime(2026, 1, 1, tzinfo=UTC))
    )
    return sum(map(_characters, (invoke_policy(LONGEST, models, dict.fromkeys(models, arn)), stop)))


def _characters(document: Document | None) -> int:
    return len(json.dumps(document, separators=(",", ":")))
