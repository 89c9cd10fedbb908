"""The three calls to AWS, each in threads of its own that few can hold, and each with an end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar, cast

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from gateway.levels import ITEM
from gateway.sessions import DeniedError, Session

# One try of each, and one more.
CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2, "mode": "standard"})
SECONDS = 5.0
# Of one BatchGetItem.
KEYS_AT_ONCE = 100
TRIES = 3
# Numbers of a counter's item that count nothing, as `rollout.usage.shards` has it. A person's own is never spread.
NO_COUNTS = frozenset({"expires", "shards"})
DENIED = frozenset({"AccessDenied", "AccessDeniedException"})

Found = TypeVar("Found")


class Aws:
    """`table`: the meter's. What these calls may do is `rollout.gateway.task_policy`'s."""

    def __init__(self, table: str, region: str) -> None:
        self._table = table
        client = cast("Callable[..., Any]", boto3.client)  # pyright: ignore[reportUnknownMemberType]
        self._dynamodb: Any = client("dynamodb", region_name=region, config=CONFIG)
        self._sts: Any = client("sts", region_name=region, config=CONFIG)
        self._pools = {name: ThreadPoolExecutor(number, name) for name, number in POOLS.items()}

    async def cohorts(self, names: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """Items by cohort, those that are there."""
        return await self._in("levels", lambda: dict(self._cohorts(names)))

    async def today(self, session: str) -> Mapping[str, Decimal]:
        """What the meter has counted for somebody today, UTC, by kind: its own counter, and no other."""
        key = {"id": {"S": f"user-day#{session}#{datetime.now(UTC):%Y-%m-%d}"}}
        return await self._in("ledger", lambda: self._counter(key))

    async def assume(self, role_arn: str, session: str, seconds: int) -> Session:
        """Raises DeniedError, or whatever else is wrong."""
        return await self._in("sts", lambda: self._assumed(role_arn, session, seconds))

    async def _in(self, pool: str, call: Callable[[], Found]) -> Found:
        loop = asyncio.get_running_loop()
        return await asyncio.wait_for(loop.run_in_executor(self._pools[pool], call), SECONDS)

    def _cohorts(self, names: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for start in range(0, len(names), KEYS_AT_ONCE):
            keys = [{"id": {"S": f"{ITEM}{name}"}} for name in names[start : start + KEYS_AT_ONCE]]
            wanted: dict[str, Any] = {self._table: {"Keys": keys, "ConsistentRead": True}}
            for _ in range(TRIES):
                answer = self._dynamodb.batch_get_item(RequestItems=wanted)
                for item in answer["Responses"].get(self._table, ()):
                    yield str(item["id"]["S"]).removeprefix(ITEM), item
                wanted = answer.get("UnprocessedKeys")
                if not wanted:
                    break
            else:
                raise TimeoutError("DynamoDB did not give all items")

    def _counter(self, key: Mapping[str, Any]) -> dict[str, Decimal]:
        item: Mapping[str, Any] = (
            self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item") or {}
        )
        return {name: Decimal(value["N"]) for name, value in item.items() if "N" in value and name not in NO_COUNTS}

    def _assumed(self, role_arn: str, session: str, seconds: int) -> Session:
        got = time.time()
        try:
            answer = self._sts.assume_role(RoleArn=role_arn, RoleSessionName=session, DurationSeconds=seconds)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in DENIED:
                raise DeniedError from None
            raise
        keys: Mapping[str, Any] = answer["Credentials"]
        return Session(
            access_key_id=keys["AccessKeyId"],
            secret_access_key=keys["SecretAccessKey"],
            session_token=keys["SessionToken"],
            ends=keys["Expiration"].timestamp(),
            got=got,
        )


# Threads. STS answers in a tenth of a second, so that 8 give a session to 80 people a second.
POOLS: Mapping[str, int] = {"levels": 2, "ledger": 4, "sts": 8}
