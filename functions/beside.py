"""Cohorts of other stacks of the account, which are counted here: what each is, its stack has written into the table.

A role that is only called like a cohort's has nothing there, and stays use outside the rollout.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, cast

from functions.clients import client
from rollout.names import COHORT, PREFIX, RESERVED_ROLE
from rollout.usage.records import Tables

_ROLE = re.compile(rf":assumed-role/(?:{RESERVED_ROLE})?({PREFIX}-{COHORT.pattern})(?:_[0-9a-f]{{16}})?/")
# Until a roster that was changed there is known here.
SECONDS = 300


def tables_for(arn: object, own: Tables, table: str) -> Tables:
    """`own`, or where the caller's role is another stack's cohort, what that stack says. `arn`: of who called."""
    named = _ROLE.search(arn) if isinstance(arn, str) else None
    if named is None or named[1] in own.roles:
        return own
    said = _said(named[1], table)
    if said is None:
        return own
    roles = {named[1]: named[1].removeprefix(f"{PREFIX}-")}
    return replace(own, roles=roles, teams=said["teams"], prices=said["prices"], foundations=said["foundations"])


def caller(record: Mapping[str, Any]) -> object:
    """The ARN in a record of Bedrock's; anything else where it has none."""
    identity: object = record.get("identity")
    return cast("Mapping[str, Any]", identity).get("arn") if isinstance(identity, Mapping) else None


def denied_caller(event: Mapping[str, Any]) -> object:
    """The ARN in an event of CloudTrail's."""
    detail: object = event.get("detail")
    who: object = cast("Mapping[str, Any]", detail).get("userIdentity") if isinstance(detail, Mapping) else None
    return cast("Mapping[str, Any]", who).get("arn") if isinstance(who, Mapping) else None


@cache
def memory() -> dict[str, tuple[float, Mapping[str, Any]]]:
    """By role: until when it holds, and what was said. That nothing is there is not remembered."""
    return {}


def _said(role: str, table: str) -> Mapping[str, Any] | None:
    until, known = memory().get(role, (0.0, None))
    if known is not None and time.monotonic() < until:
        return known
    key = {"id": {"S": f"cohort#{role.removeprefix(f'{PREFIX}-')}"}}
    item = client("dynamodb").get_item(TableName=table, Key=key).get("Item")
    if not item:
        return None
    said: Mapping[str, Any] = json.loads(item["said"]["S"])
    memory()[role] = time.monotonic() + SECONDS, said
    return said
