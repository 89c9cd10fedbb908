"""The meter: counts what each request used, exactly once, however often and in whatever order its record arrives.

What cannot be counted is put into the dead-letter queue by itself and never stops the rest.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import logging
import os
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from functions.attempts import Attempts
from functions.beside import caller, denied_caller, tables_for
from functions.budget_actions import follow_up, review
from functions.canary import Stack, prove
from functions.clients import client
from functions.counting.counters import Entry, chunks, count
from functions.dead_records import Dead, bury
from functions.own_usage import write_down
from functions.settings import settings
from functions.usage_lines import write_lines
from rollout import names
from rollout.usage.canary import with_canary
from rollout.usage.denied_calls import denial, is_call
from rollout.usage.records import (
    NAMESPACE,
    NothingUsedError,
    OutsideRolloutError,
    Profile,
    Tables,
    UnknownRecordError,
    Usage,
    counters,
    request_id,
    structured,
    usage,
)
from rollout.usage.thresholds import Limits
from rollout.usage.tokens import KINDS

# Lambda hands over 6 MB at most, compressed; 100 times that is no log.
MAX_DELIVERY_BYTES = 64 * 1024 * 1024

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """One delivery of the subscription: `{"awslogs": {"data": ...}}`. Raises where AWS refused something, once the
    rest is done: Lambda calls again.

    Also takes what a message of the dead-letter queue holds, so that it can be counted once its cause is mended; from
    an update, `{"review": ...}`, when the stack file stops others than before; and `{"prove": ...}`, each night and
    from `rollout doctor --prove`.
    """
    if "review" in event:
        return review(settings()["table"], limits())
    if "prove" in event:
        return proven(context)
    if "prove" in (event.get("requestPayload") or {}):
        return {}  # a proof that was killed: the next one says how it is now
    delivery = delivered(event)
    if is_call(delivery):
        entries, dead = read_denial(delivery)
    elif delivery.get("messageType") == "DATA_MESSAGE":
        entries, dead = read(delivery.get("logEvents") or (), profiles())
    else:
        return {}  # CloudWatch Logs tries whether somebody is there
    invocation = invoked(event, context.aws_request_id)
    attempts = Attempts()
    counted: set[str] = set()
    for chunk in chunks(entries):
        with attempts.each():
            counted |= {entry.request_id for entry in count(chunk, invocation, settings()["table"])}
    kept = [entry for entry in entries if entry.request_id in counted]
    dead += [Dead(reason=entry.doubt, event=entry.event) for entry in kept if entry.doubt]
    # Lines come last: who is over their tokens is stopped even while CloudWatch Logs takes none.
    bury(dead, delivery, attempts)
    keys, said = (key for entry in kept for key in entry.adds), limits()
    follow_up(keys, settings()["table"], settings()["notices_queue"], said, attempts)
    write_lines(kept, attempts, settings())
    own = settings()["usage_log_groups"]  # a cohort of another stack has no own view
    people = [
        (entry.line["user_id"], cohort, _day(entry))
        for entry in kept
        if (cohort := entry.cohort) and cohort in own and entry.adds
    ]
    write_down(people, settings()["table"], said, settings()["levels"], attempts, settings().get("reserved"))
    attempts.require()
    summary = {
        "Counted": len(kept),
        "Repeated": len(entries) - len(kept),
        "Unknown": len(dead),
        "ShadowUse": sum(entry.cohort is None for entry in kept),
    }
    latest = max((entry.at for entry in kept if entry.adds), default=None)
    lag = {"LagSeconds": max(0.0, (datetime.now(UTC) - latest).total_seconds())} if latest else {}
    print(json.dumps(_measured({**summary, **lag})), flush=True)  # noqa: T201  CloudWatch reads metrics from it
    return summary


def proven(context: Any) -> dict[str, Any]:
    """`functions.canary.Proof` as a document. Raises nothing."""
    said = settings()
    stack = Stack(
        table=said["table"],
        limits=limits(),
        prices=said["tables"]["prices"],
        foundations=said["tables"]["foundations"],
        region=os.environ.get("AWS_REGION", ""),
        log_group=said.get("invocation_log_group"),
        function=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
        reserved=frozenset(map(names.role, said.get("reserved", ()))),
    )
    proof = prove(stack, lambda events: read(events, profiles()), context.get_remaining_time_in_millis() / 1000)
    if found := proof.metrics():
        print(json.dumps(_measured(found)), flush=True)  # noqa: T201  CloudWatch reads metrics from it
    return proof.document()


def limits() -> Limits:
    """Those of the stack file, by which the canary can be stopped too: by every invocation, or one would undo what
    another one proves."""
    return with_canary(Limits.read(settings()["limits"], settings()["tables"]["teams"]))


def _day(entry: Entry) -> str:
    return f"{entry.at:%Y-%m-%d}"


def delivered(event: Mapping[str, Any]) -> dict[str, Any]:
    """A delivery of the subscription; in a failure that Lambda put aside, its `requestPayload`; or a letter of ours."""
    if "requestPayload" in event:
        return delivered(event["requestPayload"])
    if is_call(event):
        return dict(event)
    if "awslogs" in event:
        return opened(event["awslogs"]["data"])
    found = {"id": event["event_id"], "timestamp": event["timestamp"], "message": event["message"]}
    where = {"logGroup": event["log_group"], "logStream": event["log_stream"]}
    return {"messageType": "DATA_MESSAGE", **where, "logEvents": [found]}


def invoked(event: Mapping[str, Any], invocation: str) -> str:
    """The invocation to count for: of a failure that Lambda put aside, the one that failed, whose marks are there but
    whose lines and alerts may not be. Lambda's record of a failed invocation names it (Lambda guide, destinations)."""
    if "requestPayload" not in event:
        return invocation
    return invoked(event["requestPayload"], (event.get("requestContext") or {}).get("requestId") or invocation)


