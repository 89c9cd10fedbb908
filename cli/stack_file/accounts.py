"""Which AWS accounts a stack file allows. Loads nothing: a cut asks it too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast


def allowed_accounts(config: Mapping[str, Any]) -> set[str]:
    """Those of `aws:allowedAccountIds`, a list or its JSON; none where it does not say, or is no list."""
    said: object = config.get("aws:allowedAccountIds")
    if isinstance(said, str):
        try:
            said = json.loads(said)
        except ValueError:
            return set()
    return {str(one) for one in cast("list[object]", said)} if isinstance(said, list) else set()
