"""What follows from a counter: somebody is told of spend once per step, and stopped once it reaches a stop.

All of it may be repeated, and may run twice at the same time. An alert goes into a queue that drops a repetition, then
its counter is marked. Whom a policy stops is written by `functions.quota_writer`, from counters as they are then.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Collection, Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

from functions.attempts import Attempts
from functions.clients import client
from functions.counting.shards import Sum, due, read
from functions.quota_policy import IamPolicy, TableItem
from functions.quota_writer import Clock, Render, bring_into_force
from rollout.access.quota_document import quota_document
from rollout.incidents.cohort_state import digest
from rollout.usage.thresholds import BUDGET, Limits, alerts, is_current, stop_of, watched

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)


def follow_up(keys: Iterable[str], table: str, notices_queue: str, limits: Limits, attempts: Attempts) -> None:
    """`keys`: of the counters that were added to. What fails for one of them is left to `attempts`."""
    now = _now()
    with attempts.each():
        found = enforce(keys, table, limits, attempts)
        for key, one in found.items():
            for mark, said in alerts(key, one.held, limits, _told(one.item), now):
                with attempts.each():
                    for alert in said:
                        _tell(alert.message(), alert.id, notices_queue)
                    _mark(key, mark, table)


def enforce(keys: Iterable[str], table: str, limits: Limits, attempts: Attempts) -> Mapping[str, Sum]:
    """Stop whoever these counters say is past a stop. The counters, as they are now."""
    found = read(due(set(filter(watched, keys))), table)
    for policy, stopped in sorted(_stopped(found, limits, _now()).items()):
        with attempts.each():
            stop(stopped, policy, table, limits)
    return found


def _stopped(found: Mapping[str, Sum], limits: Limits, now: datetime) -> dict[str, list[str]]:
    """Counters that are past a stop, by the policies that hold whom they are of."""
    by_policy: defaultdict[str, list[str]] = defaultdict(list)
    for key, one in found.items():
        if stop_of(key, one.held, limits, now):
            policies = limits.policies_of(key)
            if not policies:
                log.warning("over a stop, and no policy can stop them: %a", key)
            for policy in policies:
                by_policy[policy].append(key)
    return by_policy


def _told(item: Mapping[str, Any]) -> set[str]:
    """The marks of what was said of a counter already; `told`: of what was said before there were marks."""
    return {*item.get("marks", {}).get("SS", ()), *([BUDGET] if "told" in item else [])}


def _tell(message: Mapping[str, Any], alert_id: str, queue: str) -> None:
    client("sqs").send_message(
        QueueUrl=_queue_url(queue),
        MessageBody=json.dumps(message),
        MessageGroupId=f"alert-{digest(alert_id)}",
        MessageDeduplicationId=digest("alert", alert_id),
    )


@cache
def _queue_url(name: str) -> str:
    return client("sqs").get_queue_url(QueueName=name)["QueueUrl"]


def _mark(key: str, mark: str, table: str) -> None:
    client("dynamodb").update_item(
        TableName=table,
        Key={"id": {"S": key}},
        UpdateExpression="ADD marks :mark",
        ExpressionAttributeValues={":mark": {"SS": [mark]}},
    )


def stop(keys: Collection[str], policy: str, table: str, limits: Limits) -> None:
    """Deny whom these counters stop, until their day or month is over. A policy that is gone went with its level."""
    item = TableItem(table, policy)
    wanted = item.ask(keys)
    bring_into_force(item, IamPolicy(policy), _render(policy, table, limits), wanted, Clock(now=_now))


def let_go(keys: Collection[str], policy: str, table: str, limits: Limits) -> None:
    """Deny nobody any more for these counters, whatever they hold."""
    item = TableItem(table, policy)
    wanted = item.forget(keys)
    bring_into_force(item, IamPolicy(policy), _render(policy, table, limits), wanted, Clock(now=_now))


def review(table: str, limits: Limits) -> dict[str, list[str]]:
    """Writes each policy anew by the stack file's limits as they are now: whoever they stop no more is let go, and who
    is in another policy than before is stopped by that one. Raises nothing; `failed` has the policies that could not be
    written."""
    known: dict[str, frozenset[str]] = {}
    failed = set[str]()
    for policy in sorted(limits.quota_policies):
        with _or_failed(policy, failed):
            known[policy] = TableItem(table, policy).keys()
    stopped = frozenset[str]().union(*known.values())
    for policy, keys in known.items():
        here = {key for key in stopped if is_current(key, _now()) and policy in limits.policies_of(key)}
        if keys or here:
            with _or_failed(policy, failed):
                stop(here - keys, policy, table, limits)
    return {"failed": sorted(failed)}


@contextmanager
def _or_failed(policy: str, failed: set[str]) -> Generator[None]:
    """An update waits for a review, and has more to do."""
    try:
        yield
    except Exception as error:
        log.warning("%s not reviewed: %a", policy, error)
        failed.add(policy)


def _render(policy: str, table: str, limits: Limits) -> Render:
    def document(keys: frozenset[str]) -> tuple[Mapping[str, Any], frozenset[str]]:
        now = _now()  # the day may have ended meanwhile
        found = read(keys, table)
        stops = [stop for key, one in found.items() if (stop := stop_of(key, one.held, limits, now))]
        made = quota_document(stops, limits.quota_policies[policy])
        log.info("%s: %s", policy, json.dumps(made["Statement"]))
        return made, frozenset(key for key in keys if not is_current(key, now))

    return document


def _now() -> datetime:
    return datetime.now(UTC)
