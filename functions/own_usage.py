"""Writes down for each person what they may read of themselves, after their requests were counted.

A copy and no counter: written again it is the same, and one that is behind never takes the place of a newer one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from functions.attempts import Attempts
from functions.clients import client
from functions.quota_policy import IamPolicy
from rollout.names import own_usage, role
from rollout.usage.own_usage import own_item
from rollout.usage.shards import amounts
from rollout.usage.thresholds import Limits

KEPT = timedelta(days=3)
# A role that is made anew has another id.
ROLE_SECONDS = 300


def write_down(
    people: Iterable[tuple[str, str, str]],
    table: str,
    limits: Limits,
    levels: Mapping[str, Mapping[str, Any]],
    attempts: Attempts,
    reserved: Mapping[str, str] | None = None,
) -> None:
    """`people`: (session, cohort, day) of whose counters were added to. What fails for one is left to `attempts`.
    `reserved`: of cohorts whose role is IAM Identity Center's, a policy that is attached to it."""
    for session, cohort, day in sorted(set(people)):
        with attempts.each():
            role_id = _role_id(cohort, (reserved or {}).get(cohort), int(time.time() / ROLE_SECONDS))
            counted = _counted(f"user-day#{session}#{day}", table)
            if role_id and counted:
                month = _counted(f"user-month#{session}#{day[:7]}", table) if "user-month" in limits.stops else {}
                usd, now = month.get("usd", Decimal(0)), datetime.now(UTC)
                item = own_item(session, cohort, counted, limits, levels, month_usd=usd, now=now)
                _put(f"{role_id}:{session}", day, item, counted, table)


@cache
def _role_id(cohort: str, policy: str | None, _: int) -> str | None:
    """None where the role went with its level: then nobody asks. `policy`: by which a role is found that is not ours
    to name."""
    if policy:
        found = IamPolicy(policy).role()
        return found["RoleId"] if found else None
    try:
        return client("iam").get_role(RoleName=role(cohort))["Role"]["RoleId"]
    except client("iam").exceptions.NoSuchEntityException:
        return None


def _counted(counter: str, table: str) -> dict[str, Decimal]:
    found = client("dynamodb").get_item(TableName=table, Key={"id": {"S": counter}}, ConsistentRead=True)
    return amounts(found.get("Item") or {})


def _put(user_id: str, day: str, item: Mapping[str, Any], counted: Mapping[str, Decimal], table: str) -> None:
    now = datetime.now(UTC)
    try:
        client("dynamodb").put_item(
            TableName=table,
            Item={
                "id": {"S": own_usage(user_id)},
                "day": {"S": day},
                "at": {"S": f"{now:%Y-%m-%dT%H:%M:%SZ}"},
                "requests": {"N": format(counted.get("requests", Decimal(0)), "f")},
                "said": {"S": json.dumps(item, sort_keys=True)},
                "expires": {"N": str(int((now + KEPT).timestamp()))},
            },
            ConditionExpression="attribute_not_exists(id) OR #day < :day OR (#day = :day AND #requests <= :requests)",
            ExpressionAttributeNames={"#day": "day", "#requests": "requests"},
            ExpressionAttributeValues={
                ":day": {"S": day},
                ":requests": {"N": format(counted.get("requests", Decimal(0)), "f")},
            },
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
