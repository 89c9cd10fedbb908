"""A cohort's managed settings as a gateway serves them, by Okta group, to whoever signs in to it.

They rank above what is on a machine. `managedSourcesBehavior: merge` has both hold: what either denies is denied, hooks
of both run, and so somebody who has a level of their own keeps what is on their Mac for it (2.1.332's description of
the key, 2026-11-29).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Of a machine, of AWS, or of who may sign in where: for what is on the machine alone to say.
NOT_SERVED = (
    "allowedProviders",
    "apiKeyHelper",
    "awsAuthRefresh",
    "awsCredentialExport",
    "forceLoginGatewayUrl",
    "forceLoginMethod",
    # The gateway pushes its own, by its names of the models.
    "modelPricing",
    "statusLine",
)
# By a gateway all is signed in to already; of the rest, what leads to AWS or blanks a person's own variables is for the
# machine's document, where it needs nobody's consent.
SERVED_ENV = ("ANTHROPIC_DEFAULT_", "CLAUDE_CODE_ENABLE_TELEMETRY", "OTEL_")
# No file of a machine's, so it holds on each.
WAIT = re.compile(r"/bin/sleep [0-9]+")


def policy(settings: Mapping[str, Any]) -> dict[str, Any]:
    """`settings`: of a cohort, as they are behind a gateway."""
    kept = {key: value for key, value in settings.items() if key not in (*NOT_SERVED, "hooks", "env")}
    env = {key: value for key, value in settings.get("env", {}).items() if key.startswith(SERVED_ENV)}
    hooks = {event: found for event, rows in settings.get("hooks", {}).items() if (found := _waits(rows))}
    return {
        "managedSourcesBehavior": "merge",
        **kept,
        **({"hooks": hooks} if hooks else {}),
        **({"env": env} if env else {}),
    }


def _waits(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if all(WAIT.fullmatch(hook.get("command", "")) for hook in row["hooks"])]
