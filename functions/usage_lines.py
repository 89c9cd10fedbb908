"""A cohort's usage log: a line for each request that was counted, which metrics, alarms and dashboards are made of."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.attempts import Attempts
from functions.counting.counters import Entry
from functions.log_lines import put_lines
from rollout import names

# PutLogEvents takes 1 MB and 24 hours at once, and nothing older than 14 days.
LINES_AT_ONCE = 500
SPAN = timedelta(hours=23)
OLDEST = timedelta(days=13)


def write_lines(entries: Iterable[Entry], attempts: Attempts, settings: Mapping[str, Any]) -> None:
    """Into each cohort's usage log, oldest first; one that takes none holds up no other. `settings`: the meter's."""
    now = datetime.now(UTC)
    by_cohort: defaultdict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for entry in entries:
        if entry.cohort is not None:
            at = min(max(entry.at, now - OLDEST), now)
            by_cohort[entry.cohort].append((at, json.dumps(entry.line)))
    for cohort, lines in by_cohort.items():
        lines.sort(key=lambda line: line[0])
        with attempts.each():
            for batch in _batches(lines):
                group = settings["usage_log_groups"].get(cohort) or names.usage_log_group(cohort)
                put_lines(group, settings["usage_log_stream"], batch)


def _batches(lines: Sequence[tuple[datetime, str]]) -> Iterator[list[tuple[datetime, str]]]:
    batch: list[tuple[datetime, str]] = []
    for line in lines:
        if batch and (len(batch) == LINES_AT_ONCE or line[0] - batch[0][0] > SPAN):
            yield batch
            batch = []
        batch.append(line)
    if batch:
        yield batch