def opened(data: str) -> dict[str, Any]:
    """The delivery: base64 over gzip over JSON. ValueError where it is larger than any log's."""
    with gzip.GzipFile(fileobj=io.BytesIO(base64.b64decode(data))) as packed:
        text = packed.read(MAX_DELIVERY_BYTES + 1)
    if len(text) > MAX_DELIVERY_BYTES:
        raise ValueError(f"a delivery of more than {MAX_DELIVERY_BYTES} bytes")
    return json.loads(text)


def read(events: Iterable[Mapping[str, Any]], profiles: Mapping[str, Profile]) -> tuple[list[Entry], list[Dead]]:
    """What can be counted, each request once, and what cannot."""
    tables = _own_tables(profiles)
    entries: dict[str, Entry] = {}
    dead: list[Dead] = []
    for event in events:
        try:
            record = _parsed(event)
            entry = _entry(record, tables_for(caller(record), tables, settings()["table"]))
        except NothingUsedError:
            continue
        except UnknownRecordError as error:
            dead.append(Dead(reason=str(error), event=event))
            continue
        entry.event = event
        entries.setdefault(entry.request_id, entry)
    return list(entries.values()), dead


def read_denial(event: Mapping[str, Any]) -> tuple[list[Entry], list[Dead]]:
    """A call that IAM denied adds to no counter, and is logged once."""
    try:
        tables = tables_for(denied_caller(event), _own_tables({}), settings()["table"])
        number, line = denial(event, tables.roles, tables.teams)
    except UnknownRecordError as error:
        return [], [Dead(reason=str(error), event={"id": event.get("id"), "message": json.dumps(event)})]
    at = datetime.fromtimestamp(line["_aws"]["Timestamp"] / 1000, UTC)
    return [Entry(request_id=number, at=at, adds={}, cohort=line["cohort"], line=line)], []


def _own_tables(profiles: Mapping[str, Profile]) -> Tables:
    said = settings()["tables"]
    return Tables(
        roles=said["roles"],
        teams=said["teams"],
        prices=said["prices"],
        profiles=profiles,
        foundations=said["foundations"],
    )


def _parsed(event: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        record = json.loads(event["message"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnknownRecordError(f"no JSON: {type(error).__name__}") from None
    if not isinstance(record, dict):
        raise UnknownRecordError(f"no JSON object: {type(record).__name__}")
    return record  # pyright: ignore[reportUnknownVariableType]


def _entry(record: Mapping[str, Any], tables: Tables) -> Entry:
    try:
        found = usage(record, tables)
    except NothingUsedError:
        raise
    except OutsideRolloutError as error:
        return _shadow(record, str(error))
    return Entry(
        request_id=found.request_id,
        at=found.at,
        adds=dict.fromkeys(counters(found), _amounts(found)),
        cohort=found.cohort,
        line=structured(found),
        doubt=found.doubt,
    )


def _shadow(record: Mapping[str, Any], reason: str) -> Entry:
    """Counted too, so that a record that comes twice is one use."""
    now = datetime.now(UTC)
    log.warning("use outside the cohorts: %a", reason)
    return Entry(request_id=request_id(record), at=now, adds={f"shadow-month#{now:%Y-%m}": {"requests": Decimal(1)}})


def _amounts(found: Usage) -> dict[str, Decimal]:
    tokens = {kind: Decimal(getattr(found.tokens, kind)) for kind in KINDS}
    return {"requests": Decimal(1), **tokens, "usd": found.usd}


@cache
def profiles() -> Profiles:
    """A profile never changes hands, so those that were found once are kept as long as the process."""
    return Profiles()


class Profiles(dict[str, Profile]):
    """Whose a profile is, from the table, where each cohort's profiles are written down and stay when they are gone."""

    def get(self, arn: str, default: Any = None) -> Any:
        if arn not in self:
            key = {"id": {"S": f"{names.PROFILE_ITEM}{arn}"}}
            item = client("dynamodb").get_item(TableName=settings()["table"], Key=key).get("Item")
            if not item:
                return default
            self[arn] = Profile(cohort=item["cohort"]["S"], model=item["model"]["S"])
        return self[arn]


def _measured(values: Mapping[str, float]) -> dict[str, Any]:
    """One line of the meter's own log, in CloudWatch's embedded metric format."""
    metrics = [{"Name": name, "Unit": "Seconds" if name.endswith("Seconds") else "Count"} for name in values]
    directive = {"Namespace": NAMESPACE, "Dimensions": [[]], "Metrics": metrics}
    return {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}, **values}
