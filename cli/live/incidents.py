"""The incident log: every change of level that the announcer has told people of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from cli.live.aws import Clients
from rollout import names
from rollout.levels import Level
from rollout.model.times import instant
from rollout.report.facts import LevelChange

SCHEMA = "claude-code-rollout/level-change/1"
# A rollout has dozens. More is not read, so that nobody waits for it.
AT_MOST = 10_000


def level_changes(clients: Clients, start: datetime | None = None) -> list[LevelChange]:
    """In order of time, each once, from `start` on; the announcer may log one twice. Lines of another shape are left
    out."""
    pages = (
        clients("logs")
        .get_paginator("filter_log_events")
        .paginate(
            logGroupName=names.INCIDENT_LOG_GROUP,
            logStreamNames=[names.INCIDENT_LOG_STREAM],
            **({"startTime": int(start.timestamp() * 1000)} if start else {}),
            PaginationConfig={"MaxItems": AT_MOST},
        )
    )
    messages = (str(event["message"]) for page in pages for event in page["events"])
    found = dict(_changes(messages))
    return sorted(found.values(), key=lambda change: change.at)


def level_since(changes: Iterable[LevelChange], cohort: str, level: Level) -> LevelChange | None:
    """The change by which a cohort came to the level it is at; none where the log says otherwise, or nothing."""
    own = [change for change in changes if change.cohort == cohort and change.member is None]
    return own[-1] if own and own[-1].after is level else None


def _changes(messages: Iterable[str]) -> Iterator[tuple[str, LevelChange]]:
    """Each with its id."""
    for message in messages:
        try:
            record = json.loads(message)
            if isinstance(record, dict) and cast("dict[str, Any]", record).get("schema") == SCHEMA:
                yield str(record["id"]), _change(cast("dict[str, Any]", record))
        except (ValueError, KeyError, TypeError):
            continue


def _change(record: Mapping[str, Any]) -> LevelChange:
    incident = cast("Mapping[str, Any]", record.get("incident") or {})
    return LevelChange(
        at=instant(record["at"]),
        cohort=str(record["cohort"]),
        member=record.get("member"),
        before=Level(record["before"]),
        after=Level(record["after"]),
        people=len(record.get("people") or ()),
        incident=incident.get("id"),
        since=instant(incident["since"]) if incident.get("since") else None,
        reason=incident.get("reason"),
    )
