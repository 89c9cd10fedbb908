"""How long Okta's provider waits for an Okta that does not answer, by its settings.

A closed connection, and each 5xx but 500, is tried again after `minWaitSeconds`, which doubles up to `maxWaitSeconds`,
`maxRetries` times (provider source: okta/api/api.go, config.go; measured with plug-in 6.8.0 on 2026-11-28: 751 s with
its defaults). With `httpProxy` set, as in the sandbox, only a rate limit is waited for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

DEFAULTS: Mapping[str, int] = {"maxRetries": 5, "minWaitSeconds": 30, "maxWaitSeconds": 300}
# 2 + 4 + 8 + 16 + 32 s: longer than the minute that a rate limit is for.
ADVISED: Mapping[str, int] = {"maxRetries": 5, "minWaitSeconds": 2, "maxWaitSeconds": 60}
MEASURED_DEFAULT_SECONDS = 751
LONGEST_ADVISED_SECONDS = 120


def longest_wait_seconds(config: Mapping[str, Any]) -> int:
    """Of one call. `config`: the stack file's, by full key; what is no number counts as not there."""
    retries, least, most = (_number(config.get(f"okta:{name}"), default) for name, default in DEFAULTS.items())
    # From some number on each wait is the longest one: no need to count to whatever somebody wrote.
    growing = range(min(retries, 64))
    return sum(min(least << number, most) for number in growing) + max(0, retries - 64) * most


def wait_advice(config: Mapping[str, Any]) -> Iterator[str]:
    """A line where each call to a silent Okta takes minutes."""
    seconds = longest_wait_seconds(config)
    if seconds <= LONGEST_ADVISED_SECONDS:
        return
    missing = [f"okta:{name}" for name in DEFAULTS if config.get(f"okta:{name}") is None]
    lacking = f"{', '.join(missing)}: missing; " if missing else ""
    measured = f" ({MEASURED_DEFAULT_SECONDS} s measured)" if len(missing) == len(DEFAULTS) else ""
    advised = {f"okta:{name}": value for name, value in ADVISED.items()}
    settings = ", ".join(f"{key}: {value}" for key, value in advised.items())
    yield (
        f"{lacking}while Okta does not answer, its provider tries each call for {seconds} s{measured}; "
        f"set {settings}: {longest_wait_seconds(advised)} s"
    )


def _number(value: Any, default: int) -> int:
    try:
        return max(0, int(value))
    except (TypeError, ValueError):
        return default
