"""A thousand records that nobody should ever send: none is lost in silence, none keeps another from being counted."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from rollout.usage.records import NothingUsedError, usage
from tests.meter.test_usage import ARN, TABLES, record
from tests.meter.world import TABLE, World, deliver

RECORDS, AT_ONCE = 1_000, 40
PATHS = [
    *(("schemaType",), ("timestamp",), ("identity",), ("identity", "arn"), ("requestId",), ("modelId",)),
    *(("input",), ("output",), ("region",), ("operation",), ("requestMetadata",)),
    *(("input", kind) for kind in ("inputTokenCount", "cacheReadInputTokenCount", "cacheWriteInputTokenCount")),
    ("output", "outputTokenCount"),
]
ROLE = "arn:aws:sts::123456789012:assumed-role/claude-code-pilot/"
VALUES: list[Any] = [
    *(None, True, -1, 10**9 + 1, 10**40, 1e308, float("nan"), float("inf"), [], {}, [[[]]], {"a": {"b": [None]}}),
    *("", " ", "\x00", "\ud800", "é" * 2000, "x" * 5000, "' OR 1=1 --", "${jndi:ldap://x}", "../../etc/passwd"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z", "yesterday"),
    *(f"{ROLE}x", f"{ROLE}{'y' * 65}", f"{ROLE}a\ud800b", f"{ROLE}a#2026-11-23", f"{ROLE}zoë", f"{ROLE}a/b", ROLE),
    *(f"{ARN[:-3]}{'z' * 1900}", f"{ARN[:-12]}é\ud800", ARN.replace("abc", "<b>"), ":application-inference-profile/"),
    *(ARN, "anthropic.claude-opus-5", "r" * 128, "r" * 129),
]


def hostile(choose: random.Random) -> Iterator[str]:
    """Records as they stand in the log, each with a number of its own somewhere in it."""
    for number in range(RECORDS):
        made = record(requestId=f"hostile-{number}", operation=f"number {number};")
        for path in choose.sample(PATHS, choose.choice([0, 1, 1, 1, 2, 3])):
            part: Any = made
            for key in path[:-1]:
                part = part[key] if isinstance(part.get(key), dict) else part.setdefault(f"no {key}", {})
            part[path[-1]] = choose.choice(VALUES)
        text = json.dumps(made | {"number": f"number {number};"})
        yield choose.choice([text] * 12 + [text[:-1], text + text, "[" * 2000 + text, f"\ufeff{text}"])


def _is_of_another_maker(text: str) -> bool:
    """A model that is not Claude, called by somebody who is none of ours."""
    try:
        usage(json.loads(text), TABLES)
    except NothingUsedError:
        return True
    except ValueError:
        pass
    return False


@pytest.mark.slow
def test_a_thousand_hostile_records_are_each_counted_or_put_aside_and_stop_no_other(world: World) -> None:
    records = list(hostile(random.Random(20261123)))  # noqa: S311
    letters: list[dict[str, Any]] = []
    for start in range(0, RECORDS, AT_ONCE):
        good = record(requestId=f"good-{start}")
        answer = deliver(*records[start : start + AT_ONCE], good, by=f"by {start}")
        put_aside = world.dead()
        assert len(put_aside) == answer["Unknown"]
        letters += put_aside
    marked = {item["id"]["S"] for page in _pages(world) for item in page}
    put_aside = " ".join(letter["message"] or "" for letter in letters)
    lost = [
        number
        for number, text in enumerate(records)
        if f"number {number};" not in put_aside
        and f"request#{_request_id(text)}" not in marked
        and not _is_of_another_maker(text)
    ]
    assert lost == []
    assert marked >= {f"request#good-{start}" for start in range(0, RECORDS, AT_ONCE)}
    counted = [line for line in world.lines() if line["request_id"].startswith("good-")]
    assert len(counted) == RECORDS // AT_ONCE


def _pages(world: World) -> Iterator[list[dict[str, Any]]]:
    for page in world.dynamodb.get_paginator("scan").paginate(TableName=TABLE):
        yield page["Items"]


def _request_id(text: str) -> Any:
    try:
        return json.loads(text)["requestId"]
    except ValueError:
        return None
