"""A day of Claude Code, played through the sandbox's Bedrock, and what it must come to, computed from what was sent.

The computation shares nothing with the meter: it knows who asked which model for how many tokens, and the prices of the
stack file.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

from botocore.exceptions import ClientError

from rollout.stack_file.load import load
from rollout.usage.shards import amounts, counter_of
from tests import stacks
from tests.drill.traffic import bedrock
from tests.engine.world import World

KINDS = ("input", "output", "cache_read", "cache_write")
# How people name a profile; Bedrock takes each.
SPELLINGS: dict[str, Callable[[str], str]] = {
    "arn": str,
    "id": lambda arn: arn.rpartition("/")[2],
    "capitals": str.upper,
}
SPELLED = {"arn": 0.8, "id": 0.15, "capitals": 0.05}
# Shares of requests: with a cache entry of an hour, with a prompt beyond what the small model has other prices for,
# and with a body that Bedrock refuses, which uses nothing.
BY_THE_HOUR, LONG, REFUSED = 0.1, 0.05, 0.05
LONG_PROMPT = 150_000
# Share of requests; the small model does titles, summaries and searches in the background.
MODELS = {"sonnet": 0.68, "haiku": 0.27, "opus": 0.05}
# Medians and spreads (of the logarithm) of tokens per request in an agentic session: the conversation so far is read
# from the cache, what is new is written to it, little is fresh.
TOKENS = {"input": (120, 1.1), "output": (320, 1.0), "cache_read": (42_000, 0.8), "cache_write": (2_100, 1.0)}
AT_ONCE = 4


@dataclass(frozen=True)
class Request:
    """`tokens`: by kind; `cache_write_1h` is the part of `cache_write` that stays for an hour. `is_refused`: nothing of
    it is used."""

    user: str
    team: str
    model: str
    tokens: Mapping[str, int]
    spelling: str = "arn"
    is_refused: bool = False

    def usd(self, prices: Mapping[str, Mapping[str, Any]]) -> Decimal:
        price = prices[self.model]
        length = sum(self.tokens[kind] for kind in ("input", "cache_read", "cache_write"))
        if (tier := price.get("long_prompt")) and length > tier["above_tokens"]:
            price = tier
        usd = {kind: self.tokens[kind] * Decimal(str(price[kind])) for kind in KINDS}
        hour = self.tokens.get("cache_write_1h", 0)
        dearer = Decimal(str(price["cache_write_1h"] or 2 * price["input"])) - Decimal(str(price["cache_write"]))
        return (sum(usd.values(), Decimal(0)) + hour * dearer) / 1_000_000


def of_the_sandbox() -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """(teams of the pilot's people by e-mail address, prices by model label)"""
    stack = load(stacks.committed("sandbox"), stacks.COMPANY, datetime.now(UTC))
    people = {email: member.team for email, member in stack.cohorts["pilot"].members.items()}
    return people, {label: model.model_dump() for label, model in stack.models.items()}


def plan(people: Mapping[str, str], each: int, seed: int) -> list[Request]:
    """`people`: teams by e-mail address. Some do much, some little; about `each` requests on average, in any order."""
    rng = Random(seed)  # noqa: S311
    made = [
        Request(
            user,
            team,
            rng.choices(list(MODELS), list(MODELS.values()))[0],
            dict(_tokens(rng)),
            rng.choices(list(SPELLED), list(SPELLED.values()))[0],
            rng.random() < REFUSED,
        )
        for user, team in people.items()
        for _ in range(max(1, round(each * rng.lognormvariate(-0.18, 0.6))))
    ]
    rng.shuffle(made)
    return made


def _tokens(rng: Random) -> Iterator[tuple[str, int]]:
    is_long, by_the_hour = rng.random() < LONG, rng.random() < BY_THE_HOUR
    for kind, (median, spread) in TOKENS.items():
        count = min(round(median * rng.lognormvariate(0, spread)), 900_000)
        yield kind, count + LONG_PROMPT if is_long and kind == "cache_read" else count
        if kind == "cache_write":
            yield "cache_write_1h", count if by_the_hour else 0


def play(world: World, requests: Iterable[Request], progress: Callable[[], None] = lambda: None) -> None:
    profiles = world.cohorts()["pilot"]["profile_arns"]
    clients: dict[str, Any] = {}
    requests = list(requests)
    for user in {request.user for request in requests}:
        clients[user] = bedrock(world, world.sign_in(user, "pilot"))

    def ask(request: Request) -> None:
        said = " ".join(f"{kind}={count}" for kind, count in request.tokens.items())
        message = {"role": "user", "content": f"[tokens {said}]"}
        allowed = {} if request.is_refused else {"max_tokens": 16}
        body = json.dumps({"anthropic_version": "bedrock-2023-05-31", "messages": [message], **allowed})
        named = SPELLINGS[request.spelling](profiles[request.model])
        try:
            clients[request.user].invoke_model(modelId=named, body=body)["body"].read()
        except ClientError as error:
            if not request.is_refused or error.response["Error"]["Code"] != "ValidationException":
                raise
        progress()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(ask, requests))


def used(requests: Iterable[Request]) -> list[Request]:
    """What is counted: whoever was refused has used nothing."""
    return [request for request in requests if not request.is_refused]


Totals = dict[str, dict[str, Decimal]]


def expected(requests: Iterable[Request], prices: Mapping[str, Mapping[str, Any]]) -> Totals:
    """By counter, without its day or month: requests, tokens of each kind, USD."""
    totals: defaultdict[str, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for request in used(requests):
        keys = (f"user-day#{request.user}", f"team-day#{request.team}", "month")
        for key in keys:
            totals[key]["requests"] += 1
            totals[key]["usd"] += request.usd(prices)
            for kind in KINDS:
                totals[key][kind] += request.tokens[kind]
    return {key: dict(found) for key, found in totals.items()}


def counted(world: World) -> Totals:
    """What the meter's table holds; two days are one where midnight fell between."""
    totals: defaultdict[str, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for page in world.aws("dynamodb").get_paginator("scan").paginate(TableName="claude-code-usage"):
        for item in page["Items"]:
            counter = counter_of(item["id"]["S"])
            key = counter.rpartition("#")[0]
            if counter.partition("#")[0] in {"user-day", "team-day", "month"}:
                for name in ("requests", "usd", *KINDS):
                    totals[key][name] += amounts(item).get(name, Decimal(0))
    return {key: dict(found) for key, found in totals.items()}
