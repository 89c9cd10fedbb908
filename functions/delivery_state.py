"""What the collector remembers: each person's weeks in a table, each cohort's in a parameter that previews read.

Everything is written whole under its own key, so that what is done twice is there once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from functions.clients import client
from rollout.success import metrics
from rollout.success.github_delivery import Share
from rollout.success.metrics import Week

# Longer than any week is asked for.
KEPT = timedelta(days=120)
KEYS_AT_ONCE = 100
TRIES = 10

log = logging.getLogger(__name__)


def key(login: str, monday: date) -> str:
    return f"share#{login.lower()}#{monday}"


def shares(table: str, wanted: Iterable[tuple[str, date]]) -> dict[str, Share]:
    """Those that are there, by key."""
    keys = sorted({key(login, monday) for login, monday in wanted})
    found: dict[str, Share] = {}
    for start in range(0, len(keys), KEYS_AT_ONCE):
        asked: Any = {table: {"Keys": [{"id": {"S": one}} for one in keys[start : start + KEYS_AT_ONCE]]}}
        for _ in range(TRIES):
            answer = client("dynamodb").batch_get_item(RequestItems=asked)
            found |= {item["id"]["S"]: Share.read(item["share"]["S"]) for item in answer["Responses"].get(table, ())}
            asked = answer.get("UnprocessedKeys")
            if not asked:
                break
        else:
            raise TimeoutError("DynamoDB did not give what was read before")
    return found


def keep(table: str, login: str, found: Mapping[date, Share]) -> None:
    """Of the weeks of one span: fewer than the 25 that one call takes."""
    expires = str(int((datetime.now(UTC) + KEPT).timestamp()))
    items = [
        {"id": {"S": key(login, monday)}, "share": {"S": share.text()}, "expires": {"N": expires}}
        for monday, share in found.items()
    ]
    asked: Any = {table: [{"PutRequest": {"Item": item}} for item in items]}
    for _ in range(TRIES):
        asked = client("dynamodb").batch_write_item(RequestItems=asked).get("UnprocessedItems")
        if not asked:
            return
    raise TimeoutError("DynamoDB did not take what was read")


def weeks(parameter: str) -> list[Week]:
    """What is known of a cohort; what cannot be read is written anew."""
    ssm = client("ssm")
    try:
        text = ssm.get_parameter(Name=parameter)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        return []
    try:
        return metrics.read(text)
    except ValueError:
        log.exception("%s is written anew", parameter)
        return []


def keep_weeks(parameter: str, known: Sequence[Week]) -> None:
    client("ssm").put_parameter(Name=parameter, Type="String", Value=metrics.written(known), Overwrite=True)
